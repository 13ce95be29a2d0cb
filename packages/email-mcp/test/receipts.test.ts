import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import type { SignedReceipt } from "@nightdesk/claim-lib";
import { failsWith, openLive, type LiveSetup } from "./helpers/open-live.ts";

let setup: LiveSetup;

beforeEach(async () => {
  setup = await openLive();
});
afterEach(() => setup.close());

describe("without a good receipt nothing is made", () => {
  const cases: [string, string, (args: object) => unknown][] = [
    ["a missing one", "RECEIPT_MISSING", () => undefined],
    ["a malformed one", "RECEIPT_MALFORMED", () => ({ receipt: 7 })],
    ["one signed by another key", "RECEIPT_FORGED", (args) => setup.receipts.forge(args)],
    ["one whose text was changed", "RECEIPT_FORGED", (args) => tamper(setup.receipts.sign(args))],
    [
      "an expired one",
      "RECEIPT_EXPIRED",
      (args) => setup.receipts.sign(args, { expires_at: "2026-01-01T00:00:00Z" }),
    ],
    ["one for other words", "RECEIPT_MISMATCH", () => setup.receipts.sign(setup.makeArgs({ body: "Yes" }))],
    [
      "one for other recipients",
      "RECEIPT_MISMATCH",
      () => setup.receipts.sign(setup.makeArgs({ to: ["x@y.example"] })),
    ],
    [
      "one of another account",
      "RECEIPT_MISMATCH",
      (args) => setup.receipts.sign(args, { account: "b@c.example" }),
    ],
    [
      "one of another channel",
      "RECEIPT_MISMATCH",
      (args) => setup.receipts.sign(args, { channel: "social" }),
    ],
    ["one for another tool", "RECEIPT_MISMATCH", (args) => setup.receipts.sign(args, { tool: "post" })],
    ["one of a rehearsal", "RECEIPT_MISMATCH", (args) => setup.receipts.sign(args, { mode: "dry_run" })],
  ];
  for (const [name, expected, make] of cases) {
    it(`${name} is refused as ${expected}`, async () => {
      const live = await setup.start("live");
      const args = setup.makeArgs();
      const receipt = make(args);
      await assert.rejects(live.call("email_prepare", { receipt, args }), failsWith(expected, "never"));
      assert.equal(await setup.countDrafts(), 0);
      if (name === "an expired one" || name.startsWith("one for other")) return;
      for (const tool of ["email_commit", "email_find", "email_discard"]) {
        await assert.rejects(live.call(tool, { receipt, handle: "r1" }), failsWith(expected, "never"));
      }
    });
  }

  it("a receipt does not open a draft that was made for another one", async () => {
    const live = await setup.start("live");
    const args = setup.makeArgs();
    const other = setup.makeArgs({ body: "Something else" });
    const receipt = setup.receipts.sign(args);
    const { handle } = await live.call("email_prepare", { receipt, args });
    const second = setup.receipts.sign(other);
    await live.call("email_prepare", { receipt: second, args: other });
    await assert.rejects(
      live.call("email_commit", { receipt: second, handle }),
      failsWith("HANDLE_NOT_BOUND", "never"),
    );
    await assert.rejects(
      live.call("email_commit", { receipt, handle: "r-foreign" }),
      failsWith("HANDLE_NOT_BOUND"),
    );
    assert.equal((await setup.gmail.sentMessages()).length, 0);
  });

  it("a receipt used once cannot be used for other words", async () => {
    const live = await setup.start("live");
    const args = setup.makeArgs();
    const receipt = setup.receipts.sign(args);
    const { handle } = await live.call("email_prepare", { receipt, args });
    await live.call("email_commit", { receipt, handle });
    const other = setup.makeArgs({ body: "Other words" });
    await assert.rejects(live.call("email_prepare", { receipt, args: other }), failsWith("RECEIPT_MISMATCH"));
    assert.deepEqual(await live.call("email_prepare", { receipt, args }), { handle });
    assert.equal((await setup.gmail.sentMessages()).length, 1);
  });

  it("without the laptop's key everything is refused, and reading goes on", async () => {
    const live = await setup.start("live", { STATE_PATH: `${setup.statePath}/other` });
    const args = setup.makeArgs();
    const receipt = setup.receipts.sign(args);
    await assert.rejects(live.call("email_prepare", { receipt, args }), failsWith("RECEIPT_KEY_MISSING"));
    assert.equal((await live.call("email_profile"))["account"], setup.gmail.address);
  });

  it("recipients that are not plain addresses are refused although approved", async () => {
    const live = await setup.start("live");
    for (const bad of [
      "b@x.example\r\nBcc: evil@x.example",
      "grp: evil@x.example, c@x.example;",
      "evil@x.example, jo@customer.example",
      '"a b"@x.example',
      "Jo <jo@customer.example>",
      "jo@customer.example(x)",
      "jö@customer.example",
      "jo@[127.0.0.1]",
    ]) {
      const args = setup.makeArgs({ to: [bad] });
      const receipt = setup.receipts.sign(args);
      await assert.rejects(
        live.call("email_prepare", { receipt, args }),
        failsWith("RECIPIENT_INVALID", "never"),
        bad,
      );
    }
    assert.equal(await setup.countDrafts(), 0);
  });

  it("a source that is not in the approved thread is refused", async () => {
    const live = await setup.start("live");
    const args = setup.makeArgs({ thread_id: "thr_other" });
    await assert.rejects(
      live.call("email_prepare", { receipt: setup.receipts.sign(args), args }),
      failsWith("SOURCE_MISMATCH", "never"),
    );
    const gone = setup.makeArgs({ source_message_id: "msg_gone" });
    await assert.rejects(
      live.call("email_prepare", { receipt: setup.receipts.sign(gone), args: gone }),
      failsWith("GMAIL_NOT_FOUND", "never"),
    );
    assert.equal(await setup.countDrafts(), 0);
  });
});

function tamper(signed: SignedReceipt): SignedReceipt {
  return { ...signed, receipt: signed.receipt.replace('"rev":1', '"rev":2') };
}
