import { createTempDir, type TempDir } from "@nightdesk/testkit";
import { MAIL_DEFAULTS, startMailServers, type MailServers } from "@nightdesk/testkit/mail-servers";
import type { Mode } from "../../src/config.ts";
import { createServers } from "./open-email.ts";
import { createReceiptDesk, type ReceiptDesk } from "./receipt-desk.ts";

export interface ImapSetup {
  servers: MailServers;
  folder: TempDir;
  receipts: ReceiptDesk;
  start: ReturnType<typeof createServers>["start"];
  close(): Promise<void>;
}

/** Real Dovecot and Postfix, and an empty state folder with the laptop's receipt key. */
export async function openImap(): Promise<ImapSetup> {
  const servers = await startMailServers();
  const folder = await createTempDir("email");
  const started = createServers((mode) => imapSettings(servers, folder.path, mode));
  return {
    servers,
    folder,
    receipts: createReceiptDesk(folder.path, MAIL_DEFAULTS.address),
    start: started.start,
    async close() {
      await started.stop();
      await servers.remove();
      await folder.remove();
    },
  };
}

/** A filled `.env`. In these tests the servers are of this machine, which need no TLS. */
function imapSettings(servers: MailServers, statePath: string, mode: Mode): Record<string, string> {
  return {
    NIGHTDESK_ENV_FILE: "",
    AGENT_TYPE: mode === "draft" ? "cloud" : "local",
    STATE_PATH: statePath,
    EMAIL_PROVIDER: "imap",
    EMAIL_ADDRESS: MAIL_DEFAULTS.address,
    OWNER_NAME: "Robin Brightside",
    IMAP_URL: servers.imapUrl,
    IMAP_USER: MAIL_DEFAULTS.address,
    IMAP_PASSWORD: MAIL_DEFAULTS.password,
    ...(mode === "live" ? { SMTP_URL: servers.smtpUrl } : {}),
    LOG_LEVEL: "silent",
  };
}
