import { renderNote, taskKey } from "@nightdesk/claim-lib";
import { KINDS, replyTask, taskFile } from "../../sample-notes.ts";

const NUMBERS = 16;
const numbers = new Map(Array.from({ length: NUMBERS }, (_, n) => [taskKey(taskFile(n)) ?? "", n] as const));

/** The tasks of these worlds. */
export const sample = {
  file: taskFile,
  text: (n: number, words: string) => renderNote(replyTask(n, words), KINDS),
  /** Which task a note of this name is; null for anything else, and for the reason beside a note. */
  numberOf: (file: string | undefined) =>
    file === undefined || file.startsWith("WHY ") ? null : (numbers.get(taskKey(file) ?? "") ?? null),
  id: (n: number) => /~(em_[a-z0-9]+)-r/.exec(taskFile(n))?.[1] ?? "",
};
