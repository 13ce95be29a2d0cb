import { canonicalJson, sha256Hex } from "./canonical-json.ts";
import type { Kinds } from "./channel.ts";
import { fail } from "./errors.ts";
import type { TaskFields, TaskNote } from "./task-note.ts";

/** What would be done: the whole meaning of an approval. */
export interface Payload {
  tool: string;
  args: Record<string, unknown>;
  /** SHA-256 of the canonical arguments; the receipt carries it. */
  sha256: string;
}

/** What a note would do. Throws PAYLOAD_INCOMPLETE for a note without an action. */
export function payloadOf(note: TaskNote, kinds: Kinds): Payload {
  const action = kinds.get(note.fields.kind)?.action;
  if (!action || note.text === null) {
    throw fail("PAYLOAD_INCOMPLETE", "There is nothing in this note that could be carried out yet.");
  }
  const args = action.toArgs(note.fields, note.text);
  return { tool: action.tool, args, sha256: sha256Hex(canonicalJson(args)) };
}

/** The inverse: a note that does exactly `args`, with everything else taken from `base`. */
export function noteFromPayload(
  payload: Pick<Payload, "args">,
  base: { fields: TaskFields; feedback?: string; original: string },
  kinds: Kinds,
): TaskNote {
  const action = kinds.get(base.fields.kind)?.action;
  if (!action) throw fail("PAYLOAD_INCOMPLETE", `Notes of kind ${base.fields.kind} hold no action.`);
  const { fields, text } = action.fromArgs(payload.args);
  return {
    fields: { ...base.fields, ...fields },
    text,
    feedback: base.feedback ?? "",
    original: base.original,
  };
}

/** Marks of an unfinished draft: a gap the owner must fill before anything is sent. */
const PLACEHOLDERS = [
  // The second form is what `neutralise` makes of the first; the same for those below.
  /\[ ?\[[^\]\n]*\]\]/,
  /\{ ?\{[^}\n]*\}\}/,
  // Whole words: "[Dateien]" is no gap.
  /\[\s?(?:gap|todo|tbd|your|name|date|amount|insert|fill|xxx)\b[^\]\n]*\]/i,
  /\bTODO\b|\bTBD\b|\bXXX+\b/,
  // Not what brackets an address, and not a Swiss ‹quotation›.
  /‹[A-Za-z][^@:/‹›>\n]{0,60}>/,
  // A longer one is a ruled line, as Outlook puts one above what it quotes.
  /(?<!_)_{4,19}(?!_)/,
];

/** The first placeholder left in a text; null when there is none. */
export function findPlaceholder(text: string): string | null {
  for (const pattern of PLACEHOLDERS) {
    const match = pattern.exec(text);
    if (match) return match[0];
  }
  return null;
}
