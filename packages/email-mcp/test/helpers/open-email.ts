import { createLogger } from "@nightdesk/daemon-kit/logger";
import { systemClock } from "@nightdesk/daemon-kit/system-clock";
import { systemRandom } from "@nightdesk/daemon-kit/system-random";
import { createTempDir, GMAIL_DEFAULTS, type GmailControl } from "@nightdesk/testkit";
import { startGmail, type GmailOptions } from "@nightdesk/testkit/gmail";
import type { Clock } from "@nightdesk/claim-lib";
import { NightdeskError } from "@nightdesk/claim-lib";
import { Client, InMemoryTransport } from "@modelcontextprotocol/client";
import { readConfig, type Mode } from "../../src/config.ts";
import { startEmailMcp, type EmailMcp } from "../../src/start-email-mcp.ts";
import { createReceiptDesk, type ReceiptDesk } from "./receipt-desk.ts";

export interface EmailSetup {
  gmail: GmailControl;
  statePath: string;
  receipts: ReceiptDesk;
  /** Starts (once more) on the same state, as after a crash. */
  start(mode: Mode, extra?: Record<string, string>, clock?: Clock): Promise<Running>;
  close(): Promise<void>;
}

export interface Running {
  email: EmailMcp;
  client: Client;
  /** Calls a tool; throws its error as the NightdeskError it was. */
  call<T = Record<string, unknown>>(tool: string, args?: object): Promise<T>;
  stop(): Promise<void>;
}

/** The emulator, an empty state folder with the laptop's receipt key, and a way to start servers on it. */
export async function openEmail(options: GmailOptions = {}): Promise<EmailSetup> {
  const gmail = await startGmail(options);
  const folder = await createTempDir("email");
  const receipts = createReceiptDesk(folder.path, gmail.address);
  const servers = createServers((mode) => settings(gmail.baseUrl, folder.path, mode));
  return {
    gmail,
    statePath: folder.path,
    receipts,
    start: servers.start,
    async close() {
      await servers.stop();
      await gmail.close();
      await folder.remove();
    },
  };
}

/** Starts servers with these settings and remembers them. */
export function createServers(settingsOf: (mode: Mode) => Record<string, string>) {
  const running: Running[] = [];
  return {
    async start(
      mode: Mode,
      extra: Record<string, string> = {},
      clock: Clock = systemClock,
    ): Promise<Running> {
      const config = readConfig({ ...settingsOf(mode), ...extra }, { mode, transport: "stdio" }, () => false);
      const logger = createLogger({ name: "email-mcp", level: "silent" });
      const email = await startEmailMcp(config, { clock, random: systemRandom, logger });
      const client = await connect(email);
      const server: Running = {
        email,
        client,
        call: (tool, args) => callTool(client, tool, args),
        async stop() {
          await client.close();
          email.close();
        },
      };
      running.push(server);
      return server;
    },
    async stop() {
      for (const server of running) await server.stop().catch(() => undefined);
    },
  };
}

/** A filled `.env`; nothing of the machine's own environment gets in. */
export function settings(baseUrl: string, statePath: string, mode: Mode): Record<string, string> {
  return {
    NIGHTDESK_ENV_FILE: "",
    AGENT_TYPE: mode === "draft" ? "cloud" : "local",
    STATE_PATH: statePath,
    GMAIL_CLIENT_ID: GMAIL_DEFAULTS.clientId,
    GMAIL_CLIENT_SECRET: GMAIL_DEFAULTS.clientSecret,
    GMAIL_REFRESH_TOKEN: mode === "draft" ? GMAIL_DEFAULTS.readonlyToken : GMAIL_DEFAULTS.composeToken,
    GMAIL_ADDRESS: GMAIL_DEFAULTS.address,
    GMAIL_BASE_URL: baseUrl,
    LOG_LEVEL: "silent",
  };
}

async function connect(email: EmailMcp): Promise<Client> {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: "test", version: "1" });
  await Promise.all([email.createServer().connect(theirs), client.connect(ours)]);
  return client;
}

async function callTool<T>(client: Client, tool: string, args: object = {}): Promise<T> {
  const result = await client.callTool({ name: tool, arguments: { ...args } });
  const content = result.structuredContent as { error?: { code: string; message: string; retry: "never" } };
  if (!result.isError) return result.structuredContent as T;
  if (!content?.error) throw new Error(JSON.stringify(result.content));
  throw new NightdeskError(content.error.code, content.error.message, { retry: content.error.retry });
}
