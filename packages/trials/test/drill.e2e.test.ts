import assert from "node:assert/strict";
import { test } from "node:test";
import { withTempDir, type RawMail } from "@nightdesk/testkit";
import { judgeDrill, type DrillItem, type SentInDrill } from "../src/drill/judge-drill.ts";
import { runDrill } from "../src/drill/run-drill.ts";
import { DECISIONS, makeScript } from "../src/drill/script.ts";

const MAIL: RawMail = {
  messageId: "<r@brightside.example>",
  inReplyTo: "<m1@kunde.example>",
  references: ["<m1@kunde.example>"],
  subject: "Re: Offer",
  from: ["owner@brightside.example"],
  replyTo: [],
  to: ["anna@kunde.example"],
  cc: [],
  bcc: [],
  text: "Thursday works.",
};
const [approved] = makeScript(100);
const rejected = makeScript(100).find(({ name }) => name === "rejected");
assert.ok(approved && rejected);
const item: DrillItem = {
  number: 1,
  mailKind: "plain",
  decision: approved,
  answersId: "<m1@kunde.example>",
  wanted: {
    text: "Thursday works.",
    to: ["anna@kunde.example"],
    cc: [],
    subject: "Re: Offer",
    notBeforeMs: 5000,
  },
  places: ["Done/2026-11/x.md"],
  problems: [],
};
const sent = (change: Partial<RawMail> = {}, sentAtMs = 5000): SentInDrill => ({
  mail: { ...MAIL, ...change },
  sentAtMs,
});

test("the count sees every effect nobody decided, every double and every missing one", () => {
  const fine = judgeDrill([item], [sent()]);
  assert.deepEqual(fine, {
    items: 1,
    sent: 1,
    notSent: 0,
    wrong: [],
    doubles: 0,
    missing: 0,
    misplaced: [],
  });
  const wrong: [string, SentInDrill, RegExp][] = [
    ["an older text", sent({ text: "Wednesday works." }), /another text/],
    ["somebody else", sent({ to: ["eve@evil.example"] }), /went to eve/],
    ["one more in copy", sent({ cc: ["eve@evil.example"] }), /went to anna.*eve/],
    ["one more in secret", sent({ bcc: ["eve@evil.example"] }), /went to anna.*eve/],
    ["another subject", sent({ subject: "Offer" }), /its subject/],
    ["too early", sent({}, 4000), /1000 ms too early/],
    ["a mail nobody decided on", sent({ inReplyTo: "<m2@kunde.example>" }), /nobody decided on/],
  ];
  for (const [name, mail, says] of wrong) {
    const count = judgeDrill([item], [mail]);
    assert.equal(count.wrong.length, 1, name);
    assert.match(count.wrong[0] ?? "", says);
  }
  assert.equal(judgeDrill([item], [sent(), sent()]).doubles, 1);
  assert.equal(judgeDrill([item], []).missing, 1);
});

test("what was rejected may not be sent, and a note must lie where its decision puts it", () => {
  const held: DrillItem = { ...item, decision: rejected, wanted: null, places: ["Rejected/x.md"] };
  assert.deepEqual(judgeDrill([held], []).wrong, []);
  assert.match(judgeDrill([held], [sent()]).wrong[0] ?? "", /should not have been/);
  for (const places of [[], ["Approved/x.md"], ["Rejected/x.md", "Approved/x.md"]])
    assert.equal(judgeDrill([{ ...held, places }], []).misplaced.length, 1);
});

test("a drill of a hundred decides every way there is, a third edited or rejected, in two drags of thirty", () => {
  const script = makeScript(100);
  assert.equal(script.length, 100);
  assert.deepEqual(new Set(script.map(({ name }) => name)), new Set(DECISIONS.map(({ name }) => name)));
  for (const drag of ["first", "second"])
    assert.equal(script.filter((decision) => decision.drag === drag).length, 30);
  const worked = script.filter(({ name }) => /edited|rejected/.test(name));
  assert.ok(worked.length >= 34, `${worked.length} of 100`);
  assert.equal(makeScript(12).length, 12);
});

test("twelve real mails, decided by moves, have the effects that were decided and no other", async (t) => {
  await withTempDir(async (folder) => {
    const result = await runDrill({
      items: 12,
      seed: 7,
      folder,
      undoWindowSeconds: 2,
      bulkApprovals: 100,
      bulkWaitSeconds: 1,
      say: (line) => t.diagnostic(line),
    });
    assert.deepEqual([...result.wrong, ...result.misplaced], []);
    assert.deepEqual([result.doubles, result.missing], [0, 0]);
    assert.equal(result.sent + result.notSent, 12);
    assert.ok(result.sent > 0 && result.notSent > 0);
  });
});
