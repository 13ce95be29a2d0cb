import { itemTaskId, type KindAction, type PresentedRecord, type TaskFields } from "@nightdesk/claim-lib";
import type { Asked } from "./ledger.ts";
import type { Derived } from "./mailbox.ts";
import { hashTargets, listTargets, targetsOf } from "./targets.ts";

/** Something the owner has to say yes to once more. */
export interface Doubt {
  /** Names exactly what was asked, so that a yes covers this and nothing else. */
  key: string;
  /** For the owner. */
  sentence: string;
}

/** What speaks against the note itself, whoever looks: it contradicts the account, or cannot be verified. */
export function findContradictions(fields: TaskFields, action: KindAction, derived: Derived): Doubt[] {
  if (derived.state === "unknown") {
    return [{ key: "unverified", sentence: `This could not be verified: ${derived.why}.` }];
  }
  const targets = targetsOf(fields, action);
  const doubts: Doubt[] = [];
  if (hashTargets(targets) !== hashTargets(derived.targets)) {
    doubts.push({
      key: `mailbox:${hashTargets(derived.targets)}`,
      sentence: `This note goes to ${listTargets(targets)}, but your own mailbox says the answer belongs to ${listTargets(derived.targets)}.`,
    });
  }
  if (fields.source_thread !== derived.threadId) {
    doubts.push({
      key: `thread:${derived.threadId}`,
      sentence: "This note names another conversation than your own mailbox does.",
    });
  }
  if (!isMadeFor(fields)) {
    doubts.push({
      key: `item:${fields.source_message}`,
      sentence: "This note answers another mail than the one it was made for.",
    });
  }
  return doubts;
}

/** A task's id comes from the mail it was made for, so a note cannot be turned to another mail unnoticed. */
function isMadeFor({ id, source_account: account, source_message: item }: TaskFields): boolean {
  if (account === undefined || item === undefined) return true;
  return itemTaskId(id.slice(0, id.indexOf("_")), account, item) === id;
}

export interface DoubtInput {
  fields: TaskFields;
  action: KindAction;
  derived: Derived;
  /** What was put before the owner first under this revision. */
  presented: PresentedRecord;
  wasRejected: boolean;
  /** Approved while DEV_MODE was on, and it would go out for real now. */
  wasRehearsal: boolean;
}

/** Everything the owner has to be asked about once more before this approval counts. */
export function findDoubts(input: DoubtInput): Doubt[] {
  const { fields, action, derived, presented } = input;
  const doubts: Doubt[] = [];
  const targets = targetsOf(fields, action);
  const changed = hashTargets(targets) !== hashTargets(presented.targets);
  if (changed)
    doubts.push({ key: "changed", sentence: `You changed the recipients to ${listTargets(targets)}.` });
  const contradictions = findContradictions(fields, action, derived);
  // Recipients the owner changed differ from the mailbox's as a matter of course; one sentence is enough.
  doubts.push(
    ...contradictions.map((doubt) =>
      changed && doubt.key.startsWith("mailbox:") ? { ...doubt, sentence: "" } : doubt,
    ),
  );
  doubts.push(...findMoves(fields, derived));
  if (input.wasRejected) doubts.push({ key: "rejected", sentence: "You rejected this note before." });
  if (input.wasRehearsal)
    doubts.push({
      key: "rehearsal",
      sentence: "You approved this while DEV_MODE was on; now it would be sent for real.",
    });
  return doubts;
}

/** The conversation went on after the draft was made. */
export function findMoves(fields: TaskFields, derived: Derived): Doubt[] {
  if (derived.state === "unknown") return [];
  const newest = derived.thread.at(-1);
  const seen = fields.source_last ?? fields.source_message;
  const source = derived.thread.findIndex((message) => message.message_id === fields.source_message);
  const answer = derived.thread.slice(source + 1).findLast((message) => message.sent_by_owner);
  const doubts: Doubt[] = [];
  if (answer && source >= 0) {
    doubts.push({
      key: `answered:${answer.message_id}`,
      sentence: `You answered in this conversation yourself on ${answer.received_at.slice(0, 16).replace("T", " ")} UTC.`,
    });
  }
  if (newest && newest.message_id !== seen && newest !== answer) {
    doubts.push({
      key: `moved:${newest.message_id}`,
      sentence: `A newer mail came in this conversation on ${newest.received_at.slice(0, 16).replace("T", " ")} UTC, after this was drafted.`,
    });
  }
  return doubts;
}

/** True when the owner was asked about all of these doubts, for exactly these targets, and approved again. */
export function isConfirmed(
  doubts: readonly Doubt[],
  targetsSha256: string,
  asked: readonly Asked[],
): boolean {
  return asked.some(
    (item) => item.targets_sha256 === targetsSha256 && doubts.every(({ key }) => item.doubts.includes(key)),
  );
}

/** The doubts as one line for the top of the note. */
export function toNotice(doubts: readonly Doubt[]): string {
  const sentences = doubts.map(({ sentence }) => sentence).filter((sentence) => sentence !== "");
  return `${sentences.join(" ")} Move it to Approved/ again to send it as it is.`;
}
