import {
  deriveTaskId,
  FOLDERS,
  makeTaskName,
  renderNote,
  sha256Hex,
  type TaskFields,
  type TaskNote,
} from "@nightdesk/claim-lib";
import type { GmailControl } from "@nightdesk/testkit";
import { KINDS } from "../sample-notes.ts";

/** The one customer of the trials. */
export const CUSTOMER = "anna@kunde.example";

/** A note that waits for the owner, and the mail it answers. */
export interface Reply {
  id: string;
  rev: number;
  file: string;
  /** Its place under Pending_Approval/. */
  path: string;
  note: TaskNote;
  text: string;
  messageId: string;
  threadId: string;
}

export interface ReplyOptions {
  subject: string;
  /** What is answered; a mail from the customer that has just arrived when left out. */
  mail?: { messageId: string; threadId: string };
  rev?: number;
  /** What would be sent. */
  text?: string;
  /** Over the fields the cloud would have written. */
  fields?: Partial<TaskFields> & Record<string, unknown>;
}

const EXPIRES_MS = 7 * 86_400_000;

/** The Message-ID of the customer's mail with this subject: an answer names it in In-Reply-To. */
export function messageIdOf(subject: string): string {
  return `<${sha256Hex(subject).slice(0, 16)}@kunde.example>`;
}

/** A mail from the customer arrives. */
export async function receiveMail(gmail: GmailControl, subject: string, words = "Hi, can you deliver?") {
  const lines = [
    `From: Anna Berg <${CUSTOMER}>`,
    `To: ${gmail.address}`,
    `Subject: ${subject}`,
    `Message-ID: ${messageIdOf(subject)}`,
    `Date: ${new Date().toUTCString()}`,
    "Content-Type: text/plain; charset=utf-8",
    "",
    words,
    "",
  ];
  return gmail.inject(lines.join("\r\n"));
}

/** A drafted reply exactly as the cloud's program renders one. */
export async function draftReply(gmail: GmailControl, options: ReplyOptions): Promise<Reply> {
  const { subject, rev = 1 } = options;
  const { messageId, threadId } = options.mail ?? (await receiveMail(gmail, subject));
  const id = deriveTaskId("em", gmail.address, messageId);
  const nowMs = Date.now();
  const file = makeTaskName({
    date: new Date(nowMs).toISOString().slice(0, 10),
    who: "Anna Berg",
    subject,
    id,
    rev,
  });
  const note: TaskNote = {
    fields: {
      id,
      kind: "email_reply",
      rev,
      created: new Date(nowMs).toISOString(),
      expires: new Date(nowMs + EXPIRES_MS).toISOString(),
      summary: "Confirms the delivery",
      risk: "low",
      source_account: gmail.address,
      source_message: messageId,
      source_thread: threadId,
      source_last: messageId,
      source_from: `Anna Berg (${CUSTOMER})`,
      to: [CUSTOMER],
      cc: [],
      subject: `Re: ${subject}`,
      ...options.fields,
    } as TaskFields,
    text: (options.text ?? "Hello Anna,\n\nThursday works.").trim(),
    feedback: "",
    original: "Hi, can you deliver?",
  };
  const path = `${FOLDERS.pending}/email/${file}`;
  return { id, rev, file, path, note, text: renderNote(note, KINDS), messageId, threadId };
}
