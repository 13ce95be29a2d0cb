import type { gmail_v1 } from "googleapis/build/src/apis/gmail/index.js";
import type { ChangesPage, MailReader, MessageRef, OwnAddress, RawMail, ThreadMail } from "../provider.ts";
import { fail } from "../errors.ts";
import { MAX_PAGE } from "../limits.ts";
import { readFailure, readWithRetry, toError } from "./call-gmail.ts";
import type { GmailLink } from "./connect-gmail.ts";

const ME = "me";

/** How long the list of the owner's own addresses is kept; they change about never. */
const OWN_ADDRESSES_FOR_MS = 10 * 60_000;

/** Everything of Gmail that only looks. Each request is repeated when Gmail is busy or out of reach. */
export function createGmailReader(link: GmailLink): MailReader {
  let own: { addresses: OwnAddress[]; untilMs: number } | null = null;
  return {
    profile: () => readProfile(link),
    changes: (cursor, pageToken) => readChanges(link, cursor, pageToken),
    search: (query, options) => searchMails(link, query, options),
    read: (messageId) => readMail(link, messageId),
    thread: (threadId) => readThread(link, threadId),
    async ownAddresses() {
      const nowMs = link.ports.clock.now();
      if (!own || own.untilMs <= nowMs) {
        own = { addresses: await readOwnAddresses(link), untilMs: nowMs + OWN_ADDRESSES_FOR_MS };
      }
      return own.addresses;
    },
  };
}

async function readProfile(link: GmailLink): Promise<{ account: string; cursor: string }> {
  const { data } = await readWithRetry("the mailbox's profile", link.ports, () =>
    link.api.users.getProfile({ userId: ME }, link.options),
  );
  return {
    account: required(data.emailAddress, "emailAddress"),
    cursor: required(data.historyId, "historyId"),
  };
}

/** `<historyId when the first page was read>.<Gmail's own token>`. */
const PAGE_TOKEN = /^(\d{1,40})\.(.{1,500})$/;

async function readChanges(link: GmailLink, cursor: string, pageToken: string | null): Promise<ChangesPage> {
  const page = pageToken === null ? null : PAGE_TOKEN.exec(pageToken);
  if (pageToken !== null && !page) {
    throw fail("GMAIL_REFUSED", "The page token is not one of email_changes; begin again without it.");
  }
  try {
    const { data } = await readWithRetry("what is new", link.ports, () =>
      link.api.users.history.list(
        {
          userId: ME,
          startHistoryId: cursor,
          historyTypes: ["messageAdded"],
          labelId: "INBOX",
          maxResults: MAX_PAGE,
          ...(page?.[2] ? { pageToken: page[2] } : {}),
        },
        link.options,
      ),
    );
    // What arrives while pages are read must be found next time, so the first page's mark is the one kept.
    const mark = laterOf(cursor, page?.[1] ?? data.historyId ?? cursor);
    return {
      messages: newMessages(data.history ?? []),
      cursor: data.nextPageToken ? cursor : mark,
      nextPageToken: data.nextPageToken ? `${mark}.${data.nextPageToken}` : null,
      expired: false,
    };
  } catch (error) {
    // Gmail's history reaches back about a week; beyond that it answers 404.
    if (isCode(error, "GMAIL_NOT_FOUND")) return { messages: [], cursor, nextPageToken: null, expired: true };
    throw error;
  }
}

function newMessages(history: readonly gmail_v1.Schema$History[]): MessageRef[] {
  const found = new Map<string, MessageRef>();
  for (const { message } of history.flatMap((entry) => entry.messagesAdded ?? [])) {
    const labels = message?.labelIds ?? [];
    const isOwn = labels.includes("DRAFT") || (labels.includes("SENT") && !labels.includes("INBOX"));
    if (!message?.id || !message.threadId || isOwn) continue;
    found.set(message.id, { messageId: message.id, threadId: message.threadId });
  }
  return [...found.values()];
}

/** History ids outgrow a double (they have up to 21 digits), so they are compared as whole numbers. */
function laterOf(left: string, right: string): string {
  return BigInt(left) >= BigInt(right) ? left : right;
}

async function searchMails(
  link: GmailLink,
  query: string,
  options: { limit: number; pageToken: string | null },
): Promise<{ messages: MessageRef[]; nextPageToken: string | null }> {
  const { data } = await readWithRetry("the search", link.ports, () =>
    link.api.users.messages.list(
      {
        userId: ME,
        q: query,
        maxResults: options.limit,
        ...(options.pageToken === null ? {} : { pageToken: options.pageToken }),
      },
      link.options,
    ),
  );
  const messages = (data.messages ?? []).flatMap(({ id, threadId }) =>
    id && threadId ? [{ messageId: id, threadId }] : [],
  );
  return { messages, nextPageToken: data.nextPageToken ?? null };
}

async function readMail(link: GmailLink, messageId: string): Promise<RawMail> {
  const { data } = await readWithRetry("this mail", link.ports, () =>
    link.api.users.messages.get({ userId: ME, id: messageId, format: "raw" }, link.options),
  );
  return {
    messageId: required(data.id, "id"),
    threadId: required(data.threadId, "threadId"),
    labels: data.labelIds ?? [],
    receivedAtMs: toMs(data.internalDate),
    raw: Buffer.from(data.raw ?? "", "base64url"),
  };
}

async function readThread(link: GmailLink, threadId: string): Promise<ThreadMail[]> {
  const { data } = await readWithRetry("this thread", link.ports, () =>
    link.api.users.threads.get(
      { userId: ME, id: threadId, format: "metadata", metadataHeaders: ["From"] },
      link.options,
    ),
  );
  return (data.messages ?? [])
    .map((message) => ({
      messageId: message.id ?? "",
      from: headerOf(message, "from"),
      receivedAtMs: toMs(message.internalDate),
      labels: message.labelIds ?? [],
    }))
    .filter(({ messageId }) => messageId !== "")
    .sort((a, b) => a.receivedAtMs - b.receivedAtMs);
}

/** The owner's addresses, the mailbox's own first. gmail.readonly is enough for this list. */
async function readOwnAddresses(link: GmailLink): Promise<OwnAddress[]> {
  const { account } = await readProfile(link);
  const { data } = await readWithRetry("the owner's addresses", link.ports, () =>
    link.api.users.settings.sendAs.list({ userId: ME }, link.options),
  );
  const listed = (data.sendAs ?? []).flatMap(({ sendAsEmail, displayName }) =>
    sendAsEmail ? [{ address: sendAsEmail, name: displayName ?? "" }] : [],
  );
  const isAccount = ({ address }: OwnAddress) => address.toLowerCase() === account.toLowerCase();
  return [
    listed.find(isAccount) ?? { address: account, name: "" },
    ...listed.filter((own) => !isAccount(own)),
  ];
}

/** A header of a message read in metadata form; "" when it has none. */
export function headerOf(message: gmail_v1.Schema$Message | undefined, name: string): string {
  const found = message?.payload?.headers?.find((header) => header.name?.toLowerCase() === name);
  return found?.value?.trim() ?? "";
}

export function toMs(internalDate: string | null | undefined): number {
  const ms = Number(internalDate);
  return Number.isSafeInteger(ms) && ms > 0 ? ms : 0;
}

function required(value: string | null | undefined, name: string): string {
  if (value) return value;
  throw toError(`the field ${name}`, readFailure(undefined, 0));
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
