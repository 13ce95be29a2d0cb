import { triageSchema, type MailInput, type Triage, type TriageInput } from "@nightdesk/think";
import type { Mail } from "./mail-port.ts";
import type { CloudPorts } from "./ports.ts";
import { thinkOrRules, type SafeThought } from "./think-or-rules.ts";

/** What of a mail is read by the judge; a longer one says what it wants in its beginning. */
const MAX_INPUT_CHARS = 16_000;
const MAX_OWN_WORDS_CHARS = 16_000;

/** One task's dealings with the model. */
export interface ThinkContext {
  ports: Pick<CloudPorts, "files" | "thinker" | "rules" | "log">;
  owner: { name: string; address: string };
  /** 1 for the first try of this task. */
  attempt: number;
  signal?: AbortSignal;
}

/** Judges a mail: what kind it is, whether it needs a reply, and what it is about in one line. */
export async function triageMail(mail: Mail, context: ThinkContext): Promise<SafeThought<Triage>> {
  const input: TriageInput = {
    mail: toMailInput(mail),
    owner: context.owner,
    handbook: await readOwnersNote(context, "Company_Handbook.md"),
  };
  return thinkOrRules(
    context.ports,
    {
      skill: "triage-email",
      input,
      schema: triageSchema,
      ...(context.signal ? { signal: context.signal } : {}),
    },
    context.attempt,
  );
}

/** Only what judging needs; ids, labels and results of checks stay here. */
export function toMailInput(mail: Omit<Mail, "message_id" | "thread_id" | "labels">): MailInput {
  return {
    from: mail.from,
    to: mail.to,
    cc: mail.cc,
    subject: mail.subject,
    text: mail.text.slice(0, MAX_INPUT_CHARS).toWellFormed(),
    received_at: mail.received_at,
    attachments: mail.attachments.map(({ name, type, size }) => ({ name, type, size })),
    reply_to: mail.reply_to,
    header: mail.header,
    ...(mail.links === undefined ? {} : { links: mail.links }),
    ...(mail.html === undefined ? {} : { html: mail.html }),
    problems: mail.problems,
  };
}

/** A note of the owner's own; empty when there is none. */
export async function readOwnersNote(context: ThinkContext, path: string): Promise<string> {
  return ((await context.ports.files.read(path)) ?? "").slice(0, MAX_OWN_WORDS_CHARS).toWellFormed();
}
