import { z } from "zod";
import type { Kind, Kinds } from "./channel.ts";
import { fail } from "./errors.ts";
import { renderField, splitNote } from "./front-matter.ts";
import { MAX_REPLY_BYTES } from "./limits.ts";
import { FEEDBACK_HEADING, findForgedMarks, ORIGINAL_TITLE, regionHeading } from "./markers.ts";
import { neutralise, neutraliseLine } from "./neutralise.ts";
import { decidingFields, workingFields, type TaskFields, type TaskNote } from "./task-note.ts";

/** Inside the region this would fold its rest away. */
const FOLDED_QUOTE = /^.*\[!quote\]-/im;
/** One line of front matter, as the schema limits it. */
const MAX_LINE_CHARS = 500;
/** Obsidian's own properties; an owner who tags a note has not broken it. */
const IGNORED_KEYS = ["tags", "aliases", "cssclasses"];

/**
 * The note's text. Everything above the editable region is derived from the front matter, so that what
 * is shown and what is executed cannot differ; the original below it is collapsed and inert.
 */
export function renderNote(note: TaskNote, kinds: Kinds): string {
  const kind = kindOf(note.fields.kind, kinds);
  const { shape } = formOf(kind);
  const front = Object.keys(shape)
    .filter((key) => note.fields[key] !== undefined || (kind.action && key === "send_at"))
    .map((key) => renderField(key, note.fields[key]));
  const parts = ["---", ...front, "---", ...renderCallout(note.fields, kind), ""];
  if (kind.action) {
    parts.push(regionHeading(kind.action.region), "", note.text ?? "", "", FEEDBACK_HEADING, "");
    if (note.feedback !== "") parts.push(note.feedback, "");
  }
  parts.push(...renderOriginal(note));
  return `${parts.join("\n")}\n`;
}

function renderCallout(fields: TaskFields, kind: Kind): string[] {
  const { headline, facts } = kind.describe(fields);
  // Once more as a whole: two harmless lines can hold the two halves of a formula.
  const shown = neutralise([headline, ...facts].map(neutraliseLine).join("\n")).split("\n");
  const lines = shown.map((line, index) => (index === 0 ? `> [!todo] ${line}` : `> ${line}`));
  return fields.notice === undefined
    ? lines
    : [`> [!warning] ${neutraliseLine(fields.notice)}`, "", ...lines];
}

function renderOriginal(note: TaskNote): string[] {
  const lines = note.original === "" ? [] : note.original.split("\n");
  return [ORIGINAL_TITLE, ...lines.map((line) => (line === "" ? ">" : `> ${line}`))];
}

/**
 * Reads a note. Throws NOTE_MALFORMED, NOTE_UNKNOWN_KEY, NOTE_REGIONS or NOTE_TOO_LARGE, each with a
 * sentence for the owner; nothing is guessed. Line ends may be CRLF, or a single CR as
 * Obsidian takes it too; the text comes back with LF.
 */
export function parseNote(source: string, kinds: Kinds): TaskNote {
  const { data, body } = splitNote(source);
  const kind = kindOf(data["kind"], kinds);
  const fields = parseFields(data, kind);
  const lines = body.replace(/\r\n?/g, "\n").split("\n");
  if (!kind.action) {
    const original = readOriginal(lines);
    return { fields, text: null, feedback: "", original };
  }
  const start = onlyLine(lines, regionHeading(kind.action.region), kind.action.region);
  const feedbackAt = onlyLine(lines, FEEDBACK_HEADING, "Feedback");
  if (feedbackAt < start) throw regions("The feedback heading stands above the text to send.");
  const text = trimBlankLines(lines.slice(start + 1, feedbackAt));
  if (Buffer.byteLength(text, "utf8") > MAX_REPLY_BYTES) {
    throw fail("NOTE_TOO_LARGE", `The text to send is larger than ${MAX_REPLY_BYTES / 1024} KB.`);
  }
  const disguise = findDisguise(text);
  if (disguise !== null) {
    throw regions(
      `The text to send holds a line that looks like one of this note's own headings: ${neutraliseLine(disguise).slice(0, 80)}. Take it out.`,
    );
  }
  const rest = lines.slice(feedbackAt + 1);
  const quote = originalStart(rest);
  return { fields, text, feedback: trimBlankLines(rest.slice(0, quote)), original: readOriginal(rest) };
}

/** What makes a text look as if it ended before its end. */
function findDisguise(text: string): string | null {
  const [forged] = findForgedMarks(text);
  return forged ? text.slice(forged.start, forged.end) : (FOLDED_QUOTE.exec(text)?.[0] ?? null);
}

function originalStart(lines: string[]): number {
  const at = lines.findIndex((line) => line.startsWith("> [!quote]-"));
  return at < 0 ? lines.length : at;
}

function readOriginal(lines: string[]): string {
  const quoted = lines.slice(originalStart(lines) + 1);
  const end = quoted.findIndex((line) => !line.startsWith(">"));
  return quoted
    .slice(0, end < 0 ? quoted.length : end)
    .map((line) => line.replace(/^> ?/, ""))
    .join("\n");
}

function onlyLine(lines: string[], heading: string, name: string): number {
  const found = lines.flatMap((line, index) => (line.trimEnd() === heading ? [index] : []));
  const first = found[0];
  // Whole, it would be left out where the sentence is shown: only a note's own headings may say it.
  const shown = heading.replace(/ \(.*/, " ...");
  if (first === undefined)
    throw regions(`The heading "${shown}" is missing, so it is not clear what is the ${name.toLowerCase()}.`);
  if (found.length > 1)
    throw regions(
      `The heading "${shown}" stands in this note ${found.length} times, so it is not clear which text counts.`,
    );
  return first;
}

function parseFields(data: Record<string, unknown>, kind: Kind): TaskFields {
  const present = Object.entries(data).filter(
    ([key, value]) => value !== null && value !== "" && !IGNORED_KEYS.includes(key),
  );
  const { shape, schema } = formOf(kind);
  const unknownKeys = Object.keys(data).filter((key) => !(key in shape) && !IGNORED_KEYS.includes(key));
  if (unknownKeys.length > 0) {
    throw fail(
      "NOTE_UNKNOWN_KEY",
      `The details at the top of this note hold something unknown: ${neutraliseLine(unknownKeys.join(", ")).slice(0, 200)}.`,
    );
  }
  const result = schema.safeParse(Object.fromEntries(present));
  if (!result.success) {
    const issue = result.error.issues[0];
    const key = issue?.path.join(".") ?? "details";
    throw malformed(
      `The detail "${neutraliseLine(key)}" at the top of this note is missing or wrong (${neutraliseLine(issue?.message ?? "")}).`,
    );
  }
  return result.data as TaskFields;
}

interface Form {
  /** In the order the fields are written: what the owner decides by comes first. */
  shape: Record<string, z.ZodType>;
  schema: z.ZodType<Record<string, unknown>>;
}

/** Building a schema costs as much as ten parses, so each kind's is built once. */
const FORMS = new WeakMap<Kind, Form>();

function formOf(kind: Kind): Form {
  const known = FORMS.get(kind);
  if (known) return known;
  const shape = { ...decidingFields, ...kind.fields, ...workingFields };
  const form = { shape, schema: z.strictObject(shape) };
  FORMS.set(kind, form);
  return form;
}

function kindOf(name: unknown, kinds: Kinds): Kind {
  const kind = typeof name === "string" ? kinds.get(name) : undefined;
  if (!kind)
    throw malformed(`This note's kind is missing or unknown: ${neutraliseLine(String(name)).slice(0, 60)}.`);
  return kind;
}

/** A kind's fields out of untrusted text: one line, inert, at most 500 characters. */
export function toFieldLine(text: string): string {
  const line = neutraliseLine(neutralise(text));
  if (line.length <= MAX_LINE_CHARS) return line;
  // A cut can leave half a character behind, and what stood in its middle can become active.
  return `${neutraliseLine(line.slice(0, MAX_LINE_CHARS - 20).toWellFormed())} ...`;
}

/** A draft's text as it may stand in the editable region: inert, and without blank lines at its ends. */
export function toDraftText(text: string): string {
  return trimBlankLines(neutralise(text).split("\n"));
}

function trimBlankLines(lines: string[]): string {
  let from = 0;
  let to = lines.length;
  while (from < to && lines[from]?.trim() === "") from += 1;
  while (to > from && lines[to - 1]?.trim() === "") to -= 1;
  return lines.slice(from, to).join("\n");
}

function regions(reason: string) {
  return fail("NOTE_REGIONS", reason, { data: { reason } });
}

function malformed(reason: string) {
  return fail("NOTE_MALFORMED", reason, { data: { reason } });
}
