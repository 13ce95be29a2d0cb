import { existsSync } from "node:fs";
import { join } from "node:path";
import { absolutePath, COMMON_EXAMPLES, commonFields, flag } from "@nightdesk/daemon-kit/common-config";
import { loadConfig, type Environment } from "@nightdesk/daemon-kit/load-config";
import type { LogLevel } from "@nightdesk/daemon-kit/logger";
import { z } from "zod";
import { fail } from "./errors.ts";
import type { ImapLogin } from "./imap/imap-link.ts";
import { isLoopbackHost, parseMailUrl } from "./parse-mail-url.ts";
import type { OwnAddress } from "./provider.ts";

export type Mode = "draft" | "live";
export type TransportName = "stdio" | "socket";

export const GOOGLE_BASE_URL = "https://gmail.googleapis.com";

/** True for an http(s) address of this very machine. */
export function isLoopbackUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return (
    /^https?:$/.test(url.protocol) &&
    isLoopbackHost(url.hostname) &&
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

const mailAddress = z.string().regex(/^[^\s@<>",;]+@[^\s@<>",;]+$/, "must be a mail address");

const sharedFields = {
  AGENT_TYPE: commonFields.AGENT_TYPE,
  STATE_PATH: commonFields.STATE_PATH,
  /** Where STOP.md is looked for before a mail is sent. */
  VAULT_PATH: absolutePath().optional(),
  DEV_MODE: flag(false),
  LOG_LEVEL: commonFields.LOG_LEVEL,
  EMAIL_MCP_SOCKET: absolutePath().optional(),
  /** For tests: dies there, once; see live/failpoints.ts. */
  NIGHTDESK_FAILPOINT: z.string().default(""),
};

const gmailSchema = z.object({
  ...sharedFields,
  GMAIL_CLIENT_ID: z.string(),
  GMAIL_CLIENT_SECRET: z.string(),
  GMAIL_REFRESH_TOKEN: z.string(),
  GMAIL_ADDRESS: mailAddress.optional(),
  GMAIL_BASE_URL: gmailBaseUrl,
});

const imapFields = {
  ...sharedFields,
  EMAIL_ADDRESS: mailAddress,
  OWNER_NAME: z.string().max(100).default(""),
  /** Other addresses that mail comes to, divided by commas. */
  EMAIL_ALIASES: z
    .string()
    .default("")
    .transform((text) =>
      text
        .split(",")
        .map((one) => one.trim())
        .filter((one) => one !== ""),
    )
    .pipe(z.array(mailAddress)),
  IMAP_URL: mailUrl("imap"),
  IMAP_USER: z.string(),
  IMAP_PASSWORD: z.string(),
};
const imapDraftSchema = z.object(imapFields);
const imapLiveSchema = z.object({
  ...imapFields,
  SMTP_URL: mailUrl("smtp"),
  SMTP_USER: z.string().optional(),
  SMTP_PASSWORD: z.string().optional(),
});

const providerSchema = z.object({ EMAIL_PROVIDER: z.enum(["gmail", "imap"]).default("gmail") });

function mailUrl(kind: "imap" | "smtp") {
  return z.string().transform((text, context) => {
    const url = parseMailUrl(text, kind);
    if (url !== null) return url;
    context.addIssue(
      `must be ${kind}s://host or ${kind}://host (then with STARTTLS); without TLS only on this machine`,
    );
    return z.NEVER;
  });
}

export const CONFIG_EXAMPLES: Readonly<Record<string, string>> = {
  ...COMMON_EXAMPLES,
  GMAIL_CLIENT_ID: "1234567890-abc.apps.googleusercontent.com",
  GMAIL_CLIENT_SECRET: "GOCSPX-...",
  GMAIL_REFRESH_TOKEN: "1//0g...",
  GMAIL_ADDRESS: "anna@example.com",
  GMAIL_BASE_URL: GOOGLE_BASE_URL,
  EMAIL_PROVIDER: "gmail",
  EMAIL_ADDRESS: "anna@example.com",
  OWNER_NAME: "Anna Berg",
  EMAIL_ALIASES: "info@example.com, shop@example.com",
  IMAP_URL: "imaps://imap.example.com",
  IMAP_USER: "anna@example.com",
  IMAP_PASSWORD: "the password of this mailbox",
  SMTP_URL: "smtps://smtp.example.com",
  SMTP_USER: "anna@example.com",
  SMTP_PASSWORD: "the password for sending",
  EMAIL_MCP_SOCKET: "/home/anna/.nightdesk/mcp/email.sock",
  NIGHTDESK_FAILPOINT: "after:send",
};

/** Where the mailbox is and how to open it. */
export type ProviderConfig =
  | {
      name: "gmail";
      clientId: string;
      clientSecret: string;
      refreshToken: string;
      /** What the owner says the mailbox is; checked against the login. */
      address: string | null;
      baseUrl: string;
    }
  | {
      name: "imap";
      /** The owner's addresses, the account's own first. */
      own: readonly [OwnAddress, ...OwnAddress[]];
      imap: ImapLogin;
      /** Null in draft mode. */
      smtp: ImapLogin | null;
    };

export interface EmailConfig {
  mode: Mode;
  transport: TransportName;
  statePath: string;
  vaultPath: string | null;
  devMode: boolean;
  logLevel: LogLevel;
  provider: ProviderConfig;
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
  const options = {
    env: start.mode === "draft" ? { ...env, AGENT_TYPE: "cloud" } : env,
    examples: CONFIG_EXAMPLES,
  };
  const { shared, provider } = readProvider(start.mode, options);
  if (start.mode === "live" && shared.AGENT_TYPE === "cloud") {
    throw fail(
      "CONFIG_INVALID",
      "This is the cloud (AGENT_TYPE=cloud), and only the laptop sends mail; nothing was started. Start the mail server with --mode draft here.",
      { data: { variables: ["AGENT_TYPE"] } },
    );
  }
  const config: EmailConfig = {
    ...start,
    statePath: shared.STATE_PATH,
    vaultPath: shared.VAULT_PATH ?? null,
    devMode: shared.DEV_MODE,
    logLevel: shared.LOG_LEVEL,
    provider,
    socketPath: shared.EMAIL_MCP_SOCKET ?? join(shared.STATE_PATH, "mcp", "email.sock"),
    failpoints: shared.NIGHTDESK_FAILPOINT.split(",").map((name) => name.trim()),
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

function readProvider(
  mode: Mode,
  options: { env: Environment; examples: Readonly<Record<string, string>> },
): { shared: z.infer<z.ZodObject<typeof sharedFields>>; provider: ProviderConfig } {
  if (loadConfig(providerSchema, options).EMAIL_PROVIDER === "gmail") {
    const values = loadConfig(gmailSchema, options);
    return {
      shared: values,
      provider: {
        name: "gmail",
        clientId: values.GMAIL_CLIENT_ID,
        clientSecret: values.GMAIL_CLIENT_SECRET,
        refreshToken: values.GMAIL_REFRESH_TOKEN,
        address: values.GMAIL_ADDRESS ?? null,
        baseUrl: values.GMAIL_BASE_URL,
      },
    };
  }
  const live = mode === "live" ? loadConfig(imapLiveSchema, options) : null;
  const values = live ?? loadConfig(imapDraftSchema, options);
  const name = values.OWNER_NAME;
  return {
    shared: values,
    provider: {
      name: "imap",
      own: [
        { address: values.EMAIL_ADDRESS, name },
        ...values.EMAIL_ALIASES.map((address) => ({ address, name })),
      ],
      imap: { ...values.IMAP_URL, user: values.IMAP_USER, password: values.IMAP_PASSWORD },
      smtp: live && {
        ...live.SMTP_URL,
        user: live.SMTP_USER ?? values.IMAP_USER,
        password: live.SMTP_PASSWORD ?? values.IMAP_PASSWORD,
      },
    },
  };
}
