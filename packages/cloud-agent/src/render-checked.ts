import { findActiveContent, parseNote, renderNote, type Kinds, type TaskNote } from "@nightdesk/claim-lib";
import { fail } from "./errors.ts";

/**
 * A note's text, proven to be what the other machine lets in: it reads back to the same note, and
 * nothing in it is active. Throws NOTE_NOT_REPRODUCIBLE otherwise; nothing was written then.
 */
export function renderChecked(note: TaskNote, kinds: Kinds): string {
  const text = renderNote(note, kinds);
  const active = findActiveContent(text);
  let again: string | null = null;
  let cause: unknown;
  try {
    again = renderNote(parseNote(text, kinds), kinds);
  } catch (error) {
    cause = error;
  }
  if (again === text && active.length === 0) return text;
  throw fail(
    "NOTE_NOT_REPRODUCIBLE",
    "A note could not be written in a form that reads back the same; it was not written.",
    {
      cause,
      data: { id: note.fields.id, active },
    },
  );
}
