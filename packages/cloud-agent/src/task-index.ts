import { doneFolder, FOLDERS, parseTaskName } from "@nightdesk/claim-lib";
import type { CloudPorts, CloudSettings } from "./ports.ts";

/** Which tasks exist already, so that one mail never becomes two. */
export interface TaskIndex {
  has(id: string): boolean;
  /** To be called after the note is on the disk. */
  add(id: string): Promise<void>;
  /** Looks through the vault again: the laptop may have made the same task. */
  refresh(): Promise<void>;
  /** How far the mailbox has been read, as far as the tasks tell; null when there is none. */
  lastAt(): string | null;
}

/** Done notes leave the live tree after 90 days; one month more for the month that has just begun. */
const DONE_MONTHS = 4;

/**
 * Two sources: the notes in every folder a task can be in, and a log of every id ever made, which
 * also knows the ones whose notes the owner has deleted. Either alone would do between crashes.
 */
export async function createTaskIndex(
  ports: Pick<CloudPorts, "files" | "state" | "clock">,
  settings: CloudSettings,
): Promise<TaskIndex> {
  const seen = await ports.state.readSeen();
  const ids = new Set(seen.ids);
  let lastAt = seen.lastAt;
  const record = async (id: string, at: string) => {
    if (ids.has(id)) return;
    await ports.state.addSeen(id, at);
    ids.add(id);
    if (lastAt === null || at > lastAt) lastAt = at;
  };
  const refresh = async () => {
    // In the order of the lifecycle: a note that moves on meanwhile is met again further on.
    for (const folder of lifecycleFolders(settings, ports.clock.now())) {
      for (const name of await ports.files.list(folder)) {
        const task = parseTaskName(name);
        if (task) await record(task.id, instantOf(task.date, ports.clock.now()));
      }
    }
  };
  await refresh();
  return {
    has: (id) => ids.has(id),
    add: (id) => record(id, new Date(ports.clock.now()).toISOString()),
    refresh,
    lastAt: () => lastAt,
  };
}

/**
 * The day in a note's name as an instant: on a rebuilt machine the newest one says how far the mailbox
 * had been read. A day of the future, or of no calendar, says nothing.
 */
function instantOf(day: string, nowMs: number): string {
  const ms = Date.parse(`${day}T00:00:00.000Z`);
  return new Date(ms <= nowMs ? ms : 0).toISOString();
}

/** Every folder a task note can lie in; months of Done/ as far back as the live tree goes. */
export function lifecycleFolders(settings: CloudSettings, nowMs: number): string[] {
  const months = new Set<string>();
  for (let back = 0; back < DONE_MONTHS; back += 1) {
    const day = new Date(nowMs);
    // The first of the month, or 31 May minus one month would be May again.
    months.add(doneFolder(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() - back, 1)));
  }
  return [
    `${FOLDERS.needsAction}/${settings.needsAction}`,
    `${FOLDERS.inProgress}/cloud`,
    `${FOLDERS.inProgress}/local`,
    `${FOLDERS.pending}/${settings.channel}`,
    FOLDERS.snoozed,
    FOLDERS.scheduled,
    FOLDERS.approved,
    `${FOLDERS.inProgress}/local`,
    FOLDERS.rejected,
    FOLDERS.expired,
    FOLDERS.needsAttention,
    ...months,
  ];
}
