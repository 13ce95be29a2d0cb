import { describeError, FOLDERS, NightdeskError, payloadOf, type Payload } from "@nightdesk/claim-lib";
import { recordAudit } from "./audit.ts";
import { carryOut, commitPrepared, type Executed } from "./execute.ts";
import { finish } from "./finish.ts";
import type { JournalEntry } from "./journal.ts";
import { readActionNote } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { putAside } from "./put-aside.ts";
import { discard, find, recordOutcome, toInstant } from "./steps.ts";
import { NOT_COMPARED } from "./sync-gate.ts";

/** What happened at earlier attempts in this process. */
export interface Attempts {
  /** The last error of prepare, commit or finish; null after a restart, when nobody knows. */
  lastError: unknown;
  /** How often the provider could not say whether it happened. */
  unknownAnswers: number;
  /** Since when; null while it could. */
  unknownSinceMs: number | null;
  /** Since when a request to carry it out may be on its way without anybody waiting for it; null when none can be. */
  askedAtMs: number | null;
  /** How often even asking failed in a way that will not pass by itself. */
  refusedLooks: number;
}

/** `retry`: ask again later. `left`: there is nothing this program should do. */
export type Recovered = Executed | { state: "parked" } | { state: "left" } | { state: "retry"; why: string };

/** A provider's index can lag by seconds: a mail it does not list yet is looked for this long, and this often at least. */
export const LOOK_UP_MS = 30_000;
const MIN_UNKNOWN_ANSWERS = 3;
const MAX_REFUSED_LOOKS = 6;
/** A request whose answer was lost arrives within this time, or never: until then "not yet" is not "not at all". */
const UNDER_WAY_MS = 60_000;

/**
 * Brings one begun effect to its end after a crash or an error. The only place where an ambiguous error
 * is judged: what may have happened is looked up, and what nobody can tell is never done again.
 */
export async function recover(
  ports: Ports,
  entry: JournalEntry,
  attempts: Attempts,
  lookUpMs: number,
): Promise<Recovered> {
  switch (entry.state) {
    case "intent":
      return recoverIntent(ports, entry, attempts);
    case "prepared":
      return recoverPrepared(ports, entry, attempts, lookUpMs);
    case "committed":
      if (entry.outcome) await finish(ports, entry, entry.outcome);
      return { state: "done" };
    case "parked":
      return clearParked(ports, entry);
    case "done":
      return { state: "left" };
  }
}

/** No handle is recorded, so nothing was carried out. */
async function recoverIntent(ports: Ports, entry: JournalEntry, attempts: Attempts): Promise<Recovered> {
  const text = await ports.files.read(notePath(entry));
  // Still in Approved/: it is looked at there again. Taken back by the owner: nothing to do.
  if (text === null) return { state: "left" };
  if (entry.intent.mode !== ports.mode) {
    return park(
      ports,
      entry,
      "none",
      "This was begun in the other mode (DEV_MODE was switched), so it was not carried out. Nothing was sent.",
    );
  }
  if (willFailAgain(attempts.lastError)) {
    return park(
      ports,
      entry,
      "none",
      `It could not be carried out, and nothing was sent: ${messageOf(attempts.lastError)}`,
    );
  }
  const payload = approvedPayload(ports, entry, text);
  if (!payload) return park(ports, entry, "none", CHANGED);
  // With a handle the provider says what became of it. Without one only the shared repository may know.
  if ((await ports.compared()) !== "yes") return { state: "retry", why: `Waits for sync. ${NOT_COMPARED}` };
  return carryOut(ports, entry.intent.id, payload.args);
}

const CHANGED =
  "This note was changed after it was approved and before it was carried out. Nothing was sent.";

async function recoverPrepared(
  ports: Ports,
  entry: JournalEntry,
  attempts: Attempts,
  lookUpMs: number,
): Promise<Recovered> {
  const { handle, intent } = entry;
  if (handle === null) return { state: "left" };
  if (intent.mode === "dry_run" && ports.mode === "live") {
    return park(
      ports,
      entry,
      "none",
      "This was a rehearsal that was interrupted; it is not carried out for real. Nothing was sent.",
    );
  }
  if (intent.mode !== ports.mode)
    return { state: "retry", why: "It was begun for real and waits until DEV_MODE is off." };
  const found = await look(ports, entry, handle, attempts);
  if (!("state" in found)) return found.recovered;
  if (found.state === "done") {
    const outcome = { ref: found.message_id, sentAt: toInstant(found.sent_at, ports) };
    await recordOutcome(ports, entry, outcome);
    await finish(ports, entry, outcome);
    return { state: "done" };
  }
  if (found.state === "unknown") return judgeUnknown(ports, entry, attempts, lookUpMs);
  return commitAbsent(ports, entry, attempts);
}

async function look(ports: Ports, entry: JournalEntry, handle: string, attempts: Attempts) {
  try {
    return await find(ports, entry, handle);
  } catch (error) {
    if (!NightdeskError.is(error)) throw error;
    if (error.retry === "never") attempts.refusedLooks += 1;
    if (attempts.refusedLooks < MAX_REFUSED_LOOKS) {
      return {
        recovered: {
          state: "retry" as const,
          why: `Whether it was sent cannot be looked up yet: ${error.message}`,
        },
      };
    }
    return {
      recovered: await park(
        ports,
        entry,
        "unknown",
        `Whether this was sent cannot be looked up: ${error.message} Look into your mailbox before you send it again.`,
      ),
    };
  }
}

async function judgeUnknown(
  ports: Ports,
  entry: JournalEntry,
  attempts: Attempts,
  lookUpMs: number,
): Promise<Recovered> {
  const nowMs = ports.clock.now();
  attempts.unknownAnswers += 1;
  attempts.unknownSinceMs ??= nowMs;
  if (attempts.unknownAnswers < MIN_UNKNOWN_ANSWERS || nowMs - attempts.unknownSinceMs < lookUpMs)
    return { state: "retry", why: "Whether it was sent is being looked up." };
  return park(
    ports,
    entry,
    "unknown",
    `It may have been sent at about ${entry.intent.at}, and may not: the provider does not say. It is not sent again by itself. Look into your sent mail.`,
  );
}

/**
 * Not carried out so far. It goes on only if the note still lies there as it was approved; asking twice for one
 * handle is harmless. Before it may begin anew, with another handle, nothing may be on its way any more.
 */
async function commitAbsent(ports: Ports, entry: JournalEntry, attempts: Attempts): Promise<Recovered> {
  const text = await ports.files.read(notePath(entry));
  const isAsApproved = text !== null && approvedPayload(ports, entry, text) !== null;
  if (isAsApproved && !willFailAgain(attempts.lastError)) return commitPrepared(ports, entry.intent.id);
  // Asked in the future: the clock was ahead then. It counts from now on.
  if (attempts.askedAtMs !== null) attempts.askedAtMs = Math.min(attempts.askedAtMs, ports.clock.now());
  const mayBeAsked = attempts.askedAtMs !== null && ports.clock.now() - attempts.askedAtMs < UNDER_WAY_MS;
  if (!(await discard(ports, entry)) && mayBeAsked)
    return {
      state: "retry",
      why: "It is not sent; whether a request for it is still on its way is waited for.",
    };
  if (willFailAgain(attempts.lastError)) {
    return park(
      ports,
      entry,
      "none",
      `It could not be carried out, and nothing was sent: ${messageOf(attempts.lastError)}`,
    );
  }
  if (text !== null) return park(ports, entry, "none", CHANGED);
  await ports.journal.append(parkedRecord(ports, entry, "none", "taken back by the owner"));
  return { state: "withdrawn" };
}

/** What the note says, if that is still what was approved. */
function approvedPayload(ports: Ports, entry: JournalEntry, text: string): Payload | null {
  const read = readActionNote(entry.intent.file, text, ports);
  if (!read.ok) return null;
  const payload = payloadOf(read.note.note, ports.kinds);
  return payload.sha256 === entry.intent.args_sha256 ? payload : null;
}

async function park(
  ports: Ports,
  entry: JournalEntry,
  effect: "none" | "unknown",
  reason: string,
): Promise<Recovered> {
  await ports.journal.append(parkedRecord(ports, entry, effect, reason));
  await ports.reach("after:parked");
  await putParkedAside(ports, entry, effect, reason);
  return { state: "parked" };
}

/** Recorded as put aside, but a crash left the note where it was. */
async function clearParked(ports: Ports, entry: JournalEntry): Promise<Recovered> {
  if (!entry.parked || (await ports.files.stat(notePath(entry))) === null) return { state: "left" };
  await putParkedAside(ports, entry, entry.parked.effect, entry.parked.reason);
  return { state: "parked" };
}

async function putParkedAside(
  ports: Ports,
  entry: JournalEntry,
  effect: "none" | "unknown",
  reason: string,
): Promise<void> {
  if ((await ports.files.stat(notePath(entry))) !== null) await putAside(ports, notePath(entry), reason);
  await recordAudit(ports, {
    action_type: `${entry.intent.channel}_send`,
    target: entry.intent.id,
    parameters: {
      rev: entry.intent.rev,
      nonce: entry.intent.nonce,
      effect,
      ...(entry.handle === null ? {} : { handle: entry.handle }),
    },
    approval_status: "approved",
    byOwner: true,
    result: reason,
  });
}

function parkedRecord(ports: Ports, entry: JournalEntry, effect: "none" | "unknown", reason: string) {
  const { id, nonce } = entry.intent;
  return {
    type: "parked" as const,
    id,
    nonce,
    effect,
    reason: reason.slice(0, 800),
    at: new Date(ports.clock.now()).toISOString(),
  };
}

function notePath(entry: JournalEntry): string {
  return `${FOLDERS.inProgress}/local/${entry.intent.file}`;
}

/** Errors nobody gave a code are not known to be final. */
function willFailAgain(error: unknown): boolean {
  return NightdeskError.is(error) && error.retry === "never";
}

function messageOf(error: unknown): string {
  return NightdeskError.is(error) ? error.message : describeError(error);
}
