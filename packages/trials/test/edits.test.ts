import assert from "node:assert/strict";
import { test } from "node:test";
import type { RawMail } from "@nightdesk/testkit";
import { withTempDir } from "@nightdesk/testkit";
import { judgeCase, type Seen, type Wanted } from "../src/edits/judge-case.ts";
import { makeCase } from "../src/edits/make-case.ts";
import { runEdits } from "../src/edits/run-edits.ts";
import { takeApart, writeVersion } from "../src/edits/write-version.ts";

const TEXT = "Hello Anna,\n\nThursday works.  ";
const BYTES = Buffer.from(`## Reply (edit here)\r\n\r\n${TEXT}\r\n\r\n## Feedback (only if you reject)\r\n`);
const MAIL: RawMail = {
  messageId: "<r@brightside.example>",
  inReplyTo: "<m@kunde.example>",
  references: ["<m@kunde.example>"],
  subject: "Re: Order",
  from: ["owner@brightside.example"],
  replyTo: [],
  to: ["anna@kunde.example"],
  cc: [],
  bcc: [],
  text: TEXT,
};
const wanted: Wanted = {
  text: TEXT,
  to: ["anna@kunde.example"],
  cc: [],
  subject: "Re: Order",
  sentence: null,
  comesBack: false,
  untouched: [],
  notBeforeMs: 1000,
};
const seen: Seen = {
  mails: [{ mail: MAIL, sentAtMs: 1000 }],
  notes: [{ path: "Done/2026-11/x.md", bytes: BYTES }],
  why: null,
};
const withMail = (change: Partial<RawMail>): Seen => ({
  ...seen,
  mails: [{ mail: { ...MAIL, ...change }, sentAtMs: 1000 }],
});

test("the judge takes what is as wanted, and nothing that differs by a single character or address", () => {
  assert.deepEqual(judgeCase(wanted, seen), { kind: "equal" });
  const wrong: [string, Seen][] = [
    ["a blank less at the end", withMail({ text: TEXT.trimEnd() })],
    ["half of it", withMail({ text: TEXT.slice(0, 12) })],
    ["composed letters taken apart", withMail({ text: TEXT.replace("Hello", "He\u0301llo") })],
    ["another recipient", withMail({ to: ["eve@evil.example"] })],
    ["one more in copy", withMail({ cc: ["eve@evil.example"] })],
    ["one more in secret", withMail({ bcc: ["eve@evil.example"] })],
    ["another subject", withMail({ subject: "Order" })],
    ["twice", { ...seen, mails: [...seen.mails, ...seen.mails] }],
    ["too early", { ...seen, mails: [{ mail: MAIL, sentAtMs: 999 }] }],
    ["a note that says something else", { ...seen, notes: [{ path: "Done/x.md", bytes: Buffer.from("") }] }],
    ["a note that is not in Done/", { ...seen, notes: [{ path: "Approved/x.md", bytes: BYTES }] }],
  ];
  for (const [name, other] of wrong) assert.equal(judgeCase(wanted, other).kind, "different", name);
  assert.equal(judgeCase(wanted, { ...seen, mails: [] }).kind, "lost");
});

test("what may not be sent counts only when it was not, the owner was told why, and his bytes are there", () => {
  const refused: Wanted = { ...wanted, text: null, sentence: /a gap/, untouched: [BYTES] };
  const aside: Seen = {
    mails: [],
    notes: [{ path: "Needs_Attention/x.md", bytes: BYTES }],
    why: "There is a gap.",
  };
  assert.deepEqual(judgeCase(refused, aside), { kind: "refusedAsExpected" });
  assert.equal(judgeCase(refused, { ...aside, mails: seen.mails }).kind, "different");
  assert.equal(judgeCase(refused, { ...aside, why: null }).kind, "different");
  assert.equal(judgeCase(refused, { ...aside, why: "Another reason." }).kind, "different");
  assert.equal(judgeCase(refused, { ...aside, notes: [] }).kind, "lost");
  const touched = [{ path: "Needs_Attention/x.md", bytes: Buffer.from(BYTES.toString().trimEnd()) }];
  assert.equal(judgeCase(refused, { ...aside, notes: touched }).kind, "lost");
});

test("a seed and a number are one case for ever, and cases differ", () => {
  assert.deepEqual(makeCase(7, 12), makeCase(7, 12));
  const texts = new Set(
    Array.from({ length: 200 }, (_, at) =>
      JSON.stringify([...makeCase(7, at).before, ...makeCase(7, at).after]),
    ),
  );
  assert.equal(texts.size, 200);
});

test("a version is the note with another text in it, whatever it looks like otherwise", () => {
  const note = [
    "---",
    'summary: "asks: for a date"',
    "rev: 1",
    'to: ["anna@kunde.example"]',
    "send_at:",
    "---",
    "> [!todo] Reply",
    "",
    "## Reply (edit here)",
    "",
    "Hello",
    "",
    "## Feedback (only if you reject)",
    "",
    "> [!quote]- Original",
    "> Hi",
    "",
  ].join("\n");
  assert.deepEqual(takeApart(note).region, ["", "Hello", ""]);
  let reflowed = 0;
  for (let seed = 0; seed < 200; seed += 1) {
    const written = writeVersion(note, { text: TEXT, seed, spoil: null }).toString("utf8");
    assert.ok(written.replace(/\r\n?/g, "\n").includes(TEXT), written);
    if (!written.includes('summary: "asks: for a date"')) reflowed += 1;
  }
  assert.ok(reflowed > 50, `${reflowed} of 200 have other details`);
});

test("forty owner's edits go out as they were left, or are refused with the reason", async () => {
  await withTempDir(async (path) => {
    const result = await runEdits({ seed: 20261121, count: 40, folder: path });
    assert.deepEqual(result.failures, []);
    assert.equal(result.equal + result.refusedAsExpected, 40);
    assert.ok(result.refusedAsExpected > 0, "some of them may not be sent");
    assert.equal(result.strays, 0);
  });
});
