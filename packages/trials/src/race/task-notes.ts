import { renderNote } from "@nightdesk/claim-lib";
import { KINDS, mailTask, replyTask } from "../sample-notes.ts";

/** The n-th task as a mail that waits to be worked on. */
export function mailNote(n: number): string {
  return renderNote(mailTask(n), KINDS);
}

/** The n-th task with a reply drafted. */
export function replyNote(n: number, author: string): string {
  return renderNote(replyTask(n, `thank you. ${author}`), KINDS);
}
