import { SYNC_STATUS_FILE } from "@nightdesk/claim-lib";
import { findNode, type DiskState } from "../disk-state.ts";
import { STATE } from "../machine.ts";
import { SimDisk } from "../sim-disk.ts";
import { surviveCrash, SURVIVORS, type Survivor } from "../survivors.ts";
import type { Outside } from "./outside.ts";
import type { ExecTruth } from "./truth.ts";
import type { ExecSnapshot } from "./world.ts";

/**
 * What is left after a crash. Beside what a disk keeps: the journal alone, or the whole state folder, put back to
 * the copy from before the run, while the vault and the provider are newer.
 */
export type ExecSurvivor = Survivor | "old-journal" | "old-state";

export const EXEC_SURVIVORS: readonly ExecSurvivor[] = [...SURVIVORS, "old-journal", "old-state"];

/** Started again within the next second. */
const RESTART_MS = 1_000;

/** @param copy from before the run: what a backup holds */
export function surviveExec(
  snapshot: ExecSnapshot,
  survivor: ExecSurvivor,
  copy: ExecSnapshot,
): ExecSnapshot {
  const elapsedMs = Math.ceil((snapshot.elapsedMs + 1) / RESTART_MS) * RESTART_MS;
  const at = { ...snapshot, elapsedMs };
  if (survivor === "old-journal")
    return {
      ...at,
      disk: putBack(snapshot.disk, copy.disk, ["journal.jsonl"]),
      // A journal that lacks no start of the program lacks nothing that was begun.
      truth: withoutRecords(snapshot.truth, !isSame(snapshot.disk, copy.disk, "decisions.jsonl")),
    };
  if (survivor === "old-state") {
    const { rows, begun } = copy.outside;
    const outside: Outside = { ...snapshot.outside, rows, begun };
    const disk = putBack(snapshot.disk, copy.disk, ["journal.jsonl", "decisions.jsonl", "presented.jsonl"]);
    return { ...at, disk: withSyncStopped(disk), outside, truth: withoutRecords(snapshot.truth, true) };
  }
  return { ...at, disk: surviveCrash(snapshot.disk, survivor, snapshot.events) };
}

/** Approvals whose records are gone may have been carried out: they are unknown until the owner says so again. */
function withoutRecords(truth: ExecTruth, isOlder: boolean): ExecTruth {
  return Object.fromEntries(
    Object.entries(truth).map(([n, task]) => [
      n,
      {
        ...task,
        isVoid: task.isVoid || (isOlder && task.hand === "approved"),
        excuses: [...new Set([...task.excuses, "records put back"])],
      },
    ]),
  );
}

function isSame(one: DiskState, other: DiskState, file: string): boolean {
  const [a, b] = [one, other].map((state) => findNode(state, `${STATE}/${file}`)?.bytes ?? Buffer.alloc(0));
  return a !== undefined && b !== undefined && a.equals(b);
}

function putBack(now: DiskState, old: DiskState, files: readonly string[]): DiskState {
  return edit(now, (disk) => {
    for (const file of files) {
      const path = `${STATE}/${file}`;
      disk.putSynced(path, findNode(old, path)?.bytes ?? Buffer.alloc(0));
    }
  });
}

/** As vault-sync finds it out: the remote holds work of this machine that it has no record of. */
function withSyncStopped(state: DiskState): DiskState {
  const status = {
    replica: "local",
    state: "stopped",
    message: "The remote holds work of this laptop that it has no record of.",
    code: "OWN_COMMIT_UNKNOWN",
    lastSyncAt: null,
    tip: null,
    peerLastCommitAt: null,
    pendingChanges: 0,
    refused: [],
  };
  return edit(state, (disk) =>
    disk.putSynced(`${STATE}/${SYNC_STATUS_FILE}`, Buffer.from(JSON.stringify(status))),
  );
}

function edit(state: DiskState, work: (disk: SimDisk) => void): DiskState {
  const disk = new SimDisk({ now: () => 0 }, state);
  work(disk);
  return disk.snapshot();
}
