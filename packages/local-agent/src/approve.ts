import { FOLDERS, NightdeskError, parseTaskName, taskKey } from "@nightdesk/claim-lib";
import { fileOf, watchWindow, type Window } from "./approval-window.ts";
import type { BulkGuard } from "./bulk-guard.ts";
import { isSystemFile } from "./check-approval.ts";
import { decide, refuse } from "./decide-approval.ts";
import type { Executed } from "./execute.ts";
import { findHalt } from "./find-halt.ts";
import type { Limiter } from "./limiter.ts";
import { MAX_PARALLEL } from "./limits.ts";
import { createOddEntries } from "./odd-entries.ts";
import { parkAfterRollback } from "./park-approvals.ts";
import type { Ports } from "./ports.ts";
import { tellTakenBack } from "./taken-back.ts";

export interface Approver {
  /** Looks at Approved/ and Scheduled/. Resolves with when to look again; null when nothing waits. */
  look(): Promise<number | null>;
  /** Resolves when nothing is being decided or carried out. */
  idle(): Promise<void>;
  /** Why a note still lies in Approved/ or Scheduled/, by path. */
  held(): ReadonlyMap<string, string>;
}

export interface ApproverOptions {
  undoWindowMs: number;
  /** So much later than its time a scheduled note is still sent without another question. */
  scheduleGraceMs: number;
  limiter: Limiter;
  bulk: BulkGuard;
  /** Told how each execution ended. */
  onExecuted: (id: string, executed: Executed) => void;
  /** Called when a decision has ended and another look is worth it. */
  onChange: () => void;
}

/** Where an approval can lie: to be carried out soon, or at its time. */
const APPROVING = [FOLDERS.approved, FOLDERS.scheduled] as const;

export function createApprover(ports: Ports, options: ApproverOptions): Approver {
  const windows = new Map<string, Window>();
  const running = new Set<Promise<void>>();
  const lookForOdd = createOddEntries(ports, APPROVING);
  let odd: ReadonlyMap<string, string> = new Map();

  const start = (path: string, window: Window) => {
    const work = async () => {
      const keep = await decide(ports, options, path, window);
      window.busy = false;
      if (!keep) windows.delete(path);
    };
    window.busy = true;
    const job = work().finally(() => {
      running.delete(job);
      options.onChange();
    });
    running.add(job);
  };

  return {
    async look() {
      await parkAfterRollback(ports);
      const paths = await listApproved(ports);
      odd = await lookForOdd();
      await dropGone(ports, options, windows, new Set(paths));
      const halt = await findHalt(ports);
      for (const path of paths) {
        // One file that cannot be read must not hold up all the others.
        await watchWindow(ports, options, windows, path, halt).catch((error) => leaveOut(ports, path, error));
      }
      if (halt !== null) return null;
      const nowMs = ports.clock.now();
      for (const [path, window] of windows) {
        if (!window.busy && window.dueMs <= nowMs && running.size < MAX_PARALLEL) start(path, window);
      }
      const waits = [...windows.values()].filter(({ busy, dueMs }) => !busy && dueMs > nowMs);
      // Those that are due and found no free place are started when one that runs has ended.
      return waits.length === 0 ? null : Math.min(...waits.map(({ dueMs }) => dueMs)) - nowMs;
    },
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
    held: () =>
      new Map([
        ...odd,
        ...[...windows].flatMap(([path, { held }]) => (held === null ? [] : [[path, held] as const])),
      ]),
  };
}

async function listApproved(ports: Ports): Promise<string[]> {
  const lists = await Promise.all(
    APPROVING.map(async (folder) =>
      (await ports.files.list(folder))
        .filter((name) => !isSystemFile(name))
        .map((name) => `${folder}/${name}`),
    ),
  );
  return lists.flat();
}

/** Moved away before the end of its window: that cancels it, and the owner is told so. */
async function dropGone(
  ports: Ports,
  options: ApproverOptions,
  windows: Map<string, Window>,
  paths: ReadonlySet<string>,
): Promise<void> {
  for (const [path, window] of windows) {
    if (paths.has(path) || window.busy) continue;
    windows.delete(path);
    const name = parseTaskName(fileOf(path));
    // Moved on by the owner between the two folders of approval: it is still approved.
    if (name === null || APPROVING.some((folder) => paths.has(`${folder}/${fileOf(path)}`))) continue;
    options.bulk.withdrawn(taskKey(path) ?? path);
    await tellTakenBack(ports, name, window.sinceMs).catch((error: unknown) =>
      ports.log.warn({ event: "approval.taken_back_untold", task: taskKey(path), error }),
    );
  }
}

/** What can never be read goes to Needs_Attention/; anything else is tried again at the next look. */
async function leaveOut(ports: Ports, path: string, error: unknown): Promise<void> {
  ports.log.warn({ event: "approval.unreadable", task: taskKey(path), error });
  if (NightdeskError.is(error) && error.retry === "never")
    await refuse(ports, path, error.code, error.message);
}
