import { identifyMail } from "@nightdesk/email-mcp";
import {
  readRawMail,
  waitFor,
  type InjectedMail,
  type MailboxMessage,
  type SentMessage,
} from "@nightdesk/testkit";
import { MAIL_DEFAULTS, startMailServers, type MailServers } from "@nightdesk/testkit/mail-servers";
import type { DemoMailbox } from "./demo-mailbox.ts";

/** A real Dovecot and a real Postfix. What counts as sent is what lies in somebody else's mailbox. */
export async function openImapMailbox(ownerName: string): Promise<DemoMailbox> {
  const servers = await startMailServers();
  const outgoing = createOutgoingReader(servers);
  const { address, password } = MAIL_DEFAULTS;
  return {
    address,
    settings: (zone) => ({
      EMAIL_PROVIDER: "imap",
      EMAIL_ADDRESS: address,
      OWNER_NAME: ownerName,
      IMAP_URL: servers.imapUrl,
      IMAP_USER: address,
      IMAP_PASSWORD: password,
      ...(zone === "local" ? { SMTP_URL: servers.smtpUrl } : {}),
    }),
    async inject(raw, options = {}) {
      const folder = folderOf(options.labels);
      const before = (await servers.mailsOf(address, folder)).length;
      if (folder === "INBOX") await servers.deliver(raw);
      else await servers.store(raw, folder, options.receivedAtMs ?? Date.now() - (options.agoMs ?? 0));
      const mails = await waitFor(
        async () => {
          const found = await servers.mailsOf(address, folder);
          return found.length > before ? found : null;
        },
        { what: "the mail to lie in its folder" },
      );
      const own = readRawMail(Buffer.from(raw)).messageId;
      return identify(mails.findLast((mail) => readRawMail(mail).messageId === own) ?? Buffer.alloc(0));
    },
    sentMessages: outgoing.read,
    async rawMailbox() {
      const inbox = (await servers.mailsOf(address)).map((raw) => toMessage(raw, identify(raw), ["INBOX"]));
      const sent = (await outgoing.read()).map(({ raw, messageId, threadId }) =>
        toMessage(raw, { messageId, threadId }, ["SENT"]),
      );
      return [...inbox, ...sent];
    },
    hold: null,
    close: servers.remove,
  };
}

/** Earlier mails of a conversation are put away: the owner's own in Sent, the others in the archive. */
function folderOf(labels: readonly string[] | undefined): "INBOX" | "Sent" | "Archive" {
  if (labels === undefined) return "INBOX";
  return labels.includes("SENT") ? "Sent" : "Archive";
}

interface Copy {
  address: string;
  raw: Buffer;
  seenAtMs: number;
}

/** Reads what lies in everybody else's mailbox: one message for each time it was sent, however many got it. */
function createOutgoingReader(servers: MailServers): { read(): Promise<SentMessage[]> } {
  const copies = new Map<string, Copy>();
  return {
    async read() {
      for (const { address, file, read } of await servers.arrivals()) {
        if (address === MAIL_DEFAULTS.address || copies.has(file)) continue;
        copies.set(file, { address, raw: await read(), seenAtMs: Date.now() });
      }
      const byMail = new Map<string, Copy[]>();
      for (const copy of copies.values()) {
        const id = readRawMail(copy.raw).messageId ?? "none";
        byMail.set(id, [...(byMail.get(id) ?? []), copy]);
      }
      return [...byMail].flatMap(([id, all]) => toSent(id, all));
    },
  };
}

/** A recipient who has it twice proves that it was sent twice; one the mail does not name was a blind copy. */
function toSent(id: string, copies: readonly Copy[]): SentMessage[] {
  const rounds = Math.max(
    ...copies.map(({ address }) => copies.filter((other) => other.address === address).length),
  );
  const [first] = copies;
  if (!first) return [];
  const { to, cc } = readRawMail(first.raw);
  const blind = [...new Set(copies.map(({ address }) => address))].filter(
    (address) => ![...to, ...cc].includes(address),
  );
  const raw = Buffer.concat([Buffer.from(blind.map((address) => `Bcc: ${address}\r\n`).join("")), first.raw]);
  const { threadId } = identify(first.raw);
  return Array.from({ length: rounds }, (_, round) => ({
    messageId: `${id}#${round + 1}`,
    threadId,
    raw,
    sentAtMs: first.seenAtMs,
  }));
}

/** A Maildir ends lines with LF, the server gives them with CRLF. */
function identify(raw: Buffer): InjectedMail {
  const wire = Buffer.from(raw.toString("latin1").replace(/\r?\n/g, "\r\n"), "latin1");
  const end = wire.indexOf("\r\n\r\n");
  const { key, threadId } = identifyMail(
    MAIL_DEFAULTS.address,
    end < 0 ? wire : wire.subarray(0, end),
    wire.length,
  );
  return { messageId: key, threadId };
}

function toMessage(raw: Buffer, ids: InjectedMail, labels: string[]): MailboxMessage {
  return { ...ids, labels, receivedAtMs: Date.now(), raw };
}
