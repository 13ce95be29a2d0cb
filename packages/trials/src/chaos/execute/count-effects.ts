import { FOLDERS } from "@nightdesk/claim-lib";
import { CUSTOMER } from "../../office/sample-reply.ts";
import type { Case } from "./case.ts";

/** One mail that went out. */
export interface Delivery {
  /** The task it answers; null when it answers none of ours. */
  id: string | null;
  ref: string;
  body: string;
  to: readonly string[];
  atMs: number;
}

/** How a laptop looks from outside when everything is over. */
export interface Remains {
  cases: readonly Case[];
  deliveries: readonly Delivery[];
  /** Where the notes of each task lie. */
  places: ReadonlyMap<string, readonly string[]>;
  /** What the journal says last of each task. */
  journal: ReadonlyMap<string, string>;
  /** The provider's ids in the audit's records of sending, by task. */
  audited: ReadonlyMap<string, readonly string[]>;
  /** STOP.md lay there from one instant to the other. */
  stop: { fromMs: number; untilMs: number } | null;
}

export interface EffectCount {
  approved: number;
  sent: number;
  parked: number;
  parkedGmail: number;
  takenBack: number;
  /** Tasks delivered more than once. */
  doubles: number;
  /** Approved, and neither delivered nor put before the owner; or put away as sent and never delivered. */
  lost: number;
  /** Delivered again without a new approval after the delivery before. */
  resentByItself: number;
  /** Every broken promise as a sentence. */
  faults: string[];
}

type End = "waits" | "taken-back" | "sent" | "parked" | "lost";

interface Verdict {
  one: Case;
  end: End;
  isDouble: boolean;
  isResent: boolean;
  faults: string[];
}

/** "STOP.md halts effects within 5 s." */
const STOP_WITHIN_MS = 5_000;

/** Counts what the owner approved against what the world got. */
export function countEffects(remains: Remains): EffectCount {
  const verdicts = remains.cases.map((one) => judge(one, remains));
  const ended = (...ends: End[]) => verdicts.filter(({ end }) => ends.includes(end));
  const count = {
    approved: ended("sent", "parked", "lost").length,
    sent: ended("sent").length,
    parked: ended("parked").length,
    parkedGmail: ended("parked").filter(({ one }) => one.provider === "gmail").length,
    takenBack: ended("taken-back").length,
    doubles: verdicts.filter(({ isDouble }) => isDouble).length,
    lost: ended("lost").length,
    resentByItself: verdicts.filter(({ isResent }) => isResent).length,
  };
  return {
    ...count,
    faults: [...verdicts.flatMap(({ faults }) => faults), ...findStrays(remains), ...findStopped(remains)],
  };
}

function judge(one: Case, remains: Remains): Verdict {
  const { id, file } = one.reply;
  const went = remains.deliveries.filter((delivery) => delivery.id === id).sort((a, b) => a.atMs - b.atMs);
  const lies = remains.places.get(id) ?? [];
  const end = findEnd(one, went, lies, remains.journal.get(id));
  const isResent = went.some(
    ({ atMs }, n) => n > 0 && !one.approvals.some((at) => at <= atMs && at > (went[n - 1]?.atMs ?? 0)),
  );
  const faults = [
    ...(went.length > 1 ? [`it was delivered ${went.length} times`] : []),
    ...(isResent ? ["it was delivered again without a new approval"] : []),
    ...(end === "lost" ? [`it was approved and is neither sent nor put before the owner`] : []),
    ...(end === "parked" && one.provider === "gmail"
      ? ["it was put before the owner, though Gmail can tell"]
      : []),
    ...(lies.length === 1 ? [] : [`it lies in ${lies.length} places`]),
    ...(end === "sent" ? findBadRecords(went, remains, id) : []),
    ...findUndecided(end, went),
    ...findWrongMails(one, went, end),
    ...(one.isLate ? [] : one.returned.map((why) => `it came back to the owner: ${why}`)),
  ];
  const told = faults.map(
    (fault) =>
      `${file}: ${fault} (${one.approvals.length} approvals, ${went.length} mails, ${lies.join(", ") || "nowhere"})`,
  );
  return { one, end, isDouble: went.length > 1, isResent, faults: told };
}

function findEnd(
  one: Case,
  went: readonly Delivery[],
  lies: readonly string[],
  record: string | undefined,
): End {
  if (one.isTakenBack) return "taken-back";
  if (one.approvals.length === 0) return "waits";
  const isIn = (folder: string) => lies.some((path) => path.startsWith(`${folder}/`));
  if (isIn(FOLDERS.done) && record === "done" && went.length > 0) return "sent";
  if (!isIn(FOLDERS.needsAttention)) return "lost";
  if (record === "parked") return "parked";
  // Sent, and the owner's change came after: the note stays before the owner with that sentence.
  return record === "done" && went.length > 0 && one.isLate ? "sent" : "lost";
}

/** The audit names each mail that went out once. */
function findBadRecords(went: readonly Delivery[], { audited }: Remains, id: string): string[] {
  const refs = audited.get(id) ?? [];
  const isRight = refs.length === 1 && went.some(({ ref }) => ref === refs[0]);
  return isRight ? [] : [`the audit names it ${refs.length} times (${refs.join(", ")})`];
}

/** A careful owner decides when the laptop has checked the note; all that came in is decided in the end. */
function findUndecided(end: End, went: readonly Delivery[]): string[] {
  return end === "waits" && went.length === 0
    ? ["it was never checked, so it still waits for a decision"]
    : [];
}

function findWrongMails(one: Case, went: readonly Delivery[], end: End): string[] {
  if (went.length > 0 && (end === "taken-back" || end === "waits"))
    return [end === "waits" ? "it was never approved and went out" : "it was taken back and went out"];
  return went.flatMap(({ body, to, ref }) => [
    ...(one.bodies.includes(body)
      ? []
      : [`the mail ${ref} does not hold the last text: ${JSON.stringify(body)}`]),
    ...(to.join() === CUSTOMER ? [] : [`the mail ${ref} went to ${to.join()}`]),
  ]);
}

function findStrays({ deliveries }: Remains): string[] {
  return deliveries.flatMap(({ id, ref }) =>
    id === null ? [`The mail ${ref} answers nothing that was drafted.`] : [],
  );
}

function findStopped({ deliveries, stop }: Remains): string[] {
  if (stop === null) return [];
  const late = deliveries.filter(({ atMs }) => atMs > stop.fromMs + STOP_WITHIN_MS && atMs < stop.untilMs);
  return late.map(
    ({ ref, atMs }) => `The mail ${ref} went out ${atMs - stop.fromMs} ms after STOP.md was there.`,
  );
}
