import assert from "node:assert/strict";
import { test } from "node:test";
import {
  findActiveContent,
  neutralise,
  parseNote,
  renderNote,
  toDraftText,
  type TaskNote,
} from "../src/index.ts";
import { kinds, sampleReply } from "./generators.ts";

/** Each looks, to an owner, like one of the marks a note is taken apart by. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  "the heading itself": "## Feedback (only if you reject)",
  "a heading made by a line under it": "Reply (edit here)\n====",
  "a heading over two lines": "Reply\n(edit here)\n---",
  "other spaces": "##\u00a0Reply\u2003(edit\u00a0here)",
  "letters of another alphabet": "## Rерlу (еdіt hеrе)",
  "wide letters": "## Ｒｅｐｌｙ （ｅｄｉｔ ｈｅｒｅ）",
  "mathematical letters": "𝐅𝐞𝐞𝐝𝐛𝐚𝐜𝐤 (𝐨𝐧𝐥𝐲 𝐢𝐟 𝐲𝐨𝐮 𝐫𝐞𝐣𝐞𝐜𝐭)",
  "bold words": "**Feedback (only if you reject)**",
  "accents and digits": "Rép1y (édit hére)",
  "the title of the copy": "> Original, an inert copy (links are disarmed)",
};

for (const [name, text] of Object.entries(LOOKALIKES)) {
  test(`a forged mark is broken in a mail and in a draft, and refused in a note: ${name}`, () => {
    assert.notDeepEqual(findActiveContent(text), []);
    assert.doesNotMatch(neutralise(text), /edit here|only if you reject|links are disarmed/i);
    const forged = renderNote({ ...sampleReply, text: `Yes.\n\n${text}\n\nMore.` }, kinds);
    assert.throws(() => parseNote(forged, kinds), { code: "NOTE_REGIONS" });
    const draft = renderNote({ ...sampleReply, text: toDraftText(`Yes.\n\n${text}\n\nMore.`) }, kinds);
    assert.match(parseNote(draft, kinds).text ?? "", /More\.$/);
  });
}

test("a forged mark is cut out whole: no half of a character is left", () => {
  for (const [, text] of Object.entries(LOOKALIKES)) assert.ok(neutralise(`a${text}b`).isWellFormed(), text);
});

test("ordinary words near our marks stay as they are", () => {
  for (const text of [
    "Please edit here and there, and reply soon.",
    "Your feedback helps us.",
    "You pay only if you accept.",
    "We reply; edits are free (only if you ask).",
  ]) {
    assert.equal(neutralise(text), text);
  }
});

/** Marks of ours count once and in their place; anywhere else they are somebody's trick. */
test("a note's own marks are let through where they belong, and nowhere else", () => {
  const note: TaskNote = { ...sampleReply, fields: { ...sampleReply.fields, notice: "Look here" } };
  assert.deepEqual(findActiveContent(renderNote(note, kinds)), []);
  const tricks: TaskNote[] = [
    { ...note, text: "> [!todo] moving this note sends nothing" },
    { ...note, text: "Yes.\n\n> [!warning] checked by this laptop" },
    { ...note, original: "> [!todo] x" },
    { ...note, original: "[!warning] x" },
    { ...note, original: "===" },
    { ...note, original: "words\n---" },
    { ...note, original: "# Verified" },
    { ...note, fields: { ...note.fields, category: "[[Approved/x]]" } },
  ];
  for (const trick of tricks)
    assert.notDeepEqual(findActiveContent(renderNote(trick, kinds)), [], JSON.stringify(trick));
});

test("what only a picky parser links, counts or joins is disarmed as well", () => {
  for (const text of [
    "_http://evil.example/x",
    "1https://evil.example",
    "_obsidian://new?file=x",
    "www.evil.example",
    "| a |\n:-:\n| 1 | hidden |",
    "$a\nb$",
    "[risk:: low]",
    `Z${"\u0335\u0321".repeat(20)}`,
  ]) {
    assert.notDeepEqual(findActiveContent(text), [], text);
    assert.deepEqual(findActiveContent(neutralise(text)), [], text);
  }
});

test("two harmless lines on top of a note do not become a formula together", () => {
  const { to: _to, cc: _cc, subject: _subject, ...fields } = sampleReply.fields;
  const note: TaskNote = {
    ...sampleReply,
    text: null,
    fields: { ...fields, kind: "email", source_from: "$a", summary: "b$" },
  };
  const text = renderNote(note, kinds);
  assert.deepEqual(findActiveContent(text), []);
  assert.equal(renderNote(parseNote(text, kinds), kinds), text);
});
