import { fail } from "./errors.ts";
import { findForgedMarks, splitAtOwnMarks } from "./markers.ts";

/**
 * Text from outside, made inert for Obsidian: nothing in it is run, loaded, hidden or dressed by the
 * reader or by a plugin. One table of rules; `neutralise` applies them until none matches, so that
 * "is inert" and "neutralise leaves it alone" are the same statement.
 */
interface Rule {
  /** A short name for the log and the owner's sentence. */
  name: string;
  pattern: RegExp;
  replace: string | ((match: string, ...groups: string[]) => string);
  /** Matters in a task note only, whose form it would imitate; a plan or a report may have headings. */
  isForm?: true;
}

/* eslint-disable no-control-regex, no-misleading-character-class -- these characters are what is looked for */
const RULES: readonly Rule[] = [
  { name: "line ending", pattern: /\r\n?|[\u0085\u2028\u2029\v\f]/gu, replace: "\n" },
  {
    name: "control character",
    pattern: /[\u0000-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f]/gu,
    replace: "",
  },
  {
    // Bidi controls reorder what is read; zero-width characters and tags carry text nobody sees.
    name: "invisible or reordering character",
    pattern:
      /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffc\u{13430}-\u{1343f}\u{16fe4}\u{1bca0}-\u{1bca3}\u{1d159}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu,
    replace: "",
  },
  // A joiner is part of many emoji, and of the spelling of Persian and Indic words; anywhere else it is invisible text.
  {
    name: "invisible joiner",
    pattern:
      /(?<![\p{Extended_Pictographic}\p{Emoji_Modifier}]\ufe0f?|[\p{Script=Arabic}\u0900-\u0dff])\u200d|\u200d(?![\p{Extended_Pictographic}\p{Script=Arabic}\u0900-\u0dff])|(?<![\p{Script=Arabic}\u0900-\u0dff])\u200c|\u200c(?![\p{Script=Arabic}\u0900-\u0dff])/gu,
    replace: "",
  },
  {
    name: "variation selector",
    pattern: /(?<![\p{Extended_Pictographic}0-9#*])[\ufe00-\ufe0f]/gu,
    replace: "",
  },
  // Fences and inline code are where plugins look for programs (dataviewjs, Templater, Meta Bind, `= query`).
  { name: "code", pattern: /`/gu, replace: "'" },
  { name: "code fence", pattern: /~{3,}/gu, replace: "--" },
  { name: "hidden comment", pattern: /%%/gu, replace: "% %" },
  { name: "HTML or Templater", pattern: /<(?=[A-Za-z/!?%])/gu, replace: "‹" },
  { name: "Templater", pattern: /%>/gu, replace: "%›" },
  { name: "embed", pattern: /!(?=\[)/gu, replace: "! " },
  { name: "wiki link", pattern: /\[(?=\[)/gu, replace: "[ " },
  { name: "link", pattern: /\](?=[([])/gu, replace: "] " },
  // Wherever it stands (in a list, over two lines, with a bracket in its name): what defines a link is not shown.
  { name: "link definition", pattern: /\](?=:)/gu, replace: "] " },
  // Folded away it hides what it holds; open, it could pass for one of the note's own.
  { name: "callout", pattern: /\[!/gu, replace: "[ !" },
  // A heading makes words of a stranger look like a part of the note. The sign is kept, in its wide form.
  {
    name: "heading",
    isForm: true,
    pattern: /^((?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])))*[ \t]*)#(?=#{0,5}(?:[ \t]|$))/gmu,
    replace: "$1＃",
  },
  // A line of these under words makes them a heading, and at the top of the copy would unfold it.
  {
    name: "underlined heading",
    isForm: true,
    pattern: /^([ \t>]*)(-+|=+)(?=[ \t]*$)/gmu,
    replace: (_match, before = "", line = "") => before + (line[0] === "-" ? "–" : "═").repeat(line.length),
  },
  // Of a table's row only as many cells are shown as its head has; without this line it stays text.
  {
    name: "table",
    pattern: /^(?=[^\n]*[|:])(?=[^\n]*-)[|: \t>-]+$/gmu,
    replace: (row) => row.replaceAll("-", "–"),
  },
  // A word like ^this at a line's end is a name for links, which the reader never shows.
  { name: "block name", pattern: /(?<=^|[ \t>])\^(?=[A-Za-z0-9-]+[ \t]*$)/gmu, replace: "^ " },
  // Shown as another character than the one that is sent.
  {
    name: "character reference",
    pattern: /&(?=(?:#\d{1,7}|#[xX][\da-fA-F]{1,6}|[A-Za-z][A-Za-z\d]{1,31});)/gu,
    replace: "& ",
  },
  { name: "footnote", pattern: /\[\^|\^\[/gu, replace: "[ " },
  { name: "template field", pattern: /\{(?=\{)/gu, replace: "{ " },
  { name: "formula", pattern: /\$(?=\$)/gu, replace: "$ " },
  // Over the ends of lines too, up to an empty one.
  {
    name: "formula",
    pattern: /\$(?=[^\s$](?:[^$\n]|\n(?![ \t>]*\n))*(?<=[^\s$])\$(?!\d))/gu,
    replace: "＄",
  },
  // What the plugin Dataview reads as a property of the note: `[risk:: low]`, or a line `risk:: low`.
  { name: "inline field", pattern: /::(?=[ \t]|(?<=[[(][^\]()[\n]{1,60}::))/gu, replace: ": :" },
  // No word's edge is asked for: "_http://" is a link too.
  {
    name: "live link",
    pattern: /http(s?):\/\//giu,
    replace: (_match, s = "") => `hxxp${s.toLowerCase()}://`,
  },
  { name: "live link", pattern: /(?<!hxxps?):\/\//gu, replace: "[:]//" },
  {
    name: "live link",
    pattern:
      /(?<![a-z0-9])(javascript|vbscript|livescript|data|file|mailto|tel|sms|obsidian|vscode|blob|filesystem|view-source|about|intent|magnet|shell|ms-[a-z]{2,20}|search-ms):(?=\S)/giu,
    replace: "$1[:]",
  },
  { name: "live link", pattern: /(?<![a-z0-9])(www)\.(?=[a-z0-9])/giu, replace: "$1[.]" },
  // Signs stacked on one letter cover the lines around it. No spelling needs more than a few.
  { name: "stacked accents", pattern: /(\p{M}{6})\p{M}+/gu, replace: "$1" },
  // A tab or a run of spaces can push text out of sight, and four spaces at the start of a line make code.
  { name: "tab", pattern: /\t/gu, replace: "  " },
  {
    name: "indented code",
    pattern: /^((?: {0,3}(?:>(?: |(?! ))|[-*+](?= )|\d{1,9}[.)](?= )))*) {4,}/gmu,
    replace: "$1  ",
  },
  {
    name: "run of spaces",
    pattern: /[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]{20,}/gu,
    replace: "   ",
  },
  { name: "run of blank lines", pattern: /\n[^\S\n]*\n[^\S\n]*\n(?:[^\S\n]*\n)+/gu, replace: "\n\n\n" },
];
/* eslint-enable no-control-regex, no-misleading-character-class */

/** More rounds than any text needs; each round removes or splits something. */
const MAX_ROUNDS = 20;

/** The text with everything active taken out or made visible. Idempotent; the result is inert. */
export function neutralise(text: string): string {
  let current = text.toWellFormed();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const ruled = RULES.reduce((value, rule) => value.replace(rule.pattern, rule.replace as string), current);
    const next = withoutForgedMarks(ruled);
    if (next === current) return current;
    current = next;
  }
  throw fail(
    "NOTE_NOT_INERT",
    "This text could not be made harmless, so none of it is shown. The original is unchanged in the mailbox.",
  );
}

/** The same for something that stands on one line: a subject, a name. */
export function neutraliseLine(text: string): string {
  return neutralise(text.replace(/\s+/gu, " ")).trim();
}

function withoutForgedMarks(text: string): string {
  let result = "";
  let at = 0;
  for (const { start, end } of findForgedMarks(text)) {
    result += `${text.slice(at, start)}(left out)`;
    at = end;
  }
  return at === 0 ? text : result + text.slice(at);
}

/**
 * Names of the rules a text breaks; empty when it is inert. In a whole note (it begins with front matter)
 * our own marks are let through, each once and in its place.
 */
export function findActiveContent(text: string): string[] {
  const { pieces, isNote } = piecesOf(text);
  const found = RULES.filter(
    (rule) => (isNote || !rule.isForm) && pieces.some((piece) => piece.search(rule.pattern) >= 0),
  ).map((rule) => rule.name);
  if (!text.isWellFormed()) found.push("broken character");
  if (pieces.some((piece) => findForgedMarks(piece).length > 0)) found.push("forged mark");
  return [...new Set(found)];
}

/** What is from outside: of a note each line of its front matter (no Markdown spans those), and its body without our marks. */
function piecesOf(text: string): { pieces: string[]; isNote: boolean } {
  const lines = text.split("\n");
  const end = lines[0] === "---" ? lines.indexOf("---", 1) : -1;
  if (end < 0) return { pieces: [text], isNote: false };
  return { pieces: [...lines.slice(1, end), ...splitAtOwnMarks(lines.slice(end + 1))], isNote: true };
}
