import assert from "node:assert/strict";
import { test } from "node:test";
import { NightdeskError, parseNote, renderNote, splitNote } from "../src/index.ts";
import { kinds, sampleReply as note } from "./generators.ts";

const good = renderNote(note, kinds);

function refusal(text: string): NightdeskError {
  let thrown: unknown;
  try {
    parseNote(text, kinds);
  } catch (error) {
    thrown = error;
  }
  assert.ok(NightdeskError.is(thrown), "the note was accepted");
  return thrown;
}

const cases: [name: string, text: string, code: string, says: RegExp][] = [
  ["no front matter", "# hello", "NOTE_MALFORMED", /does not begin with its details/],
  ["front matter without an end", good.replace("\n---\n", "\n"), "NOTE_MALFORMED", /have no end/],
  [
    "an unknown key",
    good.replace("rev: 1", "rev: 1\nbcc: evil@x.example"),
    "NOTE_UNKNOWN_KEY",
    /unknown: bcc/,
  ],
  ["a key twice", good.replace("rev: 1", "rev: 1\nrev: 2"), "NOTE_MALFORMED", /cannot be read/],
  [
    "an alias",
    good.replace("rev: 1", "rev: &a 1\nconfidence: *a"),
    "NOTE_MALFORMED",
    /references|cannot be read/,
  ],
  [
    "a tag",
    good.replace('summary: "asks', 'summary: !!js/function "asks'),
    "NOTE_MALFORMED",
    /cannot be read/,
  ],
  ["no recipient", good.replace('to: ["anna@kunde.example"]', "to: []"), "NOTE_MALFORMED", /"to"/],
  [
    "recipients that are not a list",
    good.replace('to: ["anna@kunde.example"]', 'to: "anna@kunde.example"'),
    "NOTE_MALFORMED",
    /"to"/,
  ],
  [
    "an unknown kind",
    good.replace("kind: email_reply", "kind: wire_transfer"),
    "NOTE_MALFORMED",
    /kind is missing or unknown: wire_transfer/,
  ],
  [
    "two editable regions",
    good.replace("## Feedback", "## Reply (edit here)\n\nother\n\n## Feedback"),
    "NOTE_REGIONS",
    /2 times/,
  ],
  ["no editable region", good.replace("## Reply (edit here)", "## Reply"), "NOTE_REGIONS", /is missing/],
  ["no feedback heading", good.replace("## Feedback (only if you reject)", ""), "NOTE_REGIONS", /is missing/],
  ["a note larger than the limit", good + "x".repeat(300_000), "NOTE_TOO_LARGE", /larger than 256 KB/],
];

for (const [name, text, code, says] of cases) {
  test(`a note with ${name} is refused with a sentence the owner understands`, () => {
    assert.notEqual(text, good, "the case changes nothing");
    const error = refusal(text);
    assert.equal(error.code, code);
    assert.match(error.message, says);
  });
}

test("front matter in a language that runs code is never handed to a parser", () => {
  for (const opening of [
    "---js",
    "---javascript",
    "---JS",
    "---json",
    "---coffee",
    "---toml",
    "---constructor",
    "---toString",
    "--- js",
    "---yaml",
  ]) {
    assert.throws(
      () => splitNote(`${opening}\n{ "x": globalThis.ran = true }\n---\nbody`),
      { code: "NOTE_MALFORMED" },
      opening,
    );
  }
  assert.throws(() => splitNote("---\na: 1\n---hidden\nb: 2\n---\n"), { code: "NOTE_MALFORMED" });
  assert.equal((globalThis as { ran?: boolean }).ran, undefined);
});

test("an owner's tags and an empty property do not break a note", () => {
  const edited = good.replace("rev: 1", 'rev: 1\ntags: [work]\naliases:\nfeedback: ""');
  assert.deepEqual(parseNote(edited, kinds), note);
});

test("the front matter as Obsidian writes it back means the same", () => {
  const reflowed = good
    .replace('to: ["anna@kunde.example"]', "to:\n  - anna@kunde.example")
    .replace("id: em_0123456789abcdef", 'id: "em_0123456789abcdef"')
    .replace(/\n/g, "\r\n");
  assert.deepEqual(parseNote(reflowed, kinds), note);
});

test("a note that begins with a byte order mark is the same note", () => {
  assert.deepEqual(parseNote(`\ufeff${good}`, kinds), note);
});

test("a single CR ends a line of the reply, as the owner's editor shows it", () => {
  const text = note.text ?? "";
  const edited = good.replace(text, `${text}\rone more\r\r\nand the last`);
  assert.equal(parseNote(edited, kinds).text, `${text}\none more\n\nand the last`);
});
