import { join } from "node:path";
import type { McpServer } from "@modelcontextprotocol/server";
import type { Logger } from "@nightdesk/daemon-kit/logger";
import { checkScopes } from "./check-scopes.ts";
import type { EmailConfig, Mode, ProviderConfig } from "./config.ts";
import { createServer } from "./create-server.ts";
import { fail } from "./errors.ts";
import type { Ports } from "./gmail/call-gmail.ts";
import { createMailDecoder } from "./mail-decoder.ts";
import type { MailReader, MailSender } from "./provider.ts";
import { storeName } from "./store-name.ts";

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
  const provider = await openProvider(config, ports);
  const { account, reader } = provider;
  const decoder = createMailDecoder();
  const deps = { reader, decoder };
  const close = () => {
    decoder.close();
    provider.close();
  };
  if (config.mode === "draft") return { account, createServer: () => createServer(deps, null), close };
  const { openLiveTools } = await import("./live/live-tools.ts");
  const live = openLiveTools({ ...config, ...ports, account, reader, sender: await provider.openSender() });
  return {
    account,
    createServer: () => createServer(deps, live.addTools),
    close() {
      close();
      live.close();
    },
  };
}

/** One mailbox, whoever keeps it. */
interface Provider {
  account: string;
  reader: MailReader;
  /** Loads the code with an effect. */
  openSender(): Promise<MailSender>;
  close(): void;
}

function openProvider(config: EmailConfig, ports: Ports & { logger: Logger }): Promise<Provider> {
  const { provider } = config;
  return provider.name === "gmail"
    ? openGmail(config.mode, provider, ports)
    : openImap(config.statePath, provider, ports);
}

async function openGmail(
  mode: Mode,
  login: Extract<ProviderConfig, { name: "gmail" }>,
  ports: Ports,
): Promise<Provider> {
  // The client library costs 15 MB, which a mailbox of another kind does not need.
  const [{ connectGmail }, { createGmailReader }] = await Promise.all([
    import("./gmail/connect-gmail.ts"),
    import("./gmail/gmail-reader.ts"),
  ]);
  const link = connectGmail(login, ports);
  checkScopes(mode, await link.scopes());
  const reader = createGmailReader(link);
  const { account } = await reader.profile();
  checkAccount(login.address, account);
  return {
    account,
    reader,
    openSender: async () => (await import("./live/gmail-sender.ts")).createGmailSender(link),
    close: () => undefined,
  };
}

async function openImap(
  statePath: string,
  { own, imap, smtp }: Extract<ProviderConfig, { name: "imap" }>,
  ports: Ports & { logger: Logger },
): Promise<Provider> {
  const [{ connectImap }, { createImapReader }, { openMailIndex }, { createInboxWatch }] = await Promise.all([
    import("./imap/imap-link.ts"),
    import("./imap/imap-reader.ts"),
    import("./imap/mail-index.ts"),
    import("./imap/watch-inbox.ts"),
  ]);
  const account = own[0].address;
  const link = connectImap(imap, ports);
  const index = openMailIndex(join(statePath, "mailbox", `${storeName(account)}.sqlite`));
  const watch = createInboxWatch(link);
  const reader = createImapReader({ link, index, account, own, ports, watch });
  await reader.profile();
  return {
    account,
    reader,
    async openSender() {
      if (!smtp) throw fail("CONFIG_INVALID", "SMTP_URL is missing; nothing was started.");
      const { openSmtpSender } = await import("./live/smtp-sender.ts");
      return openSmtpSender({ statePath, login: smtp, imap: link, account, ...ports });
    },
    close() {
      watch.close();
      link.close();
      index.close();
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
