import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { NightdeskError } from "@nightdesk/claim-lib";
import { fail } from "./errors.ts";
import { isDescendant, readProcesses } from "./processes.ts";
import { TEMP_DIR_PREFIX } from "./temp-dir.ts";
import { waitFor } from "./wait-for.ts";

export interface Leaks {
  /** `<pid> <command line>` of descendants, and of processes that carry the marker wherever they hang. */
  processes: string[];
  tempDirs: string[];
  /** What keeps the event loop alive and was not there before: `TCPServerWrap`, `Timeout`, ... */
  handles: string[];
}

export interface LeakCheckOptions {
  /**
   * An environment variable given to every process under test, as `NAME=value`: it also finds the ones that
   * detached themselves and are no longer descendants.
   */
  marker?: string;
  /** How long what is just ending may take. */
  graceMs?: number;
}

export interface LeakCheck {
  /** What is there now that was not there at the start. */
  look(): Promise<Leaks>;
  /** Throws LEAK_FOUND, with a list, when something is still there after the grace time. */
  assertNone(): Promise<void>;
}

// Work in progress of the runner itself, not something that was left open.
const PASSING_HANDLES = new Set([
  "Immediate",
  "FSReqCallback",
  "FSReqPromise",
  "TTYWrap",
  "CloseReq",
  "MessagePort",
]);

/** Remembers what is there now; ask at the end of the test. Processes are seen on Linux only (/proc). */
export async function startLeakCheck(options: LeakCheckOptions = {}): Promise<LeakCheck> {
  const before = {
    processes: await findProcesses(options.marker),
    tempDirs: await findTempDirs(),
    handles: countHandles(),
  };
  const look = async (): Promise<Leaks> => ({
    processes: [...(await findProcesses(options.marker))]
      .filter(([pid]) => !before.processes.has(pid))
      .map(([pid, command]) => `${pid} ${command}`),
    tempDirs: (await findTempDirs()).filter((name) => !before.tempDirs.includes(name)),
    handles: [...countHandles()].flatMap(([kind, count]) =>
      Array.from({ length: Math.max(0, count - (before.handles.get(kind) ?? 0)) }, () => kind),
    ),
  });
  return {
    look,
    async assertNone() {
      try {
        await waitFor(async () => isClean(await look()), {
          what: "everything to be cleaned up",
          timeoutMs: options.graceMs ?? 2000,
          intervalMs: 50,
        });
      } catch (error) {
        if (!NightdeskError.is(error, "WAIT_TIMED_OUT")) throw error;
        const leaks = await look();
        throw fail("LEAK_FOUND", `Left behind: ${JSON.stringify(leaks)}`, { data: { ...leaks } });
      }
    },
  };
}

function isClean(leaks: Leaks): boolean {
  return leaks.processes.length + leaks.tempDirs.length + leaks.handles.length === 0;
}

async function findTempDirs(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith(TEMP_DIR_PREFIX));
}

function countHandles(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (!PASSING_HANDLES.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

async function findProcesses(marker: string | undefined): Promise<Map<number, string>> {
  const rows = await readProcesses(marker);
  const found = new Map<number, string>();
  for (const [pid, row] of rows) {
    // A zombie has ended; its parent has just not asked yet.
    if (pid === process.pid || row.state === "Z") continue;
    if (row.marked || isDescendant(rows, pid, process.pid)) found.set(pid, row.command);
  }
  return found;
}
