import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { nameOf, parseTaskName, regionHeading, splitNote } from "@nightdesk/claim-lib";

/** What the recount needs of a task note on a disk. */
export interface NoteFact {
  path: string;
  id: string;
  /** The mailbox's own id of the mail it came from. */
  sourceMessage: string | null;
  /** What stands in the editable region; null when the note has none. */
  reply: string | null;
  /** What the laptop could verify, once it looked. */
  checked: string | null;
  notice: string | null;
}

/** Reads the task notes among these paths. One that vanished meanwhile is left out; one that cannot be read is kept, empty. */
export async function readNotes(root: string, paths: readonly string[]): Promise<NoteFact[]> {
  const notes = await Promise.all(paths.map((path) => readNote(root, path)));
  return notes.filter((note) => note !== null);
}

/** Null for a file that is not a task note, or is gone. */
export async function readNote(root: string, path: string): Promise<NoteFact | null> {
  const name = parseTaskName(nameOf(path));
  if (!name) return null;
  const source = await readFile(join(root, path), "utf8").catch(() => null);
  return source === null ? null : { path, id: name.id, ...readContent(source) };
}

function readContent(source: string): Omit<NoteFact, "path" | "id"> {
  try {
    const { data, body } = splitNote(source);
    const text = (key: string) => (typeof data[key] === "string" ? data[key] : null);
    return {
      sourceMessage: text("source_message"),
      reply: readReply(body),
      checked: text("checked"),
      notice: text("notice"),
    };
  } catch {
    return { sourceMessage: null, reply: null, checked: null, notice: null };
  }
}

/** The text between the two headings, without the blank lines around it, as the owner sees it. */
function readReply(body: string): string | null {
  const lines = body.replaceAll("\r\n", "\n").split("\n");
  const from = lines.indexOf(regionHeading("Reply"));
  const to = lines.findIndex((line, index) => index > from && line.startsWith("## Feedback"));
  if (from < 0 || to < 0) return null;
  return lines
    .slice(from + 1, to)
    .join("\n")
    .replace(/^\n+|\n+$/g, "");
}
