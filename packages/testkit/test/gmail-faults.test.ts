import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import {
  GMAIL_DEFAULTS,
  startLeakCheck,
  type GmailControl,
  type LeakCheck,
  type RequestEvent,
} from "@nightdesk/testkit";
import { startGmail } from "@nightdesk/testkit/gmail";
import { createGmailClient, rawMail, toBase64Url } from "./gmail-client.ts";

let gmail: GmailControl;
let client: ReturnType<typeof createGmailClient>;
let leaks: LeakCheck;
const DRAFT = { message: { raw: toBase64Url(rawMail({ id: "<d@brightside.example>" })) } };
const DRAFTS = /\/drafts$/;
const SEND = /\/drafts\/send$/;

beforeEach(async () => {
  leaks = await startLeakCheck();
  gmail = await startGmail();
  client = createGmailClient(gmail, await gmail.tokens.issue(GMAIL_DEFAULTS.composeToken));
});
afterEach(async () => {
  await gmail.close();
  await leaks.assertNone();
});

async function countDrafts(): Promise<number> {
  return (await gmail.rawMailbox()).filter((message) => message.labels.includes("DRAFT")).length;
}

test("429 carries Retry-After, hits as often as told, and nothing happens meanwhile", async () => {
  await gmail.faults.add({
    match: { method: "POST", path: DRAFTS },
    kind: "status",
    status: 429,
    retryAfterSeconds: 7,
    times: 2,
  });
  for (let i = 0; i < 2; i += 1) {
    const answer = await client("POST", "drafts", DRAFT);
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get("retry-after"), "7");
    assert.equal((answer.body["error"] as { status: string }).status, "RESOURCE_EXHAUSTED");
  }
  assert.equal(await countDrafts(), 0);
  assert.equal((await client("POST", "drafts", DRAFT)).status, 200);
  assert.deepEqual(await gmail.faults.list(), [{ id: "fault-1", kind: "status", hits: 2, remaining: 0 }]);
});

test("a lost reply breaks the connection after the effect, a reset before it", async () => {
  await gmail.faults.add({ match: { path: DRAFTS }, kind: "lost-reply", times: 1 });
  await assert.rejects(client("POST", "drafts", DRAFT), TypeError);
  assert.equal(await countDrafts(), 1);
  await gmail.faults.add({ match: { path: DRAFTS }, kind: "reset-before", times: 1 });
  await assert.rejects(client("POST", "drafts", DRAFT), TypeError);
  assert.equal(await countDrafts(), 1);
});

test("a lost reply to a send leaves one sent mail, and the repeated send finds no draft", async () => {
  const draft = await client("POST", "drafts", DRAFT);
  await gmail.faults.add({ match: { path: SEND }, kind: "lost-reply", times: 1 });
  await assert.rejects(client("POST", "drafts/send", { id: draft.body["id"] }), TypeError);
  assert.equal((await client("POST", "drafts/send", { id: draft.body["id"] })).status, 404);
  assert.equal((await gmail.sentMessages()).length, 1);
});

test("a delayed request is answered late, a stalled one not at all", async () => {
  await gmail.faults.add({ match: { path: /profile/ }, kind: "delay", delayMs: 80, times: 1 });
  const startedAt = performance.now();
  assert.equal((await client("GET", "profile")).status, 200);
  assert.ok(performance.now() - startedAt >= 75);
  await gmail.faults.add({ match: { path: DRAFTS }, kind: "stall", times: 1 });
  const stalled = fetch(`${gmail.baseUrl}/gmail/v1/users/me/drafts`, {
    method: "POST",
    signal: AbortSignal.timeout(60),
  });
  await assert.rejects(stalled, { name: "TimeoutError" });
  assert.equal(await countDrafts(), 0);
});

test("an answer that stalls after the effect leaves the effect behind", async () => {
  await gmail.faults.add({ match: { path: DRAFTS }, kind: "stall-after", times: 1 });
  const token = await gmail.tokens.issue(GMAIL_DEFAULTS.composeToken);
  const stalled = fetch(`${gmail.baseUrl}/gmail/v1/users/me/drafts`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(DRAFT),
    signal: AbortSignal.timeout(400),
  });
  await assert.rejects(stalled, { name: "TimeoutError" });
  assert.equal(await countDrafts(), 1);
});

test("an index that lags hides what was just sent or drafted from lists, and nothing from a look by id", async () => {
  const arrived = await gmail.inject(rawMail({ id: "<a@brightside.example>" }));
  const listed = async (path: string, key = "messages") =>
    ((await client("GET", path)).body[key] as { id: string }[] | undefined)?.map(({ id }) => id);
  const lag = await gmail.faults.add({ match: { method: "GET" }, kind: "index-lag", delayMs: 60_000 });
  const draft = await client("POST", "drafts", DRAFT);
  assert.equal(await listed("drafts", "drafts"), undefined, "Gmail leaves an empty list out");
  const sent = await client("POST", "drafts/send", { id: draft.body["id"] });
  const sentId = String(sent.body["id"]);
  assert.deepEqual(await listed("messages"), [arrived.messageId]);
  assert.equal(await listed("messages?q=in:sent"), undefined);
  assert.equal(await listed(`threads/${String(sent.body["threadId"])}`), undefined);
  assert.equal((await client("GET", `messages/${sentId}`)).status, 200);
  await gmail.faults.remove(lag);
  await gmail.faults.add({ match: {}, kind: "index-lag", delayMs: 0 });
  assert.deepEqual(await listed("messages?q=in:sent"), [sentId]);
});

test("skip lets requests pass first, clear ends everything, and a rule for one method spares the others", async () => {
  await gmail.faults.add({ match: { method: "GET", path: DRAFTS }, kind: "status", skip: 1 });
  assert.equal((await client("POST", "drafts", DRAFT)).status, 200);
  assert.equal((await client("GET", "drafts")).status, 200);
  assert.equal((await client("GET", "drafts")).status, 503);
  await gmail.faults.clear();
  assert.equal((await client("GET", "drafts")).status, 200);
});

test("a probability hits about that share of requests, the same ones each time", async () => {
  const run = async () => {
    const own = await startGmail();
    try {
      const other = createGmailClient(own, await own.tokens.issue(GMAIL_DEFAULTS.readonlyToken));
      await own.faults.add({ match: {}, kind: "status", status: 500, probability: 0.5 });
      const statuses = [];
      for (let i = 0; i < 40; i += 1) statuses.push((await other("GET", "profile")).status);
      return statuses;
    } finally {
      await own.close();
    }
  };
  const first = await run();
  const hits = first.filter((status) => status === 500).length;
  assert.ok(hits > 10 && hits < 30, `${hits} of 40`);
  assert.deepEqual(await run(), first);
});

test("an observer sees each request before and after its effect, and is waited for", async () => {
  const events: RequestEvent[] = [];
  const drafts: number[] = [];
  const stop = await gmail.onRequest(async (event) => {
    events.push(event);
    drafts.push(await countDrafts());
  });
  await client("POST", "drafts", DRAFT);
  await stop();
  await client("GET", "drafts");
  assert.deepEqual(
    events.map(({ phase, method, path, status }) => ({ phase, method, path, status })),
    [
      { phase: "before", method: "POST", path: "/gmail/v1/users/me/drafts", status: null },
      { phase: "after", method: "POST", path: "/gmail/v1/users/me/drafts", status: 200 },
    ],
  );
  assert.equal(events[0]?.requestId, events[1]?.requestId);
  assert.deepEqual(drafts, [0, 1]);
});

test("an observer that fails does not disturb the request", async () => {
  await gmail.onRequest(() => {
    throw new Error("observer");
  });
  assert.equal((await client("GET", "drafts")).status, 200);
});

test("a held request has had no effect before, and has had it after", async () => {
  const first = await gmail.hold({ phase: "before", method: "POST", path: DRAFTS });
  const creating = client("POST", "drafts", DRAFT);
  assert.equal((await first.reached).phase, "before");
  assert.equal(await countDrafts(), 0);
  await first.release();
  const { body } = await creating;

  const second = await gmail.hold({ phase: "after", path: SEND });
  let isAnswered = false;
  const sending = client("POST", "drafts/send", { id: body["id"] }).then((answer) => {
    isAnswered = true;
    return answer;
  });
  await second.reached;
  assert.equal((await gmail.sentMessages()).length, 1);
  assert.equal(isAnswered, false);
  await second.release();
  assert.equal((await sending).status, 200);
});

test("a held request can be dropped: before it nothing happens, after it only the answer is lost", async () => {
  const before = await gmail.hold({ phase: "before", path: DRAFTS });
  const lost = assert.rejects(client("POST", "drafts", DRAFT), TypeError);
  await before.reached;
  await before.release("drop");
  await lost;
  assert.equal(await countDrafts(), 0);
  const after = await gmail.hold({ phase: "after", path: DRAFTS });
  const unanswered = assert.rejects(client("POST", "drafts", DRAFT), TypeError);
  await after.reached;
  await after.release("drop");
  await unanswered;
  assert.equal(await countDrafts(), 1);
});

test("closing ends what is stalled, delayed or held", async () => {
  const other = await startGmail();
  await other.faults.add({ match: { path: /one/ }, kind: "stall" });
  await other.faults.add({ match: { path: /two/ }, kind: "delay", delayMs: 60_000 });
  await other.hold({ phase: "before", path: /three/ });
  const seen = new Promise<void>((resolve) => {
    let count = 0;
    void other.onRequest(() => ((count += 1) === 3 ? resolve() : undefined));
  });
  const waiting = ["one", "two", "three"].map((name) =>
    assert.rejects(fetch(`${other.baseUrl}/${name}`), TypeError),
  );
  await seen;
  await other.close();
  await Promise.all(waiting);
});
