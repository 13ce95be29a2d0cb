import { FOLDERS, NightdeskError, sha256Hex, type Payload } from "@nightdesk/claim-lib";
import { fail } from "./errors.ts";
import { findHalt } from "./find-halt.ts";
import { finish } from "./finish.ts";
import { mayBeginAgain, type JournalEntry } from "./journal.ts";
import type { ActionNote } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { commit, prepare, receiptFor, recordOutcome } from "./steps.ts";

/** What the owner approved: these bytes, and nothing that comes after them. */
export interface Approval {
  path: string;
  file: string;
  sha256: string;
  note: ActionNote;
  payload: Payload;
  account: string;
  /** When the note was first seen in Approved/ as it is. */
  approvedAtMs: number;
}

export type Executed =
  | { state: "done" }
  /** The note was moved or changed at the last moment; nothing was carried out. */
  | { state: "withdrawn" }
  /** A halt came in between; it goes on when that is over. */
  | { state: "halted" }
  /** Something went wrong on the way; reconcile decides what that means. */
  | { state: "interrupted"; error: unknown };

/**
 * Carries out one approval: intent, move, prepare, commit, done; each step durable before the next.
 * Errors from the moment of the intent on are not judged here: reconcile is the only place that knows
 * what may have happened.
 */
export async function execute(ports: Ports, approval: Approval): Promise<Executed> {
  const { id } = approval.note.name;
  ports.underWay.add(id);
  try {
    await recordIntent(ports, approval);
    if (!(await takeNote(ports, approval))) return { state: "withdrawn" };
    return await carryOut(ports, id, approval.payload.args);
  } finally {
    ports.underWay.delete(id);
  }
}

async function recordIntent(ports: Ports, approval: Approval): Promise<void> {
  const { note, payload } = approval;
  const earlier = ports.journal.get(note.name.id);
  const details = {
    id: note.name.id,
    rev: note.name.rev,
    channel: note.channel.name,
    file: approval.file,
    tool: payload.tool,
    account: approval.account,
    mode: ports.mode,
    args_sha256: payload.sha256,
    nonce: reusableNonce(earlier, approval, ports) ?? Buffer.from(ports.random.bytes(16)).toString("hex"),
    approved_at: new Date(approval.approvedAtMs).toISOString(),
    at: new Date(ports.clock.now()).toISOString(),
  };
  const intent = { type: "intent" as const, ...details };
  await ports.journal.append({ ...intent, receipt: receiptFor(ports, intent) });
  await ports.reach("after:intent");
}

/** A begun effect that never got a handle goes on under its nonce, so that no second draft is made. */
function reusableNonce(earlier: JournalEntry | undefined, approval: Approval, ports: Ports): string | null {
  if (!earlier || earlier.state !== "intent" || !mayBeginAgain(earlier)) return null;
  const { intent } = earlier;
  const same =
    intent.args_sha256 === approval.payload.sha256 &&
    intent.rev === approval.note.name.rev &&
    intent.account === approval.account &&
    intent.mode === ports.mode;
  return same ? intent.nonce : null;
}

/** Moves the note out of Approved/. False when it is gone, or is not what was approved: then it stays there. */
async function takeNote(ports: Ports, approval: Approval): Promise<boolean> {
  const target = `${FOLDERS.inProgress}/local/${approval.file}`;
  try {
    await ports.files.move(approval.path, target);
  } catch (error) {
    if (NightdeskError.is(error, "CLAIM_LOST")) return false;
    throw error;
  }
  await ports.reach("after:take");
  const text = await ports.files.read(target);
  if (text !== null && sha256Hex(text) === approval.sha256) return true;
  // Saved between the last look and the move: the new text has its own undo window.
  if (text !== null) await ports.files.move(target, approval.path);
  return false;
}

/** From the recorded intent to the note in Done/. */
export async function carryOut(ports: Ports, id: string, args: Record<string, unknown>): Promise<Executed> {
  try {
    if ((await findHalt(ports)) !== null) return { state: "halted" };
    await prepare(ports, entryOf(ports, id), args);
    return await commitPrepared(ports, id);
  } catch (error) {
    return { state: "interrupted", error };
  }
}

/** From the recorded handle to the note in Done/. */
export async function commitPrepared(ports: Ports, id: string): Promise<Executed> {
  const entry = entryOf(ports, id);
  if (entry.handle === null || entry.state !== "prepared") return { state: "interrupted", error: null };
  if ((await findHalt(ports)) !== null) return { state: "halted" };
  const outcome = await commit(ports, entry, entry.handle);
  await recordOutcome(ports, entry, outcome);
  await finish(ports, entry, outcome);
  return { state: "done" };
}

function entryOf(ports: Ports, id: string): JournalEntry {
  const entry = ports.journal.get(id);
  if (!entry)
    throw fail("JOURNAL_CONTRADICTION", `Task ${id} has no entry in the journal; nothing was carried out.`);
  return entry;
}
