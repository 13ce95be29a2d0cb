import type { Clock } from "@nightdesk/claim-lib";
import type { SentMessage } from "./gmail-control.ts";
import type { Mailbox } from "./gmail-mailbox.ts";
import { translateQuery } from "./gmail-query.ts";
import { chooseThread } from "./gmail-threading.ts";
import { unwrapUpload } from "./gmail-upload.ts";
import { parseRecord, toList, toRecord, toText, type Upstream } from "./gmail-upstream.ts";
import { googleError, jsonAnswer, type Answer } from "./google-error.ts";

export interface GmailRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  contentType: string | undefined;
  body: Buffer;
}

export interface GmailRoutes {
  handle(request: GmailRequest): Promise<Answer>;
  sent(): SentMessage[];
  /** Ids of the messages sent or drafted through the API after that instant. */
  newerThan(sinceMs: number): ReadonlySet<string>;
  expireHistory(): Promise<void>;
}

interface Context {
  upstream: Upstream;
  mailbox: Mailbox;
  address: string;
  clock: Clock;
  sent: SentMessage[];
  /** When each draft's message was made, by its id. */
  drafted: Map<string, number>;
  /** Older history ids are answered with 404. */
  historyFloor: bigint;
  /** The sending under way: one at a time, or one draft could be sent twice. */
  sending: Promise<unknown>;
}

const USER = "/gmail/v1/users/me";

/** Gmail as its documentation has it: the emulator, and around it what the emulator lacks or does otherwise. */
export function createGmailRoutes(
  parts: Pick<Context, "upstream" | "mailbox" | "address" | "clock">,
): GmailRoutes {
  const context: Context = {
    ...parts,
    sent: [],
    drafted: new Map(),
    historyFloor: 0n,
    sending: Promise.resolve(),
  };
  return {
    handle: (request) => route(context, request),
    sent: () => [...context.sent],
    newerThan: (sinceMs) => newerThan(context, sinceMs),
    async expireHistory() {
      context.historyFloor = BigInt(await context.mailbox.newestHistoryId());
    },
  };
}

async function route(context: Context, wrapped: GmailRequest): Promise<Answer> {
  const request = unwrapUpload(wrapped);
  if (!request) return googleError(400);
  const [, user = "", call = ""] = /^\/gmail\/v1\/users\/([^/]+)\/(.+)$/.exec(request.path) ?? [];
  if (user !== "me" && decodeURIComponent(user) !== context.address) return googleError(404);
  switch (`${request.method} ${call}`) {
    case "GET profile":
      return getProfile(context);
    case "GET history":
      return listHistory(context, request);
    case "GET messages":
    case "GET threads":
      return search(context, request, call);
    case "GET drafts":
      return searchDrafts(context, request);
    case "POST drafts":
      return createDraft(context, request);
    case "POST drafts/send":
      return inTurn(context, () => sendDraft(context, parseRecord(request.body)));
    case "POST messages/send":
      return inTurn(context, () => sendNew(context, parseRecord(request.body)));
    default:
      return forward(context, request);
  }
}

async function forward(context: Context, request: GmailRequest, query = request.query): Promise<Answer> {
  const search = query.size > 0 ? `?${query}` : "";
  const answer = await context.upstream.call({
    method: request.method,
    path: request.path + search,
    contentType: request.contentType,
    body: request.body,
  });
  return request.method === "GET" && answer.status === 200 ? withoutEmptyLists(answer) : answer;
}

/** Gmail leaves an empty list out; a client that relies on it being there must fail here too. */
function withoutEmptyLists(answer: Answer): Answer {
  const value = parseRecord(answer.body);
  const empty = ["messages", "threads", "drafts", "history"].filter((key) => {
    const list = value[key];
    return Array.isArray(list) && list.length === 0;
  });
  if (empty.length === 0) return answer;
  return jsonAnswer(200, Object.fromEntries(Object.entries(value).filter(([key]) => !empty.includes(key))));
}

async function getProfile(context: Context): Promise<Answer> {
  const ids = await context.mailbox.listIds();
  return jsonAnswer(200, {
    emailAddress: context.address,
    messagesTotal: ids.length,
    threadsTotal: new Set(ids.map((entry) => entry.threadId)).size,
    historyId: await context.mailbox.newestHistoryId(),
  });
}

async function listHistory(context: Context, request: GmailRequest): Promise<Answer> {
  const start = request.query.get("startHistoryId") ?? "";
  if (!/^\d+$/.test(start)) return googleError(400);
  if (BigInt(start) < context.historyFloor) return googleError(404);
  return forward(context, request);
}

async function search(context: Context, request: GmailRequest, kind: string): Promise<Answer> {
  const translated = translateQuery(request.query.get("q") ?? "", context.address, context.clock.now());
  const query = new URLSearchParams(request.query);
  query.set("q", translated.q);
  if (translated.everywhere) query.set("includeSpamTrash", "true");
  if (translated.messageIds.length === 0) return forward(context, request, query);

  query.set("maxResults", "500");
  const answer = await context.upstream.ask("GET", `${USER}/messages?${query}`);
  const found = [];
  for (const entry of toList(answer["messages"])) {
    const header = await context.mailbox.messageIdHeader(toText(entry["id"]));
    if (translated.messageIds.every((wanted) => wanted === header)) found.push(entry);
  }
  if (found.length === 0) return jsonAnswer(200, { resultSizeEstimate: 0 });
  if (kind === "messages") return jsonAnswer(200, { messages: found, resultSizeEstimate: found.length });
  const threads = [...new Set(found.map((entry) => toText(entry["threadId"])))].map((id) => ({ id }));
  return jsonAnswer(200, { threads, resultSizeEstimate: threads.length });
}

/** The emulator does not look at a draft search's words at all. */
async function searchDrafts(context: Context, request: GmailRequest): Promise<Answer> {
  if (!request.query.get("q")) return forward(context, request);
  const matching = await search(
    context,
    {
      ...request,
      path: `${USER}/messages`,
      query: new URLSearchParams({ q: request.query.get("q") ?? "", maxResults: "500" }),
    },
    "messages",
  );
  const ids = new Set(toList(parseRecord(matching.body)["messages"]).map((entry) => toText(entry["id"])));
  const all = await context.upstream.ask("GET", `${USER}/drafts?maxResults=500`);
  const drafts = toList(all["drafts"]).filter((draft) => ids.has(toText(toRecord(draft["message"])["id"])));
  return jsonAnswer(200, { ...(drafts.length > 0 && { drafts }), resultSizeEstimate: drafts.length });
}

async function createDraft(context: Context, request: GmailRequest): Promise<Answer> {
  const message = toRecord(parseRecord(request.body)["message"]);
  const placed = await place(context, message);
  if (!placed) return googleError(404);
  const answer = await context.upstream.call({
    method: "POST",
    path: `${USER}/drafts`,
    contentType: "application/json",
    body: JSON.stringify({ message: placed }),
  });
  if (answer.status !== 200) return answer;
  // Gmail answers with the ids alone, the emulator with the whole message.
  const draft = parseRecord(answer.body);
  const { id, threadId, labelIds } = toRecord(draft["message"]);
  context.drafted.set(toText(id), context.clock.now());
  return jsonAnswer(200, { id: draft["id"], message: { id, threadId, labelIds } });
}

function newerThan(context: Context, sinceMs: number): Set<string> {
  const made = [
    ...context.drafted,
    ...context.sent.map(({ messageId, sentAtMs }) => [messageId, sentAtMs] as const),
  ];
  return new Set(made.flatMap(([id, atMs]) => (atMs > sinceMs ? [id] : [])));
}

/** Null when the message names a thread that does not exist. */
async function place(context: Context, message: Record<string, unknown>): Promise<object | null> {
  const raw = toText(message["raw"]);
  const threadId = await chooseThread(
    context.upstream,
    Buffer.from(raw, "base64url"),
    toText(message["threadId"]),
  );
  return threadId === null ? null : { raw, threadId, internalDate: String(context.clock.now()) };
}

/**
 * The emulator turns the draft's message into the sent one. With Gmail the draft is deleted and the sent
 * message is a new one with another id (https://developers.google.com/workspace/gmail/api/guides/drafts), and
 * who looks for the old id after a crash must not find it here either.
 */
async function sendDraft(context: Context, body: Record<string, unknown>): Promise<Answer> {
  const id = toText(body["id"]);
  if (id === "") return googleError(400);
  const path = `${USER}/drafts/${encodeURIComponent(id)}`;
  const found = await context.upstream.call({ method: "GET", path: `${path}?format=raw` });
  if (found.status !== 200) return found;
  const draft = toRecord(parseRecord(found.body)["message"]);
  const raw = toText(toRecord(body["message"])["raw"]) || toText(draft["raw"]);
  const answer = await sendRaw(context, {
    raw,
    threadId: draft["threadId"],
    internalDate: String(context.clock.now()),
  });
  if (answer.status === 200) await context.upstream.call({ method: "DELETE", path });
  return answer;
}

async function sendNew(context: Context, body: Record<string, unknown>): Promise<Answer> {
  const placed = await place(context, body);
  return placed ? sendRaw(context, placed) : googleError(404);
}

async function sendRaw(context: Context, message: object): Promise<Answer> {
  const answer = await context.upstream.call({
    method: "POST",
    path: `${USER}/messages/send`,
    contentType: "application/json",
    body: JSON.stringify(message),
  });
  if (answer.status !== 200) return answer;
  const { id, threadId, labelIds } = parseRecord(answer.body);
  const sentAtMs = context.clock.now();
  const { raw } = await context.mailbox.read(toText(id));
  context.sent.push({ messageId: toText(id), threadId: toText(threadId), raw, sentAtMs });
  return jsonAnswer(200, { id, threadId, labelIds });
}

function inTurn(context: Context, work: () => Promise<Answer>): Promise<Answer> {
  const mine = context.sending.then(work);
  context.sending = mine.catch(() => {});
  return mine;
}
