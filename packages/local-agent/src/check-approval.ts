import {
  findPlaceholder,
  payloadOf,
  taskKey,
  type Payload,
  type PresentedRecord,
} from "@nightdesk/claim-lib";
import { findDoubts, isConfirmed, type Doubt } from "./doubts.ts";
import { mayBeginAgain } from "./journal.ts";
import { isTimeDoubt } from "./judge-schedule.ts";
import type { Derived } from "./mailbox.ts";
import { findCopies, pendingFolder, readFile, type ActionNote, type FoundFile } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { hashTargets, targetsOf } from "./targets.ts";

/** What becomes of a note in Approved/. */
export type Verdict =
  /** To Needs_Attention/: it is not carried out. `code` goes into the audit. */
  | { kind: "refuse"; code: string; sentence: string }
  | { kind: "expired" }
  /** Stays where it is until then. */
  | { kind: "hold"; untilMs: number; sentence: string }
  /** Back to Pending_Approval/ with these doubts on top. */
  | { kind: "ask"; doubts: Doubt[] }
  | { kind: "execute"; payload: Payload };

/** Reconcile finds out within this time what became of something begun; then the note is judged again. */
const LOOK_UP_MS = 2_000;

/** Checks everything that needs no mailbox. Null: nothing stands against it so far. */
export async function checkNote(
  ports: Ports,
  found: FoundFile,
  { name, note }: ActionNote,
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
  const copies = await otherCopies(ports, found, Date.parse(fields.created), name, presented);
  if (copies.length > 0) {
    return refuse(
      "TWO_COPIES",
      `This note lies in more than one folder (also in ${copies.join(", ")}), so it is not clear which one counts. It was not carried out. Keep one of them and approve that.`,
    );
  }
  const gap = note.text === null ? null : findPlaceholder(note.text);
  if (gap !== null) {
    return refuse(
      "PLACEHOLDER",
      `The text still holds a gap to fill in: ${gap.slice(0, 80)}. It was not carried out.`,
    );
  }
  if ((note.text ?? "").trim() === "")
    return refuse("EMPTY_TEXT", "There is no text to send in this note. It was not carried out.");
  // Approved in time, and it only waited since: for its own time, or for a limit.
  const waitedOnly = ports.ledger.lastStay(name.id, name.rev)?.type === "held";
  if (!waitedOnly && fields.expires !== undefined && Date.parse(fields.expires) <= nowMs)
    return { kind: "expired" };
  return null;
}

function refuse(code: string, sentence: string): Verdict {
  return { kind: "refuse", code, sentence };
}

function alreadySentence(isUnknown: boolean): string {
  return isUnknown
    ? "It is not known whether this was carried out before, so it is not done again. Look into your sent mail; to answer once more, write a new mail."
    : "This was already carried out once; it is not carried out again.";
}

/** Other places where this very note lies. A twin this program itself left behind is taken away first. */
async function otherCopies(
  ports: Ports,
  found: FoundFile,
  createdMs: number,
  name: ActionNote["name"],
  presented: readonly PresentedRecord[],
): Promise<string[]> {
  const copies = await findCopies(ports, name.id, createdMs, ports.clock.now());
  const others = copies.filter((copy) => copy !== found.path && copy.endsWith(`~${name.id}-r${name.rev}.md`));
  // Then the approved one may be the twin: the owner took the note back while its time was written on it.
  if (ports.ledger.held(name.id, name.rev).some(({ sha256 }) => sha256 === found.sha256)) return others;
  const left: string[] = [];
  for (const copy of others) if (!(await removeOwnTwin(ports, copy, presented))) left.push(copy);
  return left;
}

/**
 * Present rewrites a waiting note; when the owner moves it in that very millisecond, the rewritten one is
 * a twin. It holds nothing but what this program wrote, so taking it away loses nothing.
 */
export async function removeOwnTwin(
  ports: Ports,
  path: string,
  presented: readonly PresentedRecord[],
): Promise<boolean> {
  if (!ports.channels.some((channel) => path.startsWith(`${pendingFolder(channel)}/`))) return false;
  const found = await readFile(ports, path);
  if (!found || !presented.some(({ from, sha256 }) => from === "local" && sha256 === found.sha256))
    return found === null;
  await ports.files.remove(path);
  ports.log.info({ event: "note.twin_removed", task: taskKey(path) });
  return true;
}

/** Checks the note against the owner's own mailbox and what the owner was asked. */
export async function checkDoubts(
  ports: Ports,
  { name, note, action }: ActionNote,
  derived: Derived,
  timeDoubts: readonly Doubt[],
): Promise<Verdict> {
  const [first] = (await ports.ledger.presented(name.id)).filter(({ rev }) => rev === name.rev);
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
      wasRehearsal: ports.mode === "live" && held.some(({ mode }) => mode === "dry_run"),
    }),
    ...timeDoubts,
  ];
  const targets = hashTargets(targetsOf(note.fields, action));
  const isSettled =
    !doubts.some(isTimeDoubt) && isConfirmed(doubts, targets, ports.ledger.asked(name.id, name.rev));
  if (doubts.length > 0 && !isSettled) return { kind: "ask", doubts };
  return { kind: "execute", payload: payloadOf(note, ports.kinds) };
}

/** True for a file in Approved/ the owner did not put there to be carried out: what a system leaves behind. */
export function isSystemFile(file: string): boolean {
  return file.startsWith(".") || /^(desktop\.ini|thumbs\.db|icon\r?)$/i.test(file);
}
