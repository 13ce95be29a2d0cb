import type { Clock } from "@nightdesk/claim-lib";
import type { InjectedMail, InjectOptions, MailboxMessage } from "./gmail-control.ts";
import { toList, toRecord, toText, type Upstream } from "./gmail-upstream.ts";
import { readSender } from "./raw-mail.ts";

export interface Mailbox {
  inject(raw: Buffer | string, options?: InjectOptions): Promise<InjectedMail>;
  /** Every message's ids, also those in Spam and Trash; `query` in the emulator's own words. */
  listIds(query?: string): Promise<InjectedMail[]>;
  read(messageId: string): Promise<MailboxMessage>;
  readAll(): Promise<MailboxMessage[]>;
  /** The Message-ID header without brackets, in lower case. */
  messageIdHeader(messageId: string): Promise<string>;
  newestHistoryId(): Promise<string>;
}

const USER = "/gmail/v1/users/me";

/** The emulator's mailbox as a test wants to see it: whole messages, no pages. */
export function createMailbox(upstream: Upstream, address: string, clock: Clock): Mailbox {
  // A message never changes its Message-ID; a draft may.
  const knownHeaders = new Map<string, string>();
  const read = (messageId: string) => readMessage(upstream, messageId);
  let last: Reading = { historyId: "0", messages: new Map() };

  return {
    async inject(raw, options = {}) {
      const bytes = Buffer.from(raw);
      const isOwn = readSender(bytes) === address.toLowerCase();
      const message = await upstream.ask("POST", `${USER}/messages`, {
        raw: bytes.toString("base64url"),
        labelIds: options.labels ?? (isOwn ? ["SENT"] : ["INBOX", "UNREAD"]),
        internalDate: String(options.receivedAtMs ?? clock.now() - (options.agoMs ?? 0)),
        ...(options.threadId !== undefined && { threadId: options.threadId }),
      });
      return { messageId: toText(message["id"]), threadId: toText(message["threadId"]) };
    },
    listIds: (query) => listIds(upstream, query),
    read,
    async readAll() {
      last = await refresh(upstream, last);
      return [...last.messages.values()].sort((a, b) => a.receivedAtMs - b.receivedAtMs);
    },
    async messageIdHeader(messageId) {
      const known = knownHeaders.get(messageId);
      if (known !== undefined) return known;
      const path = `${USER}/messages/${encodeURIComponent(messageId)}?format=metadata`;
      const message = await upstream.ask("GET", path);
      const value = (toHeaders(message).get("message-id") ?? "").replace(/[<>]/g, "").toLowerCase();
      if (!toTexts(message["labelIds"]).includes("DRAFT")) knownHeaders.set(messageId, value);
      return value;
    },
    newestHistoryId: () => newestHistoryId(upstream),
  };
}

/** Beyond every id there will be, so that the emulator need not list the whole history for the newest id. */
const END_OF_HISTORY = "9".repeat(30);

async function newestHistoryId(upstream: Upstream): Promise<string> {
  const history = await upstream.ask("GET", `${USER}/history?startHistoryId=${END_OF_HISTORY}`);
  // An empty mailbox of the emulator says 0, which Gmail never does.
  return history["historyId"] === "0" ? "1" : toText(history["historyId"]);
}

interface Reading {
  historyId: string;
  messages: ReadonlyMap<string, MailboxMessage>;
}

/** An observer asks many times a second: only what changed since the last reading is read again. */
async function refresh(upstream: Upstream, last: Reading): Promise<Reading> {
  const historyId = await newestHistoryId(upstream);
  if (historyId === last.historyId) return last;
  const changed = await listChanged(upstream, last.historyId);
  const messages = new Map<string, MailboxMessage>();
  for (const { messageId } of await listIds(upstream)) {
    const known = last.messages.get(messageId);
    // A draft's new text leaves no trace in the emulator's history.
    const isSame = known !== undefined && !changed.has(messageId) && !known.labels.includes("DRAFT");
    messages.set(messageId, isSame ? known : await readMessage(upstream, messageId));
  }
  return { historyId, messages };
}

async function listChanged(upstream: Upstream, sinceHistoryId: string): Promise<Set<string>> {
  const changed = new Set<string>();
  for (let page: string | undefined = ""; page !== undefined;) {
    const search = new URLSearchParams({
      startHistoryId: sinceHistoryId,
      maxResults: "500",
      pageToken: page,
    });
    const answer = await upstream.ask("GET", `${USER}/history?${search}`);
    for (const entry of toList(answer["history"])) {
      for (const message of toList(entry["messages"])) changed.add(toText(message["id"]));
    }
    page = toText(answer["nextPageToken"]) || undefined;
  }
  return changed;
}

async function listIds(upstream: Upstream, query = ""): Promise<InjectedMail[]> {
  const found: InjectedMail[] = [];
  for (let page: string | undefined = ""; page !== undefined;) {
    const search = new URLSearchParams({
      includeSpamTrash: "true",
      maxResults: "500",
      q: query,
      pageToken: page,
    });
    const answer = await upstream.ask("GET", `${USER}/messages?${search}`);
    for (const entry of toList(answer["messages"])) {
      found.push({ messageId: toText(entry["id"]), threadId: toText(entry["threadId"]) });
    }
    page = toText(answer["nextPageToken"]) || undefined;
  }
  return found;
}

async function readMessage(upstream: Upstream, messageId: string): Promise<MailboxMessage> {
  const message = await upstream.ask("GET", `${USER}/messages/${encodeURIComponent(messageId)}?format=raw`);
  return {
    messageId,
    threadId: toText(message["threadId"]),
    labels: toTexts(message["labelIds"]),
    receivedAtMs: Number(message["internalDate"]),
    raw: Buffer.from(toText(message["raw"]), "base64url"),
  };
}

function toTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** The headers of a message resource by lower-case name. */
export function toHeaders(message: Record<string, unknown>): Map<string, string> {
  const headers = toList(toRecord(message["payload"])["headers"]);
  return new Map(headers.map((header) => [toText(header["name"]).toLowerCase(), toText(header["value"])]));
}
