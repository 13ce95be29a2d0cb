import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { errnoOf } from "@nightdesk/daemon-kit/durable-write";

/**
 * Saves a note as an editor does that has it open: the same file gets other bytes. A note that is not there (any
 * more) is not made anew. Null then; else the new text.
 */
export function editInPlace(path: string, change: (text: string) => string): string | null {
  let file: number;
  try {
    file = openSync(path, "r+");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
  try {
    const text = change(readFileSync(file, "utf8"));
    ftruncateSync(file);
    writeSync(file, text, 0);
    fsyncSync(file);
    return text;
  } finally {
    closeSync(file);
  }
}
