import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { failsWith, openLive, type LiveSetup } from "./helpers/open-live.ts";

let setup: LiveSetup;

beforeEach(async () => {
  setup = await openLive();
});
afterEach(() => setup.close());

describe("when answers get lost", () => {
  it("a lost answer to sending is ambiguous, and looking finds the mail", async () => {
    const live = await setup.start("live");
    const args = setup.makeArgs();
    const receipt = setup.receipts.sign(args);
    const { handle } = await live.call("email_prepare", { receipt, args });
    await setup.gmail.faults.add({ match: { path: /drafts\/send$/ }, kind: "lost-reply", times: 1 });
    await assert.rejects(
      live.call("email_commit", { receipt, handle }),
      failsWith("SEND_OUTCOME_UNKNOWN", "ambiguous"),
    );
    const found = await live.call("email_find", { receipt, handle });
    const [sent] = await setup.gmail.sentMessages();
    assert.equal(found["state"], "done");
    assert.equal(found["message_id"], sent?.messageId);
    assert.equal((await live.call("email_commit", { receipt, handle }))["message_id"], sent?.messageId);
    assert.equal((await setup.gmail.sentMessages()).length, 1);
  });

  it("a lost answer with a restart in between is found as well, by a commit too", async () => {
    const live = await setup.start("live");
    const args = setup.makeArgs();
    const receipt = setup.receipts.sign(args);
    const { handle } = await live.call("email_prepare", { receipt, args });
    await setup.gmail.faults.add({ match: { path: /drafts\/send$/ }, kind: "lost-reply", times: 1 });
    await assert.rejects(live.call("email_commit", { receipt, handle }), failsWith("SEND_OUTCOME_UNKNOWN"));
    await live.stop();
    const again = await setup.start("live");
    const [sent] = await setup.gmail.sentMessages();
    assert.equal((await again.call("email_commit", { receipt, handle }))["message_id"], sent?.messageId);
    assert.equal((await setup.gmail.sentMessages()).length, 1);
  });

  for (const status of [500, 502, 503]) {
    it(`a ${status} to sending is ambiguous and is not repeated`, async () => {
      const live = await setup.start("live");
      const args = setup.makeArgs();
      const receipt = setup.receipts.sign(args);
      const { handle } = await live.call("email_prepare", { receipt, args });
      const id = await setup.gmail.faults.add({ match: { path: /drafts\/send$/ }, kind: "status", status });
      await assert.rejects(
        live.call("email_commit", { receipt, handle }),
        failsWith("SEND_OUTCOME_UNKNOWN", "ambiguous"),
      );
      const report = (await setup.gmail.faults.list()).find((rule) => rule.id === id);
      assert.equal(report?.hits, 1);
      assert.deepEqual(await live.call("email_find", { receipt, handle }), { state: "absent" });
    });
  }

  it("a 429 to sending is safe to repeat", async () => {
    const live = await setup.start("live");
    const args = setup.makeArgs();
    const receipt = setup.receipts.sign(args);
    const { handle } = await live.call("email_prepare", { receipt, args });
    await setup.gmail.faults.add({ match: { path: /drafts\/send$/ }, kind: "status", status: 429, times: 1 });
    await assert.rejects(live.call("email_commit", { receipt, handle }), failsWith("GMAIL_BUSY", "safe"));
    await live.call("email_commit", { receipt, handle });
    assert.equal((await setup.gmail.sentMessages()).length, 1);
  });

  it("an access token that ended early does not stop a reply", async () => {
    const live = await setup.start("live");
    const args = setup.makeArgs();
    const receipt = setup.receipts.sign(args);
    const { handle } = await live.call("email_prepare", { receipt, args });
    const stop = await setup.gmail.onRequest(async ({ phase, path }) => {
      if (phase === "before" && path.endsWith("drafts/send")) {
        await stop();
        await setup.gmail.tokens.expireAll();
      }
    });
    await live.call("email_commit", { receipt, handle });
    assert.equal((await setup.gmail.sentMessages()).length, 1);
  });

  for (const kind of ["lost-reply", "reset-before"] as const) {
    it(`a draft's ${kind} leaves one draft after preparing again`, async () => {
      const live = await setup.start("live");
      const args = setup.makeArgs();
      const receipt = setup.receipts.sign(args);
      await setup.gmail.faults.add({ match: { method: "POST", path: /drafts$/ }, kind, times: 1 });
      await assert.rejects(
        live.call("email_prepare", { receipt, args }),
        failsWith("GMAIL_UNREACHABLE", "safe"),
      );
      const { handle } = await live.call("email_prepare", { receipt, args });
      assert.equal(await setup.countDrafts(), 1);
      await live.call("email_commit", { receipt, handle });
      assert.equal((await setup.gmail.sentMessages()).length, 1);
      assert.equal(await setup.countDrafts(), 0);
    });
  }

  it("a lost draft with a changed subject, in a thread of its own, is taken up again too", async () => {
    const live = await setup.start("live");
    const args = setup.makeArgs({ subject: "Your offer" });
    const receipt = setup.receipts.sign(args);
    await setup.gmail.faults.add({
      match: { method: "POST", path: /drafts$/ },
      kind: "lost-reply",
      times: 1,
    });
    await assert.rejects(live.call("email_prepare", { receipt, args }), failsWith("GMAIL_UNREACHABLE"));
    const { handle } = await live.call("email_prepare", { receipt, args });
    assert.equal(await setup.countDrafts(), 1);
    await setup.gmail.faults.add({ match: { path: /drafts\/send$/ }, kind: "lost-reply", times: 1 });
    await assert.rejects(live.call("email_commit", { receipt, handle }), failsWith("SEND_OUTCOME_UNKNOWN"));
    assert.equal((await live.call("email_find", { receipt, handle }))["state"], "done");
  });
});
