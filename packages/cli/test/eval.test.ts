import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import { runCli } from "./run-cli.ts";

const folder = mkdtempSync(join(tmpdir(), "nightdesk-eval-"));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
function write(lines: readonly unknown[]): string {
  const path = join(folder, `${(files += 1)}.jsonl`);
  writeFileSync(
    path,
    lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
  );
  return path;
}
const read = (path: string) =>
  readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line): Record<string, unknown> => JSON.parse(line));

async function judge(lines: readonly unknown[], ...more: string[]) {
  const out = join(folder, `out-${(files += 1)}.jsonl`);
  const ran = await runCli(["eval", "triage", "--in", write(lines), "--out", out, ...more]);
  return { ...ran, path: out };
}

const MAIL = {
  from: "Berg, Anna <anna.berg@kunde.example>",
  to: "shop@firma.example",
  subject: "Water",
  date: "2026-03-11T10:20:00+01:00",
  body: "Water is dripping through the ceiling of the shop.",
};
const RAW = `From: "Berg, Anna" <anna.berg@kunde.example>\r\nTo: shop@firma.example\r\nSubject: Water\r\nDate: Wed, 11 Mar 2026 10:20:00 +0100\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(MAIL.body).toString("base64")}\r\n`;

it("a mail given as fields and the same mail given as bytes are judged alike, in the order of the lines", async () => {
  const { code, out, path } = await judge([
    { id: "fields", ...MAIL },
    { id: "bytes", raw: Buffer.from(RAW).toString("base64") },
    { id: 3, ...MAIL, headers: { "List-Unsubscribe": "<mailto:x@y.example>" }, body: "20 % off. Order now!" },
  ]);
  assert.equal(code, 0, out);
  const judged = read(path);
  assert.deepEqual(
    judged.map((one) => [one["id"], one["category"], one["spam"], one["phishing"]]),
    [
      ["fields", "urgent", false, false],
      ["bytes", "urgent", false, false],
      ["3", "promotion", false, false],
    ],
  );
  const keys = ["id", "category", "spam", "phishing", "confidence", "reason"];
  for (const one of judged) assert.deepEqual(Object.keys(one), keys);
  assert.equal(JSON.parse(out.split("\n").at(-1) ?? "").mails, 3);
});

it("whose mailbox it is follows from the other mails, so a question in a copy is somebody else's", async () => {
  const copy = { ...MAIL, to: "zoe@venue.example", headers: { Cc: "shop@firma.example" }, subject: "Menu" };
  const { path } = await judge([
    { id: "a", ...MAIL },
    { id: "b", ...MAIL },
    { id: "copy", ...copy, body: "Hi Zoe, could you confirm the two menus?" },
  ]);
  assert.equal(read(path)[2]?.["category"], "fyi");
});

for (const [what, lines, found] of [
  ["is no JSON", [{ id: 1, ...MAIL }, "{"], /line 2: it is not JSON/],
  ["has no id", [MAIL], /line 1: /],
  [
    "has an id twice",
    [
      { id: "x", ...MAIL },
      { id: "x", ...MAIL },
    ],
    /line 2: the id "x" was already used in line 1/,
  ],
  ["is no base64", [{ id: "x", raw: "@@@" }], /line 1: /],
] as const) {
  it(`a line that ${what} is named by its number, and nothing is written`, async () => {
    const { code, err } = await judge(lines);
    assert.equal(code, 1);
    assert.match(err, found);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith("out-") && name.endsWith("unfinished")),
      [],
    );
  });
}

it("a file that is not there, a provider that is unknown and missing options are told in one sentence", async () => {
  const none = join(folder, "none.jsonl");
  const cases: [string[], number, RegExp][] = [
    [["eval", "triage", "--in", none, "--out", join(folder, "o.jsonl")], 1, /cannot be read/],
    [
      ["eval", "triage", "--in", write([]), "--out", join(folder, "o.jsonl"), "--provider", "magic"],
      1,
      /must be/,
    ],
    [["eval", "triage"], 2, /--in and --out is missing/],
    [["eval", "score", "--gold", none, "--pred", none], 1, /cannot be read/],
    [["eval", "taste"], 2, /eval knows no "taste"/],
  ];
  for (const [argv, expected, found] of cases) {
    const { code, err } = await runCli(argv);
    assert.deepEqual([code, err.split("\n").length], [expected, 1], err);
    assert.match(err, found);
  }
});

it("the score counts exact, neighbours, recall and flags as defined, and ends with one line of JSON", async () => {
  const gold = write([
    { id: "a", category: "urgent", spam: false, phishing: false },
    { id: "b", category: "needs_reply", spam: false, phishing: false },
    { id: "c", category: "personal", spam: true, phishing: true },
    { id: "d", category: "promotion", spam: true, phishing: false },
  ]);
  const pred = write([
    { id: "a", category: "urgent", spam: false, phishing: true },
    { id: "b", category: "urgent", spam: true, phishing: false },
    { id: "c", category: "promotion", spam: true, phishing: true },
    { id: "d", category: "promotion", spam: false, phishing: false },
    { id: "extra", category: "fyi", spam: false, phishing: false },
  ]);
  const { code, out } = await runCli(["eval", "score", "--gold", gold, "--pred", pred]);
  assert.equal(code, 0);
  const score = JSON.parse(out.split("\n").at(-1) ?? "");
  assert.deepEqual(
    [score.mails, score.exact, score.within_one_bucket, score.urgent_share, score.unlabelled],
    [4, 0.5, 0.75, 0.5, 1],
  );
  assert.deepEqual([score.recall.urgent, score.recall.needs_reply, score.recall.fyi], [1, 0, null]);
  assert.deepEqual([score.spam.precision, score.spam.recall], [0.5, 0.5]);
  assert.deepEqual([score.phishing.precision, score.phishing.recall], [0.5, 1]);
  assert.equal(score.confusion.personal.promotion, 1);
});

it("labels without a judgement are refused by name", async () => {
  const gold = write([{ id: "a", category: "urgent" }]);
  const { code, err } = await runCli(["eval", "score", "--gold", gold, "--pred", write([])]);
  assert.equal(code, 1);
  assert.match(err, /1 ids that .* lacks: a\./);
});

it("on the mails the rules were tuned on they stay above their bars", async () => {
  const dev = join(import.meta.dirname, "../../trials/data/triage/dev.jsonl");
  const out = join(folder, "dev.jsonl");
  await runCli(["eval", "triage", "--in", dev, "--out", out]);
  const score = JSON.parse(
    (await runCli(["eval", "score", "--gold", dev, "--pred", out])).out.split("\n").at(-1) ?? "",
  );
  assert.ok(score.exact >= 0.75, `exact ${score.exact}`);
  assert.ok(score.recall.urgent >= 0.95, `urgent recall ${score.recall.urgent}`);
  assert.ok(score.urgent_share <= 0.3, `called urgent ${score.urgent_share}`);
});
