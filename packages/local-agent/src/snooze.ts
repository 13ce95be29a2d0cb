import { FOLDERS, listTasks, nameOf, NightdeskError, toFieldLine } from "@nightdesk/claim-lib";
import { recordAudit } from "./audit.ts";
import { formatWhen, nextMorning, parseWhen } from "./local-time.ts";
import { isWaiting, pendingFolder, readActionNote, type ActionNote } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { putBack } from "./put-before-owner.ts";

const MAX_AHEAD_MS = 366 * 86_400_000;

/**
 * Brings back what lies in Snoozed/ and whose time has come. When that is, is written down at the first
 * sight of it, so that "the next morning" does not wander. Resolves with when the next one is due.
 */
export async function wakeSnoozed(ports: Ports): Promise<number | null> {
  const dues: number[] = [];
  for (const { path } of await listTasks(ports.files, FOLDERS.snoozed)) {
    // A copy of what waits already: it counts once that is decided on, and says nothing about it now.
    if (await isWaiting(ports, nameOf(path))) continue;
    try {
      const dueMs = await wakeOne(ports, path);
      if (dueMs !== null) dues.push(dueMs);
    } catch (error) {
      // Moved by the owner in this moment, or there is one of this name already: it stays where it is.
      if (!NightdeskError.is(error)) throw error;
      ports.log.warn({ event: "snooze.stays", error });
    }
  }
  return dues.length === 0 ? null : Math.max(0, Math.min(...dues) - ports.clock.now());
}

/** When it is due; null when it is back, or cannot be read and stays until the owner moves it. */
async function wakeOne(ports: Ports, path: string): Promise<number | null> {
  const text = await ports.files.read(path);
  const read = text === null ? null : readActionNote(nameOf(path), text, ports);
  if (text === null || !read?.ok) return null;
  const action = read.note;
  const dueMs = await settleDue(ports, action);
  if (dueMs === null) {
    await sendBack(ports, path, text, action);
    return null;
  }
  if (dueMs > ports.clock.now()) return dueMs;
  await ports.files.move(path, `${pendingFolder(action.channel)}/${nameOf(path)}`);
  return null;
}

/** When it comes back; null when the owner's words for it are not clear. */
async function settleDue(ports: Ports, { name, note }: ActionNote): Promise<number | null> {
  const nowMs = ports.clock.now();
  const asked = note.fields.snooze_until ?? "";
  const last = ports.ledger.lastStay(name.id, name.rev);
  if (last?.type === "snoozed" && last.asked === asked) return Date.parse(last.until);
  const dueMs = asked === "" ? nextMorning(nowMs, ports.timeZone) : parseWhen(asked, ports.timeZone);
  if (dueMs === null || dueMs <= nowMs || dueMs > nowMs + MAX_AHEAD_MS) return null;
  const until = new Date(dueMs).toISOString();
  await ports.ledger.addDecision({
    type: "snoozed",
    id: name.id,
    rev: name.rev,
    until,
    asked,
    at: new Date(nowMs).toISOString(),
  });
  await recordAudit(ports, {
    action_type: "note_snoozed",
    target: name.id,
    parameters: { rev: name.rev, until },
    approval_status: "pending",
    byOwner: true,
    result: `comes back ${formatWhen(dueMs, ports.timeZone)}`,
  });
  return dueMs;
}

async function sendBack(ports: Ports, path: string, text: string, action: ActionNote): Promise<void> {
  const { snooze_until: asked = "", ...fields } = action.note.fields;
  const notice = `It cannot wait until "${asked.slice(0, 60)}": that is not a time within the next year. Write snooze_until as 2026-11-23 09:00, or leave it out for the next morning, and move it to Snoozed/ again.`;
  await putBack(ports, path, text, action, { ...fields, notice: toFieldLine(notice) });
}
