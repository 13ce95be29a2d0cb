import type { McpServer } from "@modelcontextprotocol/server";
import type { Logger } from "@nightdesk/daemon-kit/logger";
import { checkScopes } from "./check-scopes.ts";
import type { EmailConfig } from "./config.ts";
import { createServer } from "./create-server.ts";
import { fail } from "./errors.ts";
import type { Ports } from "./gmail/call-gmail.ts";
import { connectGmail } from "./gmail/connect-gmail.ts";
import { createMailDecoder } from "./mail-decoder.ts";
import { createGmailReader } from "./gmail/gmail-reader.ts";

export interface EmailMcp {
  account: string;
  createServer: () => McpServer;
  close(): void;
}

/**
 * Checks what the login may do and whose mailbox it opens, before any tool is offered. The code with an
 * effect is loaded in live mode only: a draft server has no line of it in memory.
 */
export async function startEmailMcp(
  config: EmailConfig,
  ports: Ports & { logger: Logger },
): Promise<EmailMcp> {
  const link = connectGmail(config, ports);
  checkScopes(config.mode, await link.scopes());
  const reader = createGmailReader(link);
  const { account } = await reader.profile();
  checkAccount(config.address, account);
  const decoder = createMailDecoder();
  const deps = { reader, decoder };
  if (config.mode === "draft") {
    return { account, createServer: () => createServer(deps, null), close: () => decoder.close() };
  }
  const { openLiveTools } = await import("./live/live-tools.ts");
  const live = openLiveTools({ ...config, ...ports, account, link, reader });
  return {
    account,
    createServer: () => createServer(deps, live.addTools),
    close() {
      decoder.close();
      live.close();
    },
  };
}

function checkAccount(wanted: string | null, account: string): void {
  if (wanted === null || wanted.toLowerCase() === account.toLowerCase()) return;
  throw fail(
    "GMAIL_ACCOUNT_MISMATCH",
    `The login of this machine opens the mailbox ${account}, but GMAIL_ADDRESS says ${wanted}; nothing was started. Correct the one that is wrong.`,
    { data: { wanted, account } },
  );
}
