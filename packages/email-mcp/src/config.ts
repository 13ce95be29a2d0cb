import { existsSync } from "node:fs";
import { join } from "node:path";
import { absolutePath, COMMON_EXAMPLES, commonFields, flag } from "@nightdesk/daemon-kit/common-config";
import { loadConfig, type Environment } from "@nightdesk/daemon-kit/load-config";
import { z } from "zod";
import { fail } from "./errors.ts";

export type Mode = "draft" | "live";
export type TransportName = "stdio" | "socket";

export const GOOGLE_BASE_URL = "https://gmail.googleapis.com";

/** Of what a name may be of this machine alone. */
const LOOPBACK_HOSTS = new Set(["127.0.0.1", "[::1]", "localhost"]);

/** True for an http(s) address of this very machine. */
export function isLoopbackUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return (
    /^https?:$/.test(url.protocol) &&
    LOOPBACK_HOSTS.has(url.hostname) &&
    url.username === "" &&
    url.password === ""
  );
}

/** Anything else would be handed the mailbox's token. */
const gmailBaseUrl = z
  .string()
  .default(GOOGLE_BASE_URL)
  .transform((text) => text.replace(/\/+$/, ""))
  .refine((text) => text === GOOGLE_BASE_URL || isLoopbackUrl(text), {
    message: `must be ${GOOGLE_BASE_URL} or an address of this machine (127.0.0.1, [::1], localhost)`,
  });

const schema = z.object({
  AGENT_TYPE: commonFields.AGENT_TYPE,
  STATE_PATH: commonFields.STATE_PATH,
  /** Where STOP.md is looked for before a mail is sent. */
  VAULT_PATH: absolutePath().optional(),
  DEV_MODE: flag(false),
  LOG_LEVEL: commonFields.LOG_LEVEL,
  GMAIL_CLIENT_ID: z.string(),
  GMAIL_CLIENT_SECRET: z.string(),
  GMAIL_REFRESH_TOKEN: z.string(),
  GMAIL_ADDRESS: z
    .string()
    .regex(/^[^\s@<>",;]+@[^\s@<>",;]+$/, "must be a mail address")
    .optional(),
  GMAIL_BASE_URL: gmailBaseUrl,
  EMAIL_MCP_SOCKET: absolutePath().optional(),
  /** For tests: dies there, once; see live/failpoints.ts. */
  NIGHTDESK_FAILPOINT: z.string().default(""),
});

export const CONFIG_EXAMPLES: Readonly<Record<string, string>> = {
  ...COMMON_EXAMPLES,
  GMAIL_CLIENT_ID: "1234567890-abc.apps.googleusercontent.com",
  GMAIL_CLIENT_SECRET: "GOCSPX-...",
  GMAIL_REFRESH_TOKEN: "1//0g...",
  GMAIL_ADDRESS: "anna@example.com",
  GMAIL_BASE_URL: GOOGLE_BASE_URL,
  EMAIL_MCP_SOCKET: "/home/anna/.nightdesk/mcp/email.sock",
  NIGHTDESK_FAILPOINT: "after:send",
};

export interface EmailConfig {
  mode: Mode;
  transport: TransportName;
  statePath: string;
  vaultPath: string | null;
  devMode: boolean;
  logLevel: z.infer<typeof schema>["LOG_LEVEL"];
  clientId: string;
  clientSecret: string;
  refreshToken: string;
  /** What the owner says the mailbox is; checked against the login. */
  address: string | null;
  baseUrl: string;
  socketPath: string;
  failpoints: readonly string[];
}

/** Reads `--mode` and `--transport`. Throws CONFIG_INVALID. */
export function parseArguments(argv: readonly string[]): { mode: Mode; transport: TransportName } {
  const values = new Map<string, string>();
  for (let index = 0; index < argv.length; index += 1) {
    const [name, inline] = (argv[index] ?? "").split("=", 2);
    const value = inline ?? argv[(index += 1)];
    if ((name !== "--mode" && name !== "--transport") || value === undefined) throw wrongArgument(argv);
    values.set(name, value);
  }
  const mode = values.get("--mode");
  const transport = values.get("--transport") ?? "stdio";
  if (mode !== "draft" && mode !== "live") throw wrongArgument(argv);
  if (transport !== "stdio" && transport !== "socket") throw wrongArgument(argv);
  return { mode, transport };
}

function wrongArgument(argv: readonly string[]) {
  return fail(
    "CONFIG_INVALID",
    `The mail server does not understand "${argv.join(" ")}"; nothing was started. ` +
      "Start it with: --mode draft|live [--transport stdio|socket]",
    { data: { variables: ["--mode", "--transport"] } },
  );
}

/**
 * Reads the settings once. Draft mode is the cloud's part whatever AGENT_TYPE says, so a secret of the
 * laptop's stops it, as does the key that signs approvals.
 */
export function readConfig(
  env: Environment,
  start: { mode: Mode; transport: TransportName },
  fileExists: (path: string) => boolean = existsSync,
): EmailConfig {
  const values = loadConfig(schema, {
    env: start.mode === "draft" ? { ...env, AGENT_TYPE: "cloud" } : env,
    examples: CONFIG_EXAMPLES,
  });
  if (start.mode === "live" && values.AGENT_TYPE === "cloud") {
    throw fail(
      "CONFIG_INVALID",
      "This is the cloud (AGENT_TYPE=cloud), and only the laptop sends mail; nothing was started. Start the mail server with --mode draft here.",
      { data: { variables: ["AGENT_TYPE"] } },
    );
  }
  const config: EmailConfig = {
    ...start,
    statePath: values.STATE_PATH,
    vaultPath: values.VAULT_PATH ?? null,
    devMode: values.DEV_MODE,
    logLevel: values.LOG_LEVEL,
    clientId: values.GMAIL_CLIENT_ID,
    clientSecret: values.GMAIL_CLIENT_SECRET,
    refreshToken: values.GMAIL_REFRESH_TOKEN,
    address: values.GMAIL_ADDRESS ?? null,
    baseUrl: values.GMAIL_BASE_URL,
    socketPath: values.EMAIL_MCP_SOCKET ?? join(values.STATE_PATH, "mcp", "email.sock"),
    failpoints: values.NIGHTDESK_FAILPOINT.split(",").map((name) => name.trim()),
  };
  const receiptKey = join(config.statePath, "keys", "receipt.pem");
  if (config.mode === "draft" && fileExists(receiptKey)) {
    throw fail(
      "CONFIG_FORBIDDEN_SECRET",
      `The key that signs approvals lies at ${receiptKey}, but only the laptop may hold it; nothing was started. ` +
        "Remove it from this machine and make a new one on the laptop with: nightdesk init",
      { data: { path: receiptKey } },
    );
  }
  return config;
}
