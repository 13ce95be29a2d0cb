import { NightdeskError, parseNote, toFieldLine, type TaskNote } from "@nightdesk/claim-lib";
import { draftReply, type CheckedReply } from "./draft.ts";
import { fail } from "./errors.ts";
import { judgeRisk } from "./judge-risk.ts";
import type { Mail } from "./mail-port.ts";
import type { CloudPorts, CloudSettings } from "./ports.ts";
import { buildProposal } from "./propose.ts";
import { MAX_DRAFTS, readRevision, type Revision } from "./revise.ts";
import { triageMail, type ThinkContext } from "./triage.ts";

/** What has become of a task; still only in memory. */
export interface Prepared {
  to: "pending" | "done";
  note: TaskNote;
  /** `proposed`, or the outcome. */
  result: string;
  /** Small facts for the audit. */
  facts: Record<string, unknown>;
  /** A sentence for the dashboard when the owner has to do something. */
  signal?: string;
}

interface Job {
  ports: CloudPorts;
  settings: CloudSettings;
  /** 1 for the first try. */
  attempt: number;
  signal?: AbortSignal;
}

/**
 * Reads, judges and drafts; changes nothing. After a restart it is simply done again: everything it
 * needs is in the note and the mailbox. Null when the note is gone (the claim was lost).
 */
export async function prepareTask(path: string, job: Job): Promise<Prepared | null> {
  const source = await job.ports.files.read(path);
  if (source === null) return null;
  const task = parseNote(source, job.settings.kinds);
  const { fields } = task;
  // Written before a crash, only the move was missing.
  if (fields.kind === "email_reply" && fields.drafted_at !== undefined) {
    return { to: "pending", note: task, result: "proposed", facts: { resumed: true } };
  }
  if (fields.outcome !== undefined)
    return { to: "done", note: task, result: fields.outcome, facts: { resumed: true } };
  if (fields.kind !== "email" || fields.source_message === undefined) {
    throw fail("NOT_A_MAIL_TASK", "This note is not a mail that was taken in; it was left as it is.");
  }
  const mail = await readOrNull(job.ports, fields.source_message);
  if (mail === null)
    return finish(job, task, "mail_gone", { summary: "The mail was deleted before it was answered." });
  const account = fields.source_account ?? "";
  if (await isAnswered(job.ports, mail, account)) return finish(job, task, "already_answered");
  const revision = await readRevision(job.ports, job.settings, task);
  return judgeAndDraft(task, mail, revision, job, {
    ports: job.ports,
    owner: { name: job.settings.ownerName, address: account },
    attempt: job.attempt,
    ...(job.signal ? { signal: job.signal } : {}),
  });
}

async function judgeAndDraft(
  task: TaskNote,
  mail: Mail,
  revision: Revision | null,
  job: Job,
  context: ThinkContext,
): Promise<Prepared> {
  const thought = await triageMail(mail, context);
  const triage = thought.value;
  const judged = { category: triage.category, confidence: Math.round(triage.confidence * 100) / 100 };
  // Whoever asks for another version wants a reply.
  if (!triage.needs_reply && revision === null) {
    return finish(
      job,
      task,
      "no_reply_needed",
      { summary: `${triage.summary} (${triage.reason})`, ...judged },
      { provider: thought.provider },
    );
  }
  const targets = await job.ports.mail.composeReply(mail.message_id);
  if (targets.to.length === 0) return needsOwner(task, "no address to answer to could be read from it", job);
  const reply =
    revision !== null && revision.rev > MAX_DRAFTS
      ? askOwner()
      : await draftReply(mail, triage, targets, context, revision);
  const isFirstContact = await isUnknownTo(job.ports, targets.to);
  const risk = judgeRisk({ mail, targets, draft: reply.text, isFirstContact });
  const remarks = thought.standIn === null || reply.standIn !== null ? [] : [thought.standIn];
  const costEur = thought.costEur + reply.costEur;
  const nowMs = job.ports.clock.now();
  const note = buildProposal({ task, mail, triage, reply, targets, risk, costEur, remarks, nowMs, revision });
  return {
    to: "pending",
    note,
    result: "proposed",
    facts: {
      provider: reply.provider,
      risk,
      ...judged,
      recipients: targets.to.length + targets.cc.length,
      ...(revision === null ? {} : { rev: revision.rev }),
    },
  };
}

/** Three versions did not fit: one question instead of a fourth, and a gap that cannot be sent. */
function askOwner(): CheckedReply {
  return {
    text: "[gap: what should this reply say?]",
    remarks: [],
    costEur: 0,
    provider: "none",
    standIn: null,
  };
}

/** A task only the owner can go on with: put away, and shown on the dashboard in one sentence. */
export function needsOwner(task: TaskNote, why: string, job: Pick<Job, "ports">): Prepared {
  const { source_from: from, source_subject: subject } = task.fields;
  return {
    ...finish(job, task, "needs_owner", { summary: `Please answer this one yourself: ${why}.` }),
    signal: `A mail from ${from ?? "an unknown sender"}${subject === undefined ? "" : ` ("${subject}")`} needs you: ${why}. It is in your mailbox, and its note lies in Done.`,
  };
}

function finish(
  { ports }: Pick<Job, "ports">,
  task: TaskNote,
  outcome: string,
  changes: { summary?: string; category?: string; confidence?: number } = {},
  facts: Record<string, unknown> = {},
): Prepared {
  const { summary, ...judged } = changes;
  const note: TaskNote = {
    ...task,
    fields: {
      ...task.fields,
      ...judged,
      ...(summary === undefined ? {} : { summary: toFieldLine(summary) }),
      outcome,
      outcome_at: new Date(ports.clock.now()).toISOString(),
    },
  };
  return { to: "done", note, result: outcome, facts: { ...facts, ...judged } };
}

async function readOrNull(ports: Pick<CloudPorts, "mail">, messageId: string): Promise<Mail | null> {
  try {
    return await ports.mail.read(messageId);
  } catch (error) {
    if (NightdeskError.is(error, "GMAIL_NOT_FOUND")) return null;
    throw error;
  }
}

/** The owner wrote it, or wrote last in its conversation. Only the mailbox's own marks count, not a From line. */
async function isAnswered(ports: Pick<CloudPorts, "mail">, mail: Mail, account: string): Promise<boolean> {
  if (mail.labels.includes("SENT") && mail.from.address.toLowerCase() === account.toLowerCase()) return true;
  const { messages } = await ports.mail.thread(mail.thread_id);
  return messages.at(-1)?.sent_by_owner ?? false;
}

/** True when the owner has never written to one of these addresses. */
async function isUnknownTo(ports: Pick<CloudPorts, "mail">, addresses: readonly string[]): Promise<boolean> {
  for (const address of addresses) {
    const { messages } = await ports.mail.search(`in:sent to:${address}`, { limit: 1 });
    if (messages.length === 0) return true;
  }
  return false;
}
