import { renderNote, taskKey, type TaskNote } from "@nightdesk/claim-lib";
import { KINDS, mailTask, replyTask, taskFile } from "../sample-notes.ts";

export const PENDING = "Pending_Approval/email";
export const DONE = "Done/2026-11";

export function keyOf(n: number): string {
  return taskKey(taskFile(n)) ?? "";
}

const rendered = new Map<string, string>();

function render(name: string, make: () => TaskNote): string {
  const text = rendered.get(name) ?? renderNote(make(), KINDS);
  rendered.set(name, text);
  return text;
}

/** A mail that waits to be worked on. */
export function mailNote(n: number): string {
  return render(`mail ${n}`, () => mailTask(n));
}

/** A drafted reply in somebody's words. */
export function replyNote(n: number, words: string, to = "ann@example.com"): string {
  return render(`reply ${n} ${to} ${words}`, () => replyTask(n, words, to));
}
