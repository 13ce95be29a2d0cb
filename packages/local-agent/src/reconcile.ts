import { FOLDERS, listTasks, NightdeskError, describeError } from "@nightdesk/claim-lib";
import type { Executed } from "./execute.ts";
import type { JournalEntry } from "./journal.ts";
import { MAX_PARALLEL } from "./limits.ts";
import { readActionNote } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { putAside } from "./put-aside.ts";
import { LOOK_UP_MS, recover, type Attempts, type Recovered } from "./recover.ts";
import { runPool } from "./run-pool.ts";

export interface Reconciler {
  /** Brings on whatever was begun and is not ended. Resolves with when to look again; null when nothing waits. */
  look(): Promise<number | null>;
  /** How an execution in this process ended. */
  report(id: string, executed: Executed): void;
  /** What waits, with a sentence, by task id. */
  waiting(): ReadonlyMap<string, string>;
}

interface Waiting extends Attempts {
  count: number;
  dueMs: number;
  why: string;
}

/** First again after half a second (a restarting server), then up to a minute. */
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 60_000;
const HALTED_RETRY_MS = 2_000;

/**
 * After a crash, and whenever an execution did not end: the journal says what was begun.
 * @param lookUpMs how long it is looked for whether something was carried out, before it is put before the owner
 */
export function createReconciler(ports: Ports, lookUpMs: number = LOOK_UP_MS): Reconciler {
  const waits = new Map<string, Waiting>();

  const note = (id: string, result: Recovered) => {
    if (result.state === "halted" || result.state === "retry" || result.state === "interrupted") {
      waits.set(id, nextWait(waits.get(id), result, ports.clock.now()));
    } else waits.delete(id);
  };

  return {
    async look() {
      const due = ports.journal.entries().filter((entry) => isDue(ports, entry, waits.get(entry.intent.id)));
      await runPool(due, MAX_PARALLEL, (entry) => recoverOne(ports, lookUpMs, entry, waits, note));
      await putStrangersAside(ports);
      const times = [...waits.values()].map(({ dueMs }) => dueMs);
      return times.length === 0 ? null : Math.max(0, Math.min(...times) - ports.clock.now());
    },
    report: note,
    waiting: () => new Map([...waits].map(([id, { why }]) => [id, why])),
  };
}

function isDue(ports: Ports, entry: JournalEntry, wait: Waiting | undefined): boolean {
  if (entry.state === "done" || ports.underWay.has(entry.intent.id)) return false;
  if (wait === undefined) return true;
  // No wait is longer than that: the clock was ahead when it began, and was put right.
  return wait.dueMs <= ports.clock.now() || wait.dueMs > ports.clock.now() + MAX_RETRY_MS;
}

async function recoverOne(
  ports: Ports,
  lookUpMs: number,
  entry: JournalEntry,
  waits: Map<string, Waiting>,
  note: (id: string, result: Recovered) => void,
): Promise<void> {
  const { id } = entry.intent;
  if (ports.underWay.has(id)) return;
  ports.underWay.add(id);
  const attempts = waits.get(id) ?? {
    lastError: null,
    unknownAnswers: 0,
    unknownSinceMs: null,
    // After a restart nobody knows what was asked for last.
    askedAtMs: ports.clock.now(),
    refusedLooks: 0,
  };
  try {
    note(id, await recover(ports, entry, attempts, lookUpMs));
  } catch (error) {
    note(id, { state: "interrupted", error });
  } finally {
    const wait = waits.get(id);
    const { unknownAnswers, unknownSinceMs, refusedLooks } = attempts;
    if (wait) {
      const askedAtMs = wait.askedAtMs ?? attempts.askedAtMs;
      Object.assign(wait, { unknownAnswers, unknownSinceMs, askedAtMs, refusedLooks });
    }
    ports.underWay.delete(id);
  }
}

function nextWait(before: Waiting | undefined, result: Recovered, nowMs: number): Waiting {
  const count = (before?.count ?? 0) + 1;
  const delayMs =
    result.state === "halted" ? HALTED_RETRY_MS : Math.min(FIRST_RETRY_MS * 2 ** (count - 1), MAX_RETRY_MS);
  return {
    count: result.state === "halted" ? 0 : count,
    dueMs: nowMs + delayMs,
    why: whyWaiting(result),
    lastError: result.state === "interrupted" ? result.error : (before?.lastError ?? null),
    unknownAnswers: before?.unknownAnswers ?? 0,
    unknownSinceMs: before?.unknownSinceMs ?? null,
    askedAtMs: isAmbiguous(result) ? nowMs : (before?.askedAtMs ?? null),
    refusedLooks: before?.refusedLooks ?? 0,
  };
}

function isAmbiguous(result: Recovered): boolean {
  return (
    result.state === "interrupted" && NightdeskError.is(result.error) && result.error.retry === "ambiguous"
  );
}

function whyWaiting(result: Recovered): string {
  if (result.state === "halted")
    return "It waits: nothing is carried out right now (see the top of this page).";
  if (result.state === "retry") return result.why;
  const error = result.state === "interrupted" ? result.error : null;
  return NightdeskError.is(error) ? error.message : describeError(error);
}

/**
 * A note in In_Progress/local/ the journal does not know: the journal was lost, or somebody put the note
 * there. Whether it was carried out is unknown, so it never is.
 */
async function putStrangersAside(ports: Ports): Promise<void> {
  for (const { path, name } of await listTasks(ports.files, `${FOLDERS.inProgress}/local`)) {
    const entry = ports.journal.get(name.id);
    if (ports.underWay.has(name.id) || (entry && entry.state !== "done")) continue;
    const text = await ports.files.read(path);
    // Notes without an action are work this laptop is drafting, not something that was approved.
    if (text === null || isWork(ports, path, text)) continue;
    const sentence = entry
      ? "This was already carried out; it is not carried out again."
      : "It is not known whether this was carried out: there is no record of it on this laptop. It is not sent. Look into your sent mail.";
    await putAside(ports, path, sentence, {
      action_type: "approval_refused",
      parameters: { code: entry ? "ALREADY_EXECUTED" : "NO_RECORD" },
      approval_status: "refused",
    });
  }
}

function isWork(ports: Ports, path: string, text: string): boolean {
  const read = readActionNote(path.slice(path.lastIndexOf("/") + 1), text, ports);
  return !read.ok && read.code === "PAYLOAD_INCOMPLETE";
}
