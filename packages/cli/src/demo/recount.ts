import { areaOf, FOLDERS } from "@nightdesk/claim-lib";
import type { HistoryChange, RawMail } from "@nightdesk/testkit";
import { summariseLatencies, type Latencies } from "./latencies.ts";
import { idsEverIn } from "./read-history.ts";
import type { NoteFact } from "./read-note.ts";
import { measureSync, type SyncFigures } from "./sync-latencies.ts";
import type { Sighting, ZoneName } from "./watch-vault.ts";

/** A mail the demo let arrive. */
export interface ArrivedMail {
  messageId: string;
  threadId: string;
  /** Its name in the story: `html-only`, `newsletter`. */
  kind: string;
  expectsReply: boolean;
  mail: RawMail;
}

/** A message the mailbox shows as sent at the end. */
export interface SentMail {
  messageId: string;
  threadId: string;
  mail: RawMail;
  /** When the observer first saw it; null when it never did. */
  seenAtMs: number | null;
}

/** The owner's yes: the note as it was moved. */
export interface Approval {
  /** The mail it answers. */
  sourceMessage: string;
  /** Its place after the move. */
  path: string;
  /** What stood in the editable region; null when it may still have been edited after the move. */
  reply: string | null;
}

/** Everything the observer saw, and nothing the daemons said. */
export interface Facts {
  ownerAddress: string;
  arrived: readonly ArrivedMail[];
  sent: readonly SentMail[];
  approvals: readonly Approval[];
  notes: Readonly<Record<ZoneName, readonly NoteFact[]>>;
  history: readonly HistoryChange[];
  sightings: readonly Sighting[];
  laptopStartMs: number;
  bothRunFromMs: number;
}

export interface Figures {
  mails: number;
  drafted: number;
  sent: number;
  doubles: number;
  lost: number;
  threaded: number;
  syncMs: Latencies;
  approvedToSentMs: Latencies;
  handoverMs: number | null;
}

export interface Recount {
  figures: Figures;
  sync: SyncFigures;
  parked: number;
  /** Every expectation that does not hold, in plain words; empty when all is well. */
  problems: string[];
}

export interface Limits {
  syncMs: number;
  /** Null where the laptop was killed on purpose: then its restart is part of the time. */
  approvedToSentMs: number | null;
}

/** Counts what was seen. Pure: the same facts always give the same figures. */
export function recount(facts: Facts, limits: Limits): Recount {
  const sync = measureSync(facts.sightings, facts.bothRunFromMs);
  const drafted = idsEverIn(facts.history, FOLDERS.pending);
  const lost = facts.arrived.filter((arrived) => !isOneTask(arrived, facts.notes));
  const threaded = facts.sent.filter((sent) => isThreaded(sent, facts));
  const toSent = facts.approvals.map((approval) => approvedToSentMs(approval, facts));
  const figures: Figures = {
    mails: facts.arrived.length,
    drafted: drafted.size,
    sent: facts.sent.length,
    doubles: countDoubles(facts),
    lost: lost.length,
    threaded: threaded.length,
    syncMs: summariseLatencies([...sync.toCloudMs, ...sync.toLaptopMs]),
    approvedToSentMs: summariseLatencies(toSent.filter((value) => value !== null)),
    handoverMs: handoverMs(facts),
  };
  const problems = [
    ...checkFigures(figures, facts, limits),
    ...sync.undelivered.map((path) => `${path} never reached the other side`),
    ...lost.map((arrived) => `the ${arrived.kind} mail did not end as one note in both vaults`),
    ...facts.arrived.flatMap((arrived) => checkOutcome(arrived, facts)),
    ...facts.sent.flatMap((sent) => checkSent(sent, facts)),
  ];
  return { figures, sync, parked: parkedIn(facts), problems };
}

function checkFigures(figures: Figures, facts: Facts, limits: Limits): string[] {
  const expected = facts.arrived.filter((arrived) => arrived.expectsReply).length;
  const { syncMs, approvedToSentMs } = figures;
  return [
    check(figures.drafted === expected, `${expected} drafts were expected, ${figures.drafted} were made`),
    check(figures.sent === expected, `${expected} replies were expected, ${figures.sent} were sent`),
    check(figures.doubles === 0, `${figures.doubles} things were done twice`),
    check(
      figures.threaded === figures.sent,
      `only ${figures.threaded} of ${figures.sent} replies hang in their conversation`,
    ),
    check(
      syncMs.max !== null && syncMs.max < limits.syncMs,
      `a change took ${syncMs.max ?? "?"} ms to the other side`,
    ),
    check(
      limits.approvedToSentMs === null ||
        (approvedToSentMs.max !== null && approvedToSentMs.max < limits.approvedToSentMs),
      `a reply took ${approvedToSentMs.max ?? "?"} ms from the approval to its sending`,
    ),
    check(figures.handoverMs !== null, "not everything reached Done on both sides"),
  ].flat();
}

/** One task note, in the same place in both vaults, and no second one anywhere. */
function isOneTask(arrived: ArrivedMail, notes: Facts["notes"]): boolean {
  const [cloud, ...moreOnCloud] = notesOf(arrived, notes.cloud);
  const [local, ...moreOnLocal] = notesOf(arrived, notes.local);
  return cloud !== undefined && local?.path === cloud.path && moreOnCloud.length + moreOnLocal.length === 0;
}

function notesOf(arrived: ArrivedMail, notes: readonly NoteFact[]): NoteFact[] {
  return notes.filter((note) => note.sourceMessage === arrived.messageId);
}

/** Replies beyond the first to one mail, and notes beyond the first of one task in one vault. */
function countDoubles(facts: Facts): number {
  const extra = (keys: readonly string[]) => keys.length - new Set(keys).size;
  const replies = facts.sent.map((sent) => sourceOf(sent, facts)?.messageId ?? `thread ${sent.threadId}`);
  const onCloud = facts.notes.cloud.map((note) => note.id);
  const onLaptop = facts.notes.local.map((note) => note.id);
  return extra(replies) + Math.max(extra(onCloud), extra(onLaptop));
}

function sourceOf(sent: SentMail, facts: Facts): ArrivedMail | undefined {
  return facts.arrived.find(
    (arrived) => arrived.mail.messageId !== null && arrived.mail.messageId === sent.mail.inReplyTo,
  );
}

/** RFC 5322: References of a reply are the source's References (else its In-Reply-To), then its Message-ID. */
function isThreaded(sent: SentMail, facts: Facts): boolean {
  const source = sourceOf(sent, facts);
  if (!source) return false;
  const { references, inReplyTo, messageId } = source.mail;
  const before = references.length > 0 ? references : inReplyTo === null ? [] : [inReplyTo];
  return sent.threadId === source.threadId && sameList(sent.mail.references, [...before, messageId ?? ""]);
}

/** What must be true of one sent reply besides its place in the conversation. */
function checkSent(sent: SentMail, facts: Facts): string[] {
  const source = sourceOf(sent, facts);
  if (!source) return [`a message was sent that answers none of the mails (to ${sent.mail.to.join(", ")})`];
  const { to, cc } = recipientsOf(source.mail, facts.ownerAddress);
  const about = `the reply to the ${source.kind} mail`;
  const approval = facts.approvals.find((one) => one.sourceMessage === source.messageId);
  const done = notesOf(source, facts.notes.local)[0];
  return [
    check(
      sameSet(sent.mail.to, to) && sameSet(sent.mail.cc, cc) && sent.mail.bcc.length === 0,
      `${about} went to somebody else`,
    ),
    check(sameList(sent.mail.from, [facts.ownerAddress]), `${about} is not from the owner`),
    check(sent.mail.subject === `Re: ${baseSubject(source.mail.subject)}`, `${about} has another subject`),
    check(approval !== undefined, `${about} was sent without the owner's move`),
    check(
      (approval?.reply ?? null) === null || sent.mail.text.trim() === approval?.reply?.trim(),
      `${about} is not what the note said`,
    ),
    check(
      done?.reply?.trim() === sent.mail.text.trim(),
      `the note in Done does not hold ${about} as it was sent`,
    ),
    check(sent.seenAtMs !== null, `the sending of ${about} was not seen while it happened`),
  ].flat();
}

function checkOutcome(arrived: ArrivedMail, facts: Facts): string[] {
  const note = notesOf(arrived, facts.notes.local)[0];
  const replies = facts.sent.filter((sent) => sourceOf(sent, facts) === arrived).length;
  return [
    check(
      note === undefined || note.path.startsWith(`${FOLDERS.done}/`),
      `the ${arrived.kind} mail's note lies in ${note?.path ?? ""}`,
    ),
    check(
      arrived.expectsReply || replies === 0,
      `the ${arrived.kind} mail was answered, and should not have been`,
    ),
    check(!arrived.expectsReply || replies > 0, `the ${arrived.kind} mail was not answered`),
  ].flat();
}

/** Whom a reply goes to, worked out anew from the mail itself: Reply-To, else From; the other recipients in copy. */
export function recipientsOf(mail: RawMail, owner: string): { to: string[]; cc: string[] } {
  const others = (list: string[]) => list.filter((address) => address !== owner.toLowerCase());
  const to = others(mail.replyTo.length > 0 ? mail.replyTo : mail.from);
  return {
    to,
    cc: [...new Set(others([...mail.to, ...mail.cc]))].filter((address) => !to.includes(address)),
  };
}

function approvedToSentMs(approval: Approval, facts: Facts): number | null {
  const moved = facts.sightings.findLast(
    (one) => one.zone === "local" && one.kind === "appeared" && one.path === approval.path,
  );
  const sent = facts.sent.find((one) => sourceOf(one, facts)?.messageId === approval.sourceMessage);
  return moved && sent?.seenAtMs !== null && sent !== undefined ? sent.seenAtMs - moved.atMs : null;
}

/** From the laptop's start to the last note's arrival in Done, on whichever side was later. */
function handoverMs(facts: Facts): number | null {
  const last = facts.arrived.flatMap((arrived) =>
    (["cloud", "local"] as const).map((zone) => {
      const path = notesOf(arrived, facts.notes[zone])[0]?.path;
      const seen = facts.sightings.findLast(
        (one) => one.zone === zone && one.kind === "appeared" && one.path === path,
      );
      return path?.startsWith(`${FOLDERS.done}/`) ? (seen?.atMs ?? null) : null;
    }),
  );
  const times = last.filter((atMs) => atMs !== null);
  return times.length === last.length && times.length > 0
    ? Math.round(Math.max(...times) - facts.laptopStartMs)
    : null;
}

function parkedIn(facts: Facts): number {
  const parked = (zone: ZoneName) =>
    new Set(
      facts.notes[zone]
        .filter((note) => areaOf(note.path)?.pattern === `${FOLDERS.needsAttention}/*`)
        .map((note) => note.id),
    ).size;
  return Math.max(parked("cloud"), parked("local"));
}

function check(holds: boolean, otherwise: string): string[] {
  return holds ? [] : [otherwise];
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return sameList([...a].sort(), [...b].sort());
}

function baseSubject(subject: string): string {
  return subject.replace(/^(\s*re\s*:)+\s*/i, "").trim();
}
