import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { createFakeClock } from "@nightdesk/testkit";
import { createGmailReader } from "../src/gmail/gmail-reader.ts";
import type { GmailLink } from "../src/gmail/connect-gmail.ts";
import { openEmail, type EmailSetup, type Running } from "./helpers/open-email.ts";

interface Changes {
  messages: { message_id: string }[];
  cursor: string;
  expired: boolean;
}

let setup: EmailSetup;
let draft: Running;

before(async () => {
  setup = await openEmail();
  draft = await setup.start("draft");
});
after(() => setup.close());

function arrive(subject: string, extra = "") {
  return setup.gmail.inject(
    `From: Jo <jo@x.example>\r\nTo: ${setup.gmail.address}\r\nSubject: ${subject}\r\n${extra}\r\nHello ${subject}`,
  );
}

const code = (code: string, retry: string) => (error: { code?: string; retry?: string }) => {
  assert.deepEqual([error.code, error.retry], [code, retry]);
  return true;
};

describe("new mails", () => {
  it("are told once, in the inbox only, and never again after the cursor moved on", async () => {
    const { account, cursor } = await draft.call<{ account: string; cursor: string }>("email_profile");
    assert.equal(account, setup.gmail.address);
    const first = await arrive("one");
    const second = await arrive("two");
    await setup.gmail.inject(`From: ${setup.gmail.address}\r\nTo: jo@x.example\r\n\r\nsent`, {
      labels: ["SENT"],
    });
    await setup.gmail.inject(`From: eve@x.example\r\nTo: a@b.example\r\n\r\nspam`, { labels: ["SPAM"] });
    const toMyself = await setup.gmail.inject(`From: ${setup.gmail.address}\r\n\r\nnote`, {
      labels: ["SENT", "INBOX"],
    });
    const changes = await draft.call<Changes>("email_changes", { cursor });
    assert.deepEqual(
      changes.messages.map(({ message_id }) => message_id),
      [first.messageId, second.messageId, toMyself.messageId],
    );
    assert.equal(changes.expired, false);
    assert.ok(BigInt(changes.cursor) > BigInt(cursor));
    const next = await draft.call<Changes>("email_changes", { cursor: changes.cursor });
    assert.deepEqual([next.messages, next.cursor], [[], changes.cursor]);
  });

  it("a cursor that is too old is said to be, and nothing is lost by it", async () => {
    const { cursor } = await draft.call<{ cursor: string }>("email_profile");
    const { messageId } = await arrive("late");
    await setup.gmail.expireHistory();
    const changes = await draft.call<Changes>("email_changes", { cursor });
    assert.deepEqual([changes.expired, changes.messages, changes.cursor], [true, [], cursor]);
    const found = await draft.call<Changes>("email_search", { query: "in:inbox", limit: 1 });
    assert.equal(found.messages[0]?.message_id, messageId);
  });

  it("what arrives while pages are read is found the next time, with ids beyond a double", async () => {
    const base = "987654321098765432";
    const pages = [
      { history: [added("a", ["INBOX"])], historyId: `${base}100`, nextPageToken: "2" },
      { history: [added("a", ["INBOX"]), added("b", ["INBOX"])], historyId: `${base}101` },
    ];
    const asked: object[] = [];
    const reader = createGmailReader(
      fakeLink(async (params) => {
        asked.push(params);
        return { data: pages.shift() };
      }),
    );
    const first = await reader.changes(`${base}099`, null);
    assert.deepEqual([first.cursor, first.messages.length], [`${base}099`, 1]);
    const second = await reader.changes(first.cursor, first.nextPageToken);
    assert.equal(second.cursor, `${base}100`);
    assert.deepEqual(
      second.messages.map(({ messageId }) => messageId),
      ["a", "b"],
    );
    assert.equal(second.nextPageToken, null);
    assert.deepEqual(
      asked.map((params) => Reflect.get(params, "pageToken")),
      [undefined, "2"],
    );
    await assert.rejects(reader.changes("1", "made up"), code("GMAIL_REFUSED", "never"));
  });

  it("a cursor never goes back", async () => {
    const reader = createGmailReader(
      fakeLink(async () => ({ data: { historyId: "999999999999999999998" } })),
    );
    assert.equal((await reader.changes("999999999999999999999", null)).cursor, "999999999999999999999");
  });
});

describe("reading", () => {
  it("search goes page by page", async () => {
    for (const subject of ["page1", "page2", "page3"]) await arrive(`paged ${subject}`);
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const page = await draft.call<{ messages: { message_id: string }[]; next_page_token?: string }>(
        "email_search",
        {
          query: "subject:paged",
          limit: 2,
          ...(token ? { page_token: token } : {}),
        },
      );
      seen.push(...page.messages.map(({ message_id }) => message_id));
      token = page.next_page_token;
    } while (token);
    assert.equal(new Set(seen).size, 3);
    assert.deepEqual(await draft.call("email_search", { query: "subject:nothing-like-it" }), {
      messages: [],
    });
  });

  it("a mail, its thread and the recipients of a reply fit together", async () => {
    const first = await arrive("talk", "Message-ID: <t1@x.example>\r\nCc: kim@x.example\r\n");
    await setup.gmail.inject(
      `From: ${setup.gmail.address}\r\nTo: jo@x.example\r\nSubject: Re: talk\r\nIn-Reply-To: <t1@x.example>\r\nMessage-ID: <t2@b.example>\r\n\r\nAnswer`,
    );
    const last = await setup.gmail.inject(
      `From: kim@x.example\r\nTo: jo@x.example\r\nSubject: Re: talk\r\nIn-Reply-To: <t1@x.example>\r\nMessage-ID: <t3@x.example>\r\n\r\nMore`,
    );
    const mail = await draft.call("email_read", { message_id: first.messageId });
    assert.deepEqual(mail["from"], { name: "Jo", address: "jo@x.example" });
    assert.equal(mail["subject"], "talk");
    assert.equal(mail["thread_id"], first.threadId);
    assert.match(String(mail["received_at"]), /^\d{4}-\d\d-\d\dT.*Z$/);
    assert.ok((mail["labels"] as string[]).includes("INBOX"));
    const thread = await draft.call<{
      messages: { message_id: string; sent_by_owner: boolean; from: object }[];
    }>("email_thread", { thread_id: first.threadId });
    assert.deepEqual(
      thread.messages.map((one) => one.sent_by_owner),
      [false, true, false],
    );
    assert.deepEqual(thread.messages[0]?.from, { name: "Jo", address: "jo@x.example" });
    assert.deepEqual(await draft.call("email_compose_reply", { message_id: first.messageId }), {
      to: ["jo@x.example"],
      cc: ["kim@x.example"],
      subject: "Re: talk",
      source_message_id: first.messageId,
      thread_id: first.threadId,
      last_message_id: last.messageId,
      warnings: [],
    });
  });

  it("a mail that is gone, and ids that are none, are refused", async () => {
    for (const [tool, args] of [
      ["email_read", { message_id: "msg_gone" }],
      ["email_thread", { thread_id: "thr_gone" }],
      ["email_compose_reply", { message_id: "msg_gone" }],
    ] as const) {
      await assert.rejects(draft.call(tool, args), code("GMAIL_NOT_FOUND", "never"));
    }
    for (const [tool, args] of [
      ["email_read", { message_id: "../../drafts/send" }],
      ["email_read", { message_id: "a", extra: 1 }],
      ["email_changes", { cursor: "-1" }],
      ["email_search", { query: "x", limit: 100_000 }],
    ] as const) {
      const result = await draft.client.callTool({ name: tool, arguments: args });
      assert.equal(result.isError, true, tool);
      assert.match(JSON.stringify(result.content), /Input validation error/);
    }
  });

  it("every tool says that it only looks, and describes both of its sides", async () => {
    const { tools } = await draft.client.listTools();
    assert.equal(tools.length, 7);
    for (const tool of tools) {
      assert.equal(tool.annotations?.readOnlyHint, true, tool.name);
      assert.equal(tool.annotations.destructiveHint, false);
      assert.ok(tool.title && tool.description && tool.outputSchema, tool.name);
      assert.equal(tool.inputSchema["additionalProperties"], false, tool.name);
    }
    const live = await setup.start("live");
    const hints = Object.fromEntries(
      (await live.client.listTools()).tools.map((tool) => [tool.name, tool.annotations]),
    );
    assert.equal(hints["email_commit"]?.destructiveHint, true);
    assert.equal(hints["email_commit"]?.idempotentHint, true);
    assert.equal(hints["email_prepare"]?.readOnlyHint, false);
    assert.equal(hints["email_find"]?.readOnlyHint, true);
    await live.stop();
  });
});

describe("when Gmail is in trouble", () => {
  for (const rule of [
    { kind: "status", status: 429, retryAfterSeconds: 1 },
    { kind: "status", status: 503 },
    { kind: "status", status: 403 },
    { kind: "reset-before" },
    { kind: "lost-reply" },
  ] as const) {
    it(`a read goes on after ${rule.kind} ${"status" in rule ? rule.status : ""}`, async () => {
      const started = performance.now();
      await setup.gmail.faults.add({ match: { path: /history/ }, times: 1, ...rule });
      const { cursor } = await draft.call<{ cursor: string }>("email_profile");
      assert.equal((await draft.call<Changes>("email_changes", { cursor })).expired, false);
      if ("retryAfterSeconds" in rule) assert.ok(performance.now() - started >= 1000);
    });
  }

  it("it gives up after a few attempts, safely, and at once when told to wait long", async () => {
    const clock = createFakeClock(Date.now());
    const patient = await setup.start("draft", {}, clock);
    const first = await setup.gmail.faults.add({ match: { path: /messages$/ }, kind: "status", status: 500 });
    const answer = assert.rejects(
      patient.call("email_search", { query: "x" }),
      code("GMAIL_UNREACHABLE", "safe"),
    );
    for (let pause = 0; pause < 3; pause += 1) {
      await clock.untilSleeping();
      await clock.advance(5000);
    }
    await answer;
    assert.equal(await hits(first), 4);
    await setup.gmail.faults.remove(first);
    const second = await setup.gmail.faults.add({
      match: { path: /messages$/ },
      kind: "status",
      status: 429,
      retryAfterSeconds: 600,
    });
    await assert.rejects(patient.call("email_search", { query: "x" }), code("GMAIL_BUSY", "safe"));
    assert.equal(await hits(second), 1);
    await setup.gmail.faults.clear();
    await patient.stop();
  });

  it("an access token that ended is replaced, a login that was taken back is said to be", async () => {
    await setup.gmail.tokens.expireAll();
    assert.ok((await draft.call("email_profile"))["cursor"]);
    const other = await openEmail();
    const server = await other.start("draft");
    await other.gmail.tokens.revoke("1//testkit-readonly");
    await assert.rejects(server.call("email_profile"), code("GMAIL_LOGIN_FAILED", "never"));
    await other.close();
  });
});

async function hits(id: string): Promise<number | undefined> {
  return (await setup.gmail.faults.list()).find((rule) => rule.id === id)?.hits;
}

function added(id: string, labelIds: string[]) {
  return { messagesAdded: [{ message: { id, threadId: `t-${id}`, labelIds } }] };
}

/** A link whose history is what the test says; the rest is never asked. */
function fakeLink(list: (params: object) => Promise<object>): GmailLink {
  const link = { api: { users: { history: { list } } }, options: {}, ports: { clock: createFakeClock() } };
  return link as unknown as GmailLink;
}
