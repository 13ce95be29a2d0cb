import type { gmail_v1 } from "googleapis/build/src/apis/gmail/index.js";
import { fail } from "../errors.ts";
import { readFailure, readWithRetry, toError } from "../gmail/call-gmail.ts";
import type { GmailLink } from "../gmail/connect-gmail.ts";
import { headerOf, toMs } from "../gmail/gmail-reader.ts";
import { MAX_PAGE } from "../limits.ts";
import type { MailMark, MailSender, SentMail } from "../provider.ts";
import { REF_HEADER } from "./build-reply-mime.ts";

const ME = "me";

/** Everything of Gmail that changes something. Loaded in live mode only. */
export function createGmailSender(link: GmailLink): MailSender {
  return {
    createDraft: (raw, threadId) => createDraft(link, raw, threadId),
    findDraft: (threadId, mark) => findDraft(link, threadId, mark),
    readDraft: (draftId) => readDraft(link, draftId),
    deleteDraft: (draftId) => deleteDraft(link, draftId),
    sendDraft: (draftId) => sendDraft(link, draftId),
    findSent: (threadId, mark, sinceMs) => findSent(link, threadId, mark, sinceMs),
  };
}

/** One request. When its answer is lost a draft may lie there unbound; `findDraft` takes it up again. */
async function createDraft(link: GmailLink, raw: Buffer, threadId: string): Promise<string> {
  await link.ensureToken();
  try {
    const { data } = await link.api.users.drafts.create(
      // JSON with `raw`, never a media upload: those ignore the base address.
      { userId: ME, requestBody: { message: { raw: raw.toString("base64url"), threadId } } },
      link.options,
    );
    if (data.id) return data.id;
  } catch (error) {
    throw toError("keeping the reply as a draft", readFailure(error, link.ports.clock.now()));
  }
  throw toError("keeping the reply as a draft", readFailure(undefined, link.ports.clock.now()));
}

async function findDraft(link: GmailLink, threadId: string, mark: MailMark): Promise<string | null> {
  const inThread = (await readMarks(link, threadId)).filter((message) => carries(message, mark));
  const messageIds = new Set(inThread.map(({ id }) => id));
  // A changed subject made Gmail begin a new thread for it, or Gmail gave it another Message-ID: both are asked.
  for (const q of [`rfc822msgid:${bare(mark)}`, ""]) {
    if (q === "" && messageIds.size === 0) break;
    const drafts = await listDrafts(link, q);
    const found = drafts.find(({ message }) => q !== "" || messageIds.has(message?.id ?? ""));
    if (found?.id) return found.id;
  }
  return null;
}

async function listDrafts(link: GmailLink, q: string): Promise<gmail_v1.Schema$Draft[]> {
  const { data } = await readWithRetry("the drafts", link.ports, () =>
    link.api.users.drafts.list(
      { userId: ME, maxResults: MAX_PAGE, ...(q === "" ? {} : { q }) },
      link.options,
    ),
  );
  return data.drafts ?? [];
}

async function readDraft(link: GmailLink, draftId: string): Promise<Buffer | null> {
  try {
    const { data } = await readWithRetry("the prepared draft", link.ports, () =>
      link.api.users.drafts.get({ userId: ME, id: draftId, format: "raw" }, link.options),
    );
    return Buffer.from(data.message?.raw ?? "", "base64url");
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

async function deleteDraft(link: GmailLink, draftId: string): Promise<void> {
  try {
    await readWithRetry("removing a draft", link.ports, () =>
      link.api.users.drafts.delete({ userId: ME, id: draftId }, link.options),
    );
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

/**
 * The one request of the project that cannot be taken back. Only an answer that says "no" counts as no; a
 * broken connection, a timeout or a 5xx may hide a mail that went out, so nothing of that is repeated here.
 * (The client asks again with a fresh token after a 401 or 403, which is a "no".)
 */
async function sendDraft(link: GmailLink, draftId: string): Promise<SentMail | null> {
  await link.ensureToken();
  try {
    const { data } = await link.api.users.drafts.send(
      { userId: ME, requestBody: { id: draftId } },
      link.options,
    );
    const nowMs = link.ports.clock.now();
    if (data.id) {
      return {
        messageId: data.id,
        threadId: data.threadId ?? "",
        sentAtMs: toMs(data.internalDate) || nowMs,
      };
    }
    throw unknownOutcome("an answer without the mail's id");
  } catch (error) {
    if (isCode(error, "SEND_OUTCOME_UNKNOWN")) throw error;
    const failure = readFailure(error, link.ports.clock.now());
    if (failure.kind === "not_found") return null;
    if (failure.kind === "server" || failure.kind === "no_answer") throw unknownOutcome(failure.reason);
    throw toError("sending the prepared draft", failure);
  }
}

function unknownOutcome(reason: string) {
  return fail(
    "SEND_OUTCOME_UNKNOWN",
    "Gmail was asked to send the reply, but its answer did not arrive; it may or may not have gone out. It is looked up before anything else is done.",
    { data: { reason } },
  );
}

async function findSent(
  link: GmailLink,
  threadId: string,
  mark: MailMark,
  sinceMs: number,
): Promise<SentMail | null> {
  const isOurs = (message: gmail_v1.Schema$Message) =>
    message.labelIds?.includes("SENT") && carries(message, mark);
  const inThread = (await readMarks(link, threadId)).find(isOurs);
  if (inThread) return toSent(inThread);
  // A changed subject makes Gmail begin a new thread, so the mailbox is asked as well.
  const sinceSeconds = Math.floor(sinceMs / 1000) - 3600;
  for (const q of [`rfc822msgid:${bare(mark)}`, `in:sent after:${sinceSeconds}`]) {
    const { data } = await readWithRetry("the sent mails", link.ports, () =>
      link.api.users.messages.list({ userId: ME, q, maxResults: 50 }, link.options),
    );
    for (const { id } of data.messages ?? []) {
      const message = id ? await readMark(link, id) : null;
      if (message && isOurs(message)) return toSent(message);
    }
  }
  return null;
}

const MARKS = [REF_HEADER, "Message-ID"];

async function readMarks(link: GmailLink, threadId: string): Promise<gmail_v1.Schema$Message[]> {
  try {
    const { data } = await readWithRetry("this thread", link.ports, () =>
      link.api.users.threads.get(
        { userId: ME, id: threadId, format: "metadata", metadataHeaders: MARKS },
        link.options,
      ),
    );
    return data.messages ?? [];
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

async function readMark(link: GmailLink, id: string): Promise<gmail_v1.Schema$Message | null> {
  try {
    const { data } = await readWithRetry("a sent mail", link.ports, () =>
      link.api.users.messages.get(
        { userId: ME, id, format: "metadata", metadataHeaders: MARKS },
        link.options,
      ),
    );
    return data;
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/** By our own header, or by the Message-ID we chose; Gmail keeps at least one of them. */
function carries(message: gmail_v1.Schema$Message, mark: MailMark): boolean {
  return (
    headerOf(message, REF_HEADER.toLowerCase()) === mark.ref ||
    headerOf(message, "message-id") === mark.messageIdHeader
  );
}

/** The Message-ID as a search wants it. */
function bare(mark: MailMark): string {
  return mark.messageIdHeader.slice(1, -1);
}

function toSent(message: gmail_v1.Schema$Message): SentMail {
  return {
    messageId: message.id ?? "",
    threadId: message.threadId ?? "",
    sentAtMs: toMs(message.internalDate),
  };
}

function isNotFound(error: unknown): boolean {
  return isCode(error, "GMAIL_NOT_FOUND");
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
