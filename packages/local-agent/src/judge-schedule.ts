import { FOLDERS } from "@nightdesk/claim-lib";
import type { Doubt } from "./doubts.ts";
import { formatWhen, parseWhen } from "./local-time.ts";
import type { ActionNote, FoundFile } from "./notes.ts";
import type { Ports } from "./ports.ts";

/** When an approved note is to be carried out. */
export interface Schedule {
  /** Null: now. */
  atMs: number | null;
  /** What is not clear about it. */
  doubts: Doubt[];
}

const NOW: Schedule = { atMs: null, doubts: [] };
/** A later one is more likely a slip of the pen than a wish. */
const MAX_AHEAD_MS = 366 * 86_400_000;
const EXAMPLE = "fill in send_at at the top, for instance 2026-11-23 09:00, and move it to Scheduled/";

/**
 * Reads `send_at` of a note in Approved/ or Scheduled/.
 * @param graceMs so much later than its time a note is still sent without another question: a laptop
 *   that was asleep at nine and is opened at noon must not send a "good morning"
 */
export async function judgeSchedule(
  ports: Ports,
  found: FoundFile,
  { name, note }: ActionNote,
  graceMs: number,
): Promise<Schedule> {
  const nowMs = ports.clock.now();
  const presented = await ports.ledger.presented(name.id);
  // Exactly as it came from the cloud: the time in it is not the owner's.
  const isForeign = presented.some(({ from, sha256 }) => from === "cloud" && sha256 === found.sha256);
  const asked = isForeign ? undefined : note.fields.send_at;
  if (asked === undefined) {
    if (!isScheduled(found.path)) return NOW;
    return doubt("time:none", `In Scheduled/ it needs a time: ${EXAMPLE} again.`);
  }
  const held = ports.ledger.held(name.id, name.rev).findLast(({ sha256 }) => sha256 === found.sha256);
  // What was promised at the top of the note holds, even if the laptop is in another zone by now.
  const atMs = held ? Date.parse(held.until) : parseWhen(asked, ports.timeZone);
  if (atMs === null)
    return doubt(`time:${asked}`, `The time "${asked.slice(0, 60)}" is not clear: ${EXAMPLE}.`);
  if (atMs > nowMs + MAX_AHEAD_MS)
    return doubt(`time:${asked}`, `The time "${asked.slice(0, 60)}" is more than a year away: ${EXAMPLE}.`);
  // Its time came before, and it was let wait for another reason: that one is judged again.
  const hasBegun = held !== undefined && held.why !== "schedule";
  if (atMs > nowMs) return hasBegun ? NOW : { atMs, doubts: [] };
  if (nowMs - atMs <= graceMs) return NOW;
  return doubt(
    `time:${asked}`,
    `Its time, ${formatWhen(atMs, ports.timeZone)}, passed before it could be sent. For another one ${EXAMPLE}.`,
  );
}

/** True for a doubt a second approval does not settle; the time is taken out of the note instead. */
export function isTimeDoubt({ key }: Doubt): boolean {
  return key.startsWith("time:");
}

export function isScheduled(path: string): boolean {
  return path.startsWith(`${FOLDERS.scheduled}/`);
}

function doubt(key: string, sentence: string): Schedule {
  return { atMs: null, doubts: [{ key, sentence }] };
}
