import {
  parseNote,
  payloadOf,
  regionHeading,
  renderNote,
  splitNote,
  type Kinds,
  type TaskFields,
  type TaskNote,
} from "@nightdesk/claim-lib";

/** Obsidian's own properties, which a task note may carry and the task itself does not know. */
const OBSIDIAN_KEYS = ["tags", "aliases", "cssclasses"];

/**
 * The note's text with other details at its top. What the owner wrote is kept wherever it stands: the
 * text from the editable region on byte for byte, lines of their own above it, and Obsidian's tags.
 */
export function rewriteNote(text: string, note: TaskNote, fields: TaskFields, kinds: Kinds): string {
  const fresh = renderNote({ ...note, fields }, kinds);
  const heading = headingOf(note, kinds);
  const before = renderNote(note, kinds);
  if (heading === null || text === before) return fresh;
  const old = splitAt(text, heading);
  const oldRendered = splitAt(before, heading);
  const head = splitAt(fresh, heading).head;
  const known = new Set(oldRendered.head.map((line) => line.trimEnd()));
  const own = bodyOf(old.head).filter((line) => line.trim() !== "" && !known.has(line.trimEnd()));
  const kept = own.length === 0 ? [] : [...own.map((line) => line.trimEnd()), ""];
  const candidate = [...withObsidianKeys(head, text), ...kept, ...old.tail].join("\n");
  return meansTheSame(candidate, fresh, kinds) ? candidate : fresh;
}

function headingOf(note: TaskNote, kinds: Kinds): string | null {
  const action = kinds.get(note.fields.kind)?.action;
  return action ? regionHeading(action.region) : null;
}

function splitAt(text: string, heading: string): { head: string[]; tail: string[] } {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => line.trimEnd() === heading);
  return { head: lines.slice(0, at), tail: lines.slice(at) };
}

/** The lines after the front matter. */
function bodyOf(head: readonly string[]): string[] {
  const end = head.findIndex((line, index) => index > 0 && line.trimEnd() === "---");
  return head.slice(end + 1);
}

function withObsidianKeys(head: readonly string[], text: string): string[] {
  const { data } = splitNote(text);
  const lines = OBSIDIAN_KEYS.flatMap((key) =>
    data[key] === undefined || data[key] === null ? [] : [`${key}: ${JSON.stringify(data[key])}`],
  );
  const end = head.findIndex((line, index) => index > 0 && line === "---");
  return [...head.slice(0, end), ...lines, ...head.slice(end)];
}

/** A rewrite that changed what would be done, or that cannot be read, is not used. */
function meansTheSame(candidate: string, fresh: string, kinds: Kinds): boolean {
  try {
    return hashOf(candidate, kinds) === hashOf(fresh, kinds);
  } catch {
    return false;
  }
}

function hashOf(text: string, kinds: Kinds): string {
  return payloadOf(parseNote(text, kinds), kinds).sha256;
}
