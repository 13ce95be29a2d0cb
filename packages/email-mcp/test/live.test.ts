import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { createFakeClock } from "@nightdesk/testkit";
import { simpleParser } from "mailparser";
import { firstHeader, parseHeaders } from "../src/mime/parse-headers.ts";
import { BODY, failsWith, openLive, type LiveSetup } from "./helpers/open-live.ts";

let setup: LiveSetup;

beforeEach(async () => {
  setup = await openLive();
});
afterEach(() => setup.close());

describe("a receipt opens one effect", () => {
  it("an approved reply is sent once, in the thread, word for word", async () => {
    const live = await setup.start("live");
    const args = setup.makeArgs();
    const receipt = setup.receipts.sign(args);
    const { handle } = await live.call("email_prepare", { receipt, args });
    assert.equal((await setup.gmail.sentMessages()).length, 0);
    const first = await live.call<{ message_id: string; thread_id: string }>("email_commit", {
      receipt,
      handle,
    });
    const second = await live.call("email_commit", { receipt, handle });
    assert.deepEqual(second, first);

    const sent = await setup.gmail.sentMessages();
    assert.equal(sent.length, 1);
    assert.equal(sent[0]?.threadId, setup.source.threadId);
    assert.equal(first.message_id, sent[0]?.messageId);
    assert.equal(first.thread_id, setup.source.threadId);
    const raw = sent[0]?.raw ?? Buffer.alloc(0);
    const mail = await simpleParser(raw);
    assert.equal(mail.text, BODY);
    assert.equal(mail.subject, "Re: Grüße");
    assert.equal(mail.inReplyTo, "<m3@customer.example>");
    assert.deepEqual(mail.references, [
      "<m1@customer.example>",
      "<m2@customer.example>",
      "<m3@customer.example>",
    ]);
    const text = raw.toString("latin1");
    assert.match(text, /^To: jo@customer\.example\r$/m);
    assert.match(text, /^Cc: kim@customer\.example\r$/m);
    assert.match(text, new RegExp(`^From: Robin Brightside <${setup.gmail.address}>\r$`, "m"));
    assert.match(firstHeader(parseHeaders(raw).headers, "x-nightdesk-ref") ?? "", /^[0-9a-f]{64}$/);
    assert.doesNotMatch(text, /[^\r]\n/);
    assert.ok(text.split("\r\n").every((line) => line.length <= 998 && /^[\x20-\x7e\t]*$/.test(line)));
    assert.equal(await setup.countDrafts(), 0);
  });

  it("preparing again, also after a restart, gives the same handle and no second draft", async () => {
    const live = await setup.start("live");
    const args = setup.makeArgs();
    const receipt = setup.receipts.sign(args);
    const { handle } = await live.call("email_prepare", { receipt, args });
    assert.deepEqual(await live.call("email_prepare", { receipt, args }), { handle });
    await live.stop();
    const again = await setup.start("live");
    assert.deepEqual(await again.call("email_prepare", { receipt, args }), { handle });
    assert.equal(await setup.countDrafts(), 1);
  });

  it("two servers that prepare and commit at the same time send one mail", async () => {
    const [one, two] = [await setup.start("live"), await setup.start("live")];
    const args = setup.makeArgs();
    const receipt = setup.receipts.sign(args);
    const handles = await Promise.all([
      one.call("email_prepare", { receipt, args }),
      two.call("email_prepare", { receipt, args }),
    ]);
    assert.deepEqual(handles[0], handles[1]);
    assert.equal(await setup.countDrafts(), 1);
    const handle = handles[0]["handle"];
    const results = await Promise.all([
      one.call<{ message_id: string }>("email_commit", { receipt, handle }),
      two.call<{ message_id: string }>("email_commit", { receipt, handle }),
      two.call<{ message_id: string }>("email_commit", { receipt, handle }),
    ]);
    assert.equal((await setup.gmail.sentMessages()).length, 1);
    assert.equal(new Set(results.map(({ message_id }) => message_id)).size, 1);
  });
});

describe("what lies in Gmail is looked at again before sending", () => {
  it("a draft changed by another hand is not sent", async () => {
    const live = await setup.start("live");
    const args = setup.makeArgs();
    const receipt = setup.receipts.sign(args);
    const { handle } = await live.call<{ handle: string }>("email_prepare", { receipt, args });
    const [draft] = (await setup.gmail.rawMailbox()).filter(({ labels }) => labels.includes("DRAFT"));
    const before = draft?.raw.toString("latin1") ?? "";
    for (const [from, to] of [
      ["Cc: kim@customer.example", "Cc: eve@customer.example"],
      ["Cc: kim@customer.example", "Cc: kim@customer.example\r\nBcc: eve@customer.example"],
      [
        Buffer.from("Dear Jo").toString("base64").slice(0, 8),
        Buffer.from("Dear Eve").toString("base64").slice(0, 8),
      ],
      ["Re=3A_Gr", "Re=3A_Fr"],
    ] as const) {
      assert.ok(before.includes(from), from);
      await putDraft(handle, before.replace(from, to));
      await assert.rejects(
        live.call("email_commit", { receipt, handle }),
        failsWith("DRAFT_CHANGED", "never"),
        to,
      );
    }
    assert.equal((await setup.gmail.sentMessages()).length, 0);
    // Lines a provider adds of its own are no change.
    await putDraft(handle, `Received: by 10.0.0.1\r\nX-Google-Sender: x\r\n${before}\r\n`);
    await live.call("email_commit", { receipt, handle });
  });

  it("a draft the owner deleted is unknown, and is not made again", async () => {
    const live = await setup.start("live");
    const args = setup.makeArgs();
    const receipt = setup.receipts.sign(args);
    const { handle } = await live.call<{ handle: string }>("email_prepare", { receipt, args });
    await setup.askGmail("DELETE", `drafts/${handle}`);
    assert.deepEqual(await live.call("email_find", { receipt, handle }), { state: "unknown" });
    await assert.rejects(
      live.call("email_commit", { receipt, handle }),
      failsWith("SEND_OUTCOME_UNKNOWN", "ambiguous"),
    );
    assert.equal(await setup.countDrafts(), 0);
    assert.equal((await setup.gmail.sentMessages()).length, 0);
  });

  it("the draft of a reply that is not sent after all is taken away, and nothing else is", async () => {
    const live = await setup.start("live");
    const args = setup.makeArgs();
    const receipt = setup.receipts.sign(args);
    const { handle } = await live.call<{ handle: string }>("email_prepare", { receipt, args });
    const other = setup.makeArgs({ body: "Another one" });
    const otherReceipt = setup.receipts.sign(other);
    await live.call("email_prepare", { receipt: otherReceipt, args: other });
    await assert.rejects(
      live.call("email_discard", { receipt: otherReceipt, handle }),
      failsWith("HANDLE_NOT_BOUND", "never"),
    );
    assert.equal(await setup.countDrafts(), 2);
    assert.deepEqual(await live.call("email_discard", { receipt, handle }), { discarded: true });
    assert.deepEqual(await live.call("email_discard", { receipt, handle }), { discarded: false });
    assert.equal(await setup.countDrafts(), 1);
    await assert.rejects(
      live.call("email_commit", { receipt, handle }),
      failsWith("SEND_OUTCOME_UNKNOWN", "ambiguous"),
    );
    assert.equal((await setup.gmail.sentMessages()).length, 0);
  });

  it("a draft the owner changed, or a mail that went out, is never taken away", async () => {
    const live = await setup.start("live");
    const args = setup.makeArgs();
    const receipt = setup.receipts.sign(args);
    const { handle } = await live.call<{ handle: string }>("email_prepare", { receipt, args });
    const [draft] = (await setup.gmail.rawMailbox()).filter(({ labels }) => labels.includes("DRAFT"));
    const raw = draft?.raw.toString("latin1") ?? "";
    await putDraft(handle, raw.replace("kim@customer.example", "eve@customer.example"));
    assert.deepEqual(await live.call("email_discard", { receipt, handle }), { discarded: false });
    await putDraft(handle, raw);
    await setup.gmail.faults.add({ match: { path: /drafts\/send$/ }, kind: "lost-reply", times: 1 });
    await assert.rejects(live.call("email_commit", { receipt, handle }), failsWith("SEND_OUTCOME_UNKNOWN"));
    assert.deepEqual(await live.call("email_discard", { receipt, handle }), { discarded: false });
    assert.equal((await setup.gmail.sentMessages()).length, 1);
  });

  it("an expired receipt sends nothing more, but tells what it had sent", async () => {
    const clock = createFakeClock(Date.now());
    const live = await setup.start("live", {}, clock);
    const [args, late] = [setup.makeArgs(), setup.makeArgs({ body: "late" })];
    const [receipt, lateReceipt] = [setup.receipts.sign(args), setup.receipts.sign(late)];
    const { handle } = await live.call("email_prepare", { receipt, args });
    const { handle: lateHandle } = await live.call("email_prepare", { receipt: lateReceipt, args: late });
    await setup.gmail.faults.add({ match: { path: /drafts\/send$/ }, kind: "lost-reply", times: 1 });
    await assert.rejects(live.call("email_commit", { receipt, handle }), failsWith("SEND_OUTCOME_UNKNOWN"));
    clock.jumpTo(Date.now() + 2 * 3_600_000);
    assert.ok((await live.call("email_commit", { receipt, handle }))["message_id"]);
    await assert.rejects(
      live.call("email_commit", { receipt: lateReceipt, handle: lateHandle }),
      failsWith("RECEIPT_EXPIRED", "never"),
    );
    assert.deepEqual(await live.call("email_find", { receipt: lateReceipt, handle: lateHandle }), {
      state: "absent",
    });
    assert.equal((await setup.gmail.sentMessages()).length, 1);
  });

  it("a rehearsal leaves nothing in the mailbox and can never become real", async () => {
    const dry = await setup.start("live", { DEV_MODE: "true" });
    const args = setup.makeArgs();
    const receipt = setup.receipts.sign(args, { mode: "dry_run" });
    const { handle } = await dry.call<{ handle: string }>("email_prepare", { receipt, args });
    assert.match(handle, /^dry-/);
    assert.deepEqual(await dry.call("email_find", { receipt, handle }), { state: "absent" });
    const result = await dry.call("email_commit", { receipt, handle });
    assert.equal(result["message_id"], "dry-run");
    assert.deepEqual(await dry.call("email_commit", { receipt, handle }), result);
    await dry.stop();
    const live = await setup.start("live");
    for (const tool of ["email_commit", "email_find"]) {
      await assert.rejects(live.call(tool, { receipt, handle }), failsWith("RECEIPT_MISMATCH"));
    }
    assert.equal((await setup.gmail.rawMailbox()).length, 1);
  });
});

async function putDraft(handle: string, raw: string): Promise<void> {
  await setup.askGmail("PUT", `drafts/${handle}`, {
    message: { raw: Buffer.from(raw, "latin1").toString("base64url"), threadId: setup.source.threadId },
  });
}
