import assert from "node:assert/strict";
import { test } from "node:test";
import {
  findActiveContent,
  findPlaceholder,
  neutralise,
  parseNote,
  renderNote,
  toDraftText,
  type TaskNote,
} from "../src/index.ts";
import { kinds, sampleReply } from "./generators.ts";

/** Each of these is text that is sent and that Obsidian does not show, or shows as something else. */
const HIDDEN: Readonly<Record<string, string>> = {
  "a folded callout": "Yes.\n\n> [!note]- Regards\n> We accept 10,000 EUR.",
  "a folded callout in a list": "- > [!note]- x\n  > hidden",
  "a link definition in a list": '- [a]: x "hidden"',
  "a link definition over two lines": '[a\nb]: x "hidden"',
  "a link definition with a bracket in its name": '[a\\]b]: x "hidden"',
  "a table's cell without a head": "| a | b |\n|---|---|\n| 1 | 2 | hidden |",
  "a table without outer bars": "a|b\n:-|-:\n1|2|hidden",
  "a block's name": "Yes. ^we-also-pay-1000-EUR",
  "a character reference": "Pay &#49;000 EUR&zwnj;",
  "blank lines made of wide blanks": `Hi${"\n\u3000".repeat(300)}\nhidden far below`,
  "characters without width": "a\u{1bca0}\ufff0\u{16fe4}\u{13430}b",
};

for (const [name, text] of Object.entries(HIDDEN)) {
  test(`text hidden by ${name} is found and made visible`, () => {
    assert.notDeepEqual(findActiveContent(text), []);
    assert.deepEqual(findActiveContent(neutralise(text)), []);
  });
}

test("ordinary text is left as it is, also in languages that need joiners", () => {
  for (const text of ["می‌خواهم", "ශ්‍රී ලංකා", "$5 and $6", "👩‍💻 ❤️ 1️⃣", "a | b", "- - -", "+---+---+", "R&D"]) {
    assert.equal(neutralise(text), text);
  }
});

test("a megabyte made to keep the rules busy takes less than a second of computing", () => {
  for (const piece of [
    "[!",
    "[!a",
    "]:",
    "|",
    "|-",
    " |",
    "^a",
    "&#",
    "&a",
    "\n\u3000",
    "\u200c",
    "\u0627\u200c",
  ]) {
    const text = piece.repeat(Math.ceil(2 ** 20 / piece.length));
    // Computing time, not the clock's: other work on the machine must not decide this.
    const before = process.cpuUsage();
    neutralise(text);
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 1_000_000, `${JSON.stringify(piece)} takes too long`);
  }
});

const note: TaskNote = { ...sampleReply, text: "" };

test("a text to send cannot look as if it ended before its end", () => {
  for (const line of [
    "## Feedback (only if you reject):",
    "> ### Feedback (only if you reject) ##",
    "# Reply (edit here).",
    "> [!quote]- Original, an inert copy (links are disarmed)",
  ]) {
    const text = `Yes.\n\n${line}\n\n> We accept 10,000 EUR.`;
    assert.throws(
      () => parseNote(renderNote({ ...note, text }, kinds), kinds),
      { code: "NOTE_REGIONS" },
      line,
    );
    const safe = toDraftText(text);
    assert.equal(parseNote(renderNote({ ...note, text: safe }, kinds), kinds).text, safe);
  }
});

test("a gap is found as it was written and as it looks once it is inert", () => {
  for (const gap of [
    "[[price]]",
    "{{customer_name}}",
    "[your name]",
    "[insert amount]",
    "Name: ______",
    "TBD",
    "[Preis einfügen]",
    "[Betrag]",
    "[Ihr Name]",
    "[bitte Datum ergänzen]",
    "[hier Lieferzeit eintragen]",
    "(bitte einfügen)",
    "{Firma}",
    "[insérer le prix]",
    "[votre nom]",
    "[montant à préciser]",
    "[insertar precio]",
    "[su nombre]",
    "[fecha de entrega]",
    "[XX]",
  ]) {
    assert.notEqual(findPlaceholder(`We ask ${gap} for it.`), null, gap);
    assert.notEqual(findPlaceholder(toDraftText(`We ask ${gap} for it.`)), null, gap);
  }
  assert.notEqual(findPlaceholder(toDraftText("It costs <your price>.")), null);
});

test("ordinary text is not taken for a gap", () => {
  for (const text of [
    "See [1] and [2].",
    "Im Anhang: [Dateien] und [Datenblatt]",
    "Er sagte ‹hallo› dazu.",
    "_".repeat(32),
    "Anna Berg ‹anna@kunde.example>",
    "| a | b |",
    "[ ] done",
    "Wir werden das Angebot ergänzen (siehe Anlage).",
    "[...] und weiter im Text",
    "[Angebot 2291] liegt bei",
    "Ihr Name steht auf der Liste.",
    "(sous réserve de stock)",
    "[our page](https://firma.example)",
    "100 EUR (please add 19 % VAT), enter by the back door (please enter quietly)",
    "[namens der Firma]",
  ]) {
    assert.equal(findPlaceholder(text), null, text);
  }
});
