import { toFieldLine, type Risk, type TaskNote } from "@nightdesk/claim-lib";
import type { Triage } from "@nightdesk/think";
import type { CheckedReply } from "./draft.ts";
import type { Mail, ReplyTargets } from "./mail-port.ts";
import { MAX_DRAFTS, type Revision } from "./revise.ts";

/** How long a proposal may be approved; the laptop may shorten it. */
const EXPIRES_AFTER_MS = 7 * 86_400_000;

export interface Proposal {
  task: TaskNote;
  mail: Mail;
  triage: Triage;
  reply: CheckedReply;
  targets: ReplyTargets;
  risk: Risk;
  costEur: number;
  /** Further sentences the owner should see on top. */
  remarks: readonly string[];
  nowMs: number;
  /** What the owner said about earlier versions; null for a first one. */
  revision: Revision | null;
}

/** The note that waits for the owner. Recipients and subject are the mailbox's word, the text the draft's. */
export function buildProposal(proposal: Proposal): TaskNote {
  const { task, mail, triage, reply, targets, nowMs } = proposal;
  // A first start may find mails that waited for days; counted from the mail they would be born expired.
  const expires = new Date(nowMs + EXPIRES_AFTER_MS).toISOString();
  const notice = noticeOf(proposal);
  const isTemplate = reply.provider === "rules" && proposal.revision === null;
  // Read as feedback on this version, it would be honoured twice.
  const { feedback: _feedback, ...taskFields } = task.fields;
  return {
    fields: {
      ...taskFields,
      kind: "email_reply",
      expires,
      summary: toFieldLine(
        `${triage.summary}${isTemplate ? " (The draft is a template that only confirms the mail.)" : ""}`,
      ),
      risk: proposal.risk,
      confidence: Math.round(triage.confidence * 100) / 100,
      ...(proposal.costEur > 0 ? { cost: Number(proposal.costEur.toFixed(6)) } : {}),
      category: triage.category,
      source_message: mail.message_id,
      source_thread: targets.thread_id,
      source_last: targets.last_message_id,
      drafted_at: new Date(nowMs).toISOString(),
      ...(notice === "" ? {} : { notice }),
      to: targets.to,
      cc: targets.cc,
      subject: toFieldLine(targets.subject),
    },
    text: reply.text,
    feedback: "",
    original: task.original,
  };
}

/** The most important first: the field is cut at 500 characters. */
function noticeOf({ mail, reply, targets, remarks, revision }: Proposal): string {
  const undecoded =
    mail.problems.length > 0 ? [`Part of the mail could not be decoded: ${mail.problems.join("; ")}.`] : [];
  const standIn = reply.standIn === null ? [] : [reply.standIn];
  const all = [
    ...revisionRemarks(revision, reply.text),
    ...undecoded,
    ...targets.warnings,
    ...reply.remarks,
    ...remarks,
    ...standIn,
  ];
  return toFieldLine([...new Set(all)].join(" "));
}

/** Which version this is, whose words it follows, and what the owner is asked when there is no further one. */
function revisionRemarks(revision: Revision | null, text: string): string[] {
  if (revision === null) return [];
  if (revision.rev > MAX_DRAFTS) {
    return [
      `${MAX_DRAFTS} versions did not fit, so there is no further one. What should the reply say? Write it in place of the gap and approve, or reject this note to answer the mail yourself.`,
    ];
  }
  const said = revision.feedback.at(-1) ?? "";
  const shown = said.length > MAX_SAID_CHARS ? `${said.slice(0, MAX_SAID_CHARS).toWellFormed()} ...` : said;
  const isSame = revision.texts.some((earlier) => earlier.trim() === text.trim());
  return [
    `Version ${revision.rev}, after your feedback: "${shown}".`,
    ...(isSame ? ["It says the same as a version you rejected: nothing better was found."] : []),
  ];
}

const MAX_SAID_CHARS = 160;
