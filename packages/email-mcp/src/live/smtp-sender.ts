import { join } from "node:path";
import { parseAddressList } from "../mime/parse-address.ts";
import { firstHeader, parseHeaders } from "../mime/parse-headers.ts";
import { fail } from "../errors.ts";
import { identifyMail } from "../imap/identify-mail.ts";
import type { ImapLink } from "../imap/imap-link.ts";
import { listFolders } from "../imap/list-folders.ts";
import type { Clock } from "@nightdesk/claim-lib";
import type { Logger } from "@nightdesk/daemon-kit/logger";
import { NightdeskError } from "@nightdesk/claim-lib";
import type { MailMark, MailSender, SentMail } from "../provider.ts";
import { REF_HEADER } from "./build-reply-mime.ts";
import { storeName } from "../store-name.ts";
import { openOutbox, type Outbox, type OutboxMail } from "./outbox.ts";
import { connectSmtp, type Envelope, type SmtpLink, type SmtpLogin } from "./smtp-link.ts";

interface SmtpSenderDeps {
  smtp: SmtpLink;
  /** For the copy in Sent. */
  imap: ImapLink;
  outbox: Outbox;
  account: string;
  clock: Clock;
  logger: Logger;
}

export interface SmtpSetup extends Omit<SmtpSenderDeps, "smtp" | "outbox"> {
  statePath: string;
  login: SmtpLogin;
}

export function openSmtpSender({ statePath, login, ...setup }: SmtpSetup): MailSender {
  const outbox = openOutbox(join(statePath, "handles", `${storeName(setup.account)}-outbox.sqlite`));
  return createSmtpSender({ ...setup, smtp: connectSmtp(login), outbox });
}

/** Sends over SMTP and keeps a copy in the mailbox's Sent folder. Loaded in live mode only. */
function createSmtpSender(deps: SmtpSenderDeps): MailSender {
  const { outbox } = deps;
  return {
    createDraft: async (raw, threadId) => outbox.put({ raw, threadId, mark: readMark(raw) }),
    findDraft: async (threadId, mark) => outbox.find(threadId, mark),
    readDraft: async (id) => outbox.read(id)?.raw ?? null,
    deleteDraft: async (id) => outbox.remove(id),
    sendDraft: (id) => sendMail(deps, id),
    findSent: (_threadId, mark, sinceMs) => findSent(deps, mark, sinceMs),
  };
}

async function sendMail(deps: SmtpSenderDeps, id: string): Promise<SentMail | null> {
  const mail = deps.outbox.take(id);
  if (mail === null) return null;
  try {
    const { refused } = await deps.smtp.send(envelopeOf(mail.raw), mail.raw);
    for (const { address, reason } of refused)
      deps.logger.warn({ event: "smtp.recipient_refused", id, address, reason });
  } catch (error) {
    if (!NightdeskError.is(error, "SEND_OUTCOME_UNKNOWN")) deps.outbox.putBack(id);
    throw error;
  }
  const sentAtMs = deps.clock.now();
  await keepCopy(deps, mail, sentAtMs);
  return { ...identityOf(deps.account, mail), sentAtMs };
}

/** Everybody named in the header we wrote ourselves, and nobody else. */
function envelopeOf(raw: Buffer): Envelope {
  const { headers } = parseHeaders(raw);
  const addresses = (name: string) =>
    (headers.get(name) ?? []).flatMap((value) =>
      parseAddressList(value).addresses.map(({ address }) => address),
    );
  return { from: addresses("from")[0] ?? "", to: [...new Set([...addresses("to"), ...addresses("cc")])] };
}

/** The mail is out, whatever becomes of the copy. A server that keeps one by itself has it already. */
async function keepCopy(deps: SmtpSenderDeps, mail: OutboxMail, sentAtMs: number): Promise<void> {
  try {
    const sent = (await listFolders(deps.imap)).find(({ role }) => role === "SENT");
    if (!sent || (await findInSent(deps, mail.mark)) !== null) return;
    await deps.imap.run("keeping a copy in Sent", async (client) => {
      // With a folder open for looking only, the library would leave out the mark that it was read.
      if (client.mailbox) await client.mailboxClose();
      await client.append(sent.path, mail.raw, ["\\Seen"], new Date(sentAtMs));
    });
  } catch (error) {
    deps.logger.warn({ event: "smtp.copy_failed", id: mail.id, error });
  }
}

async function findSent(deps: SmtpSenderDeps, mark: MailMark, sinceMs: number): Promise<SentMail | null> {
  const found = await findInSent(deps, mark);
  return found && found.sentAtMs >= sinceMs - 86_400_000 ? found : null;
}

/** By our own header, or by the Message-ID we chose. That it is not there proves nothing. */
async function findInSent(deps: SmtpSenderDeps, mark: MailMark): Promise<SentMail | null> {
  const sent = (await listFolders(deps.imap)).find(({ role }) => role === "SENT");
  if (!sent) return null;
  return deps.imap.inFolder(sent.path, "the sent mails", async (client) => {
    await client.noop();
    for (const header of [{ [REF_HEADER]: mark.ref }, { "message-id": mark.messageIdHeader }]) {
      const uids = await client.search({ header }, { uid: true });
      const uid = Array.isArray(uids) ? uids[0] : undefined;
      if (uid === undefined) continue;
      const query = { uid: true, headers: true, size: true, internalDate: true } as const;
      const message = await client.fetchOne(String(uid), query, { uid: true });
      if (!message || !message.headers) continue;
      const { key, threadId } = identifyMail(deps.account, message.headers, message.size ?? 0);
      const sentAtMs = new Date(message.internalDate ?? 0).getTime();
      return { messageId: key, threadId, sentAtMs };
    }
    return null;
  });
}

function identityOf(account: string, mail: OutboxMail): { messageId: string; threadId: string } {
  const header = mail.raw.subarray(0, parseHeaders(mail.raw).bodyStart);
  const { key } = identifyMail(account, header, mail.raw.length);
  return { messageId: key, threadId: mail.threadId };
}

/** The marks the composer wrote. */
function readMark(raw: Buffer): MailMark {
  const { headers } = parseHeaders(raw);
  const ref = firstHeader(headers, REF_HEADER.toLowerCase());
  const messageIdHeader = firstHeader(headers, "message-id");
  if (ref !== null && messageIdHeader !== null) return { ref, messageIdHeader };
  throw fail("SMTP_REFUSED", "The composed mail lacks its mark; nothing was sent.");
}
