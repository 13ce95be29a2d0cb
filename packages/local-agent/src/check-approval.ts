import {
  canonicalJson,
  findPlaceholder,
  payloadOf,
  taskKey,
  type Payload,
  type PresentedRecord,
} from "@nightdesk/claim-lib";
import { findCircumstances } from "./circumstances.ts";
import { findDoubts, isConfirmed, type Doubt } from "./doubts.ts";
import { mayBeginAgain } from "./journal.ts";
import { isTimeDoubt } from "./judge-schedule.ts";
import type { Derived } from "./mailbox.ts";
import { findCopies, pendingFolder, readFile, type ActionNote, type FoundFile } from "./notes.ts";
import type { Ports } from "./ports.ts";
import type { Compared } from "./sync-gate.ts";
import { hashTargets, targetsOf } from "./targets.ts";

/** What becomes of a note in Approved/. */
export type Verdict =
  /** To Needs_Attention/: it is not carried out. `code` goes into the audit. */
  | { kind: "refuse"; code: string; sentence: string }
  /** Back to Pending_Approval/ with this sentence on top: the text has to be mended first. */
  | { kind: "back"; code: string; sentence: string }
  /** Stays where it is until then. */
  | { kind: "hold"; untilMs: number; sentence: string }
  /** Back to Pending_Approval/ with these doubts on top. */
  | { kind: "ask"; doubts: Doubt[] }
  | { kind: "execute"; payload: Payload };

/** Reconcile finds out within this time what became of something begun; then the note is judged again. */
const LOOK_UP_MS = 2_000;

/**
 * Checks everything that needs no mailbox. Null: nothing stands against it so far.
 * @param sinceMs when these bytes were first seen where they lie
 */
export async function checkNote(
  ports: Ports,
  found: FoundFile,
  { name, note }: ActionNote,
  sinceMs: number,
): Promise<Verdict | null> {
  const { fields } = note;
  const nowMs = ports.clock.now();
  const presented = await ports.ledger.presented(name.id);
  if (!presented.some(({ rev }) => rev === name.rev)) {
    return refuse(
      "NEVER_PRESENTED",
      "This note never waited for your approval on this laptop, so approving it does not count. It was not carried out.",
    );
  }
  if (presented.some(({ rev }) => rev > name.rev)) {
    return refuse(
      "OLD_REVISION",
      "There is a newer version of this note. Approve that one; this one was not carried out.",
    );
  }
  const before = ports.journal.get(name.id);
  if (before?.state === "prepared" || before?.state === "committed") {
    return {
      kind: "hold",
      untilMs: nowMs + LOOK_UP_MS,
      sentence: "It was begun before; whether it was carried out is being looked up.",
    };
  }
  if ((before && !mayBeginAgain(before)) || fields.outcome !== undefined) {
    return refuse("ALREADY_EXECUTED", alreadySentence(before?.parked?.effect === "unknown"));
  }
  const copies = await otherCopies(
    ports,
    found,
    { name, createdMs: Date.parse(fields.created), sinceMs },
    presented,
  );
  if (copies.length > 0) {
    return refuse(
      "TWO_COPIES",
      `This note lies in more than one folder (also in ${copies.join(", ")}), so it is not clear which one counts. It was not carried out. Keep one of them and approve that.`,
    );
  }
  return checkText(note.text ?? "", payloadOf(note, ports.kinds));
}

/** What of a text nobody can mean to send. */
function checkText(text: string, payload: Payload): Verdict | null {
  const gap = findPlaceholder(text);
  if (gap !== null) {
    return back(
      "PLACEHOLDER",
      `The text still holds a gap to fill in: ${gap.slice(0, 80)}. It was not sent. Fill it in and move this note to Approved/ again.`,
    );
  }
  // What the bytes were is not known any more: an editor saved them in another encoding than UTF-8.
  if (text.includes("\ufffd"))
    return refuse(
      "TEXT_UNREADABLE",
      "The text holds characters that could not be read, as when a file is not saved as UTF-8. It was not carried out.",
    );
  if (canonicalJson(payload.args).includes("\ufffd"))
    return back(
      "DETAILS_UNREADABLE",
      "The details at the top (the subject or a recipient) hold a character that could not be read, as when a file is not saved as UTF-8. It was not sent. Write it anew and move this note to Approved/ again.",
    );
  if (text.trim() === "")
    return back(
      "EMPTY_TEXT",
      "There is no text to send in this note. It was not sent. Write one and move this note to Approved/ again.",
    );
  return null;
}

/** What else is known of an approval. */
export interface ApprovalFacts {
  derived: Derived;
  approvedAtMs: number;
  compared: Compared;
}

function back(code: string, sentence: string): Verdict {
  return { kind: "back", code, sentence };
}

function refuse(code: string, sentence: string): Verdict {
  return { kind: "refuse", code, sentence };
}

function alreadySentence(isUnknown: boolean): string {
  return isUnknown
    ? "It is not known whether this was carried out before, so it is not done again. Look into your sent mail; to answer once more, write a new mail."
    : "This was already carried out once; it is not carried out again.";
}

/** The note was written and moved in the same moment; what is further apart was not one move. */
const TWIN_MS = 10_000;

/** Other places where this very note lies. A twin this program itself left behind is taken away first. */
async function otherCopies(
  ports: Ports,
  found: FoundFile,
  { name, createdMs, sinceMs }: { name: ActionNote["name"]; createdMs: number; sinceMs: number },
  presented: readonly PresentedRecord[],
): Promise<string[]> {
  const copies = await findCopies(ports, name.id, createdMs, ports.clock.now());
  const others = copies.filter((copy) => copy !== found.path && copy.endsWith(`~${name.id}-r${name.rev}.md`));
  // Then the approved one may be the twin: the owner took the note back while its time was written on it.
  if (ports.ledger.held(name.id, name.rev).some(({ sha256 }) => sha256 === found.sha256)) return others;
  // A twin is left behind by a move of what stood there before: the same bytes in both places are a copy.
  const earlier = presented.findLast(({ rev, sha256 }) => rev === name.rev && sha256 === found.sha256);
  const newest = presented.findLast(({ rev }) => rev === name.rev);
  const isTwin = earlier && newest && earlier.sha256 !== newest.sha256;
  if (!isTwin || Math.abs(sinceMs - Date.parse(newest.at)) > TWIN_MS) return others;
  const left: string[] = [];
  for (const copy of others) if (!(await removeOwnTwin(ports, copy, presented, found.path))) left.push(copy);
  return left;
}

/**
 * Present rewrites a waiting note; when the owner moves it in that very millisecond, the rewritten one is
 * a twin. It holds nothing but what this program wrote, so taking it away loses nothing.
 * @param original where the other one lies; it is looked for again before anything is taken away
 */
export async function removeOwnTwin(
  ports: Ports,
  path: string,
  presented: readonly PresentedRecord[],
  original: string | null = null,
): Promise<boolean> {
  if (!ports.channels.some((channel) => path.startsWith(`${pendingFolder(channel)}/`))) return false;
  const found = await readFile(ports, path);
  if (!found || !presented.some(({ from, sha256 }) => from === "local" && sha256 === found.sha256))
    return found === null;
  // Taken back in this very moment: what looks like a twin is the note itself, and the only one.
  if (original !== null && (await ports.files.stat(original)) === null) return true;
  await ports.files.remove(path);
  ports.log.info({ event: "note.twin_removed", task: taskKey(path) });
  return true;
}

/** Checks the note against the owner's own mailbox and what the owner was asked. */
export async function checkDoubts(
  ports: Ports,
  { name, note, action }: ActionNote,
  { derived, approvedAtMs, compared }: ApprovalFacts,
  timeDoubts: readonly Doubt[],
): Promise<Verdict> {
  const presented = await ports.ledger.presented(name.id);
  const [first] = presented.filter(({ rev }) => rev === name.rev);
  if (!first)
    return refuse(
      "NEVER_PRESENTED",
      "This note never waited for your approval on this laptop. It was not carried out.",
    );
  const held = ports.ledger.held(name.id, name.rev);
  const doubts = [
    ...findDoubts({
      fields: note.fields,
      action,
      derived,
      presented: first,
      wasRejected: ports.ledger.wasRejected(name.id, name.rev),
      wasRehearsal:
        ports.mode === "live" &&
        (ports.ledger.wasForRehearsal(name.id, name.rev) || held.some(({ mode }) => mode === "dry_run")),
    }),
    ...findCircumstances({
      shownForMs: presented.some(({ rev }) => rev < name.rev) ? approvedAtMs - Date.parse(first.at) : null,
      // Approved in time it only waited since: for its own time, or for a limit.
      expires: waitedInTime(ports, name) ? undefined : note.fields.expires,
      isCompared: compared !== "unreachable",
      run: ports.ledger.runs().at(-1) ?? "",
      nowMs: ports.clock.now(),
      timeZone: ports.timeZone,
    }),
    ...timeDoubts,
  ];
  const targets = hashTargets(targetsOf(note.fields, action));
  const isSettled =
    !doubts.some(isTimeDoubt) && isConfirmed(doubts, targets, ports.ledger.asked(name.id, name.rev));
  if (doubts.length > 0 && !isSettled) return { kind: "ask", doubts };
  return { kind: "execute", payload: payloadOf(note, ports.kinds) };
}

/** What waits for its own time is asked about when it is late; the rest of it may be late by that much, too. */
const MAX_HELD_LATE_MS = 60 * 60_000;

/** True when the laptop was on when the wait ended: nothing but the wait stood between approval and now. */
function waitedInTime(ports: Ports, { id, rev }: ActionNote["name"]): boolean {
  const stay = ports.ledger.lastStay(id, rev);
  if (stay?.type !== "held") return false;
  return stay.why === "schedule" || ports.clock.now() - Date.parse(stay.until) <= MAX_HELD_LATE_MS;
}

/** True for a file in Approved/ the owner did not put there to be carried out: what a system leaves behind. */
export function isSystemFile(file: string): boolean {
  return file.startsWith(".") || /^(desktop\.ini|thumbs\.db|icon\r?)$/i.test(file);
}
