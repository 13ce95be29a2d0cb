import {
  makeTaskName,
  MAX_ORIGINAL_CHARS,
  neutralise,
  neutraliseLine,
  toFieldLine,
  type TaskNote,
} from "@nightdesk/claim-lib";
import type { Mail, MailRef } from "./mail-port.ts";
import { hiddenRules } from "./redact-mail.ts";

export interface NewTask {
  file: string;
  note: TaskNote;
}

interface Origin {
  id: string;
  account: string;
  nowMs: number;
}

/** A mail as a task nobody has worked on yet. Everything a stranger wrote is made inert. */
export function buildMailNote(mail: Mail, { id, account, nowMs }: Origin): NewTask {
  const subject = toFieldLine(mail.subject);
  return {
    file: makeTaskName({
      date: mail.received_at.slice(0, 10),
      who: mail.from.name || mail.from.address.split("@")[0] || "",
      subject: mail.subject,
      id,
      rev: 1,
    }),
    note: {
      fields: {
        id,
        kind: "email",
        rev: 1,
        created: new Date(nowMs).toISOString(),
        summary: toFieldLine(firstSummary(mail)),
        source_account: toFieldLine(account),
        source_message: mail.message_id,
        source_thread: mail.thread_id,
        source_from: toFieldLine(senderOf(mail)),
        source_date: new Date(mail.received_at).toISOString(),
        ...(subject === "" ? {} : { source_subject: subject }),
      },
      text: null,
      feedback: "",
      original: originalOf(mail),
    },
  };
}

/** A mail that exists but cannot be read or shown: the task says so, and where the mail is. */
export function buildUnreadableNote(ref: MailRef, why: string, { id, account, nowMs }: Origin): NewTask {
  const now = new Date(nowMs).toISOString();
  return {
    file: makeTaskName({
      date: now.slice(0, 10),
      who: "unknown",
      subject: "Mail that could not be read",
      id,
      rev: 1,
    }),
    note: {
      fields: {
        id,
        kind: "email",
        rev: 1,
        created: now,
        summary: toFieldLine(`This mail could not be read (${why}). Open it in your mailbox.`),
        source_account: toFieldLine(account),
        source_message: ref.message_id,
        source_thread: ref.thread_id,
      },
      text: null,
      feedback: "",
      original: "",
    },
  };
}

/** `Anna Berg (anna@kunde.example)`: the address always stands there, whatever the name claims to be. */
function senderOf(mail: Pick<Mail, "from">): string {
  const { name, address } = mail.from;
  if (address === "") return name === "" ? "an unreadable sender" : `${name} (address unreadable)`;
  // A long name must not push the address out of the field.
  return name === "" || name === address ? address : `${name.slice(0, 200).toWellFormed()} (${address})`;
}

function firstSummary(mail: Mail): string {
  if (mail.problems.length > 0) return `Part of this mail could not be decoded: ${mail.problems.join("; ")}`;
  return mail.subject.trim() === "" ? "A mail without a subject" : mail.subject;
}

function originalOf(mail: Mail): string {
  const hidden = hiddenRules(`${mail.subject}\n${mail.text}`);
  const facts = [
    ...(hidden.length === 0
      ? []
      : [
          `Hidden here: ${hidden.join(", ")}. The whole text is in your mailbox (message ${neutraliseLine(mail.message_id)}).`,
        ]),
    ...mail.problems.map((problem) => `Could not be decoded: ${neutraliseLine(problem)}`),
    ...mail.attachments.map(
      ({ name, type, size }) =>
        `Attachment: ${neutraliseLine(`${name || "without a name"} (${type}, ${describeSize(size)})`)}`,
    ),
  ];
  return neutralise([...facts, ...(facts.length > 0 ? [""] : []), cutText(mail.text)].join("\n"));
}

/** Cut before and after: making text inert can lengthen it, and costs time by its length. */
function cutText(text: string): string {
  const inert = neutralise(text.slice(0, MAX_ORIGINAL_CHARS)).trimEnd();
  const isCut = text.length > MAX_ORIGINAL_CHARS || inert.length > MAX_ORIGINAL_CHARS;
  return isCut
    ? `${inert.slice(0, MAX_ORIGINAL_CHARS).trimEnd()}\n[... cut, the whole mail is in your mailbox]`
    : inert;
}

function describeSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
