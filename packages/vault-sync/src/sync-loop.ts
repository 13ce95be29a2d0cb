import { NightdeskError } from "@nightdesk/claim-lib";
import { fail } from "./errors.ts";
import type { Oid } from "./git/oid.ts";
import { saveTable, type Replica } from "./replica.ts";
import type { StatusReporter } from "./report-status.ts";
import { Rhythm } from "./rhythm.ts";
import { runCycle, type CycleReport } from "./run-cycle.ts";

export interface SyncLoopOptions {
  replica: Replica;
  status: StatusReporter;
  /** The slowest rhythm of looking at a remote that does not announce. */
  intervalMs: number;
  /** After a round: for the log and the figures. */
  onRound?: (report: CycleReport, tookMs: number) => void;
  onError?: (error: NightdeskError) => void;
}

export interface SyncLoop {
  /** Something may have changed in this folder of the vault. */
  changed(folder: string): void;
  /** Events were lost: look at everything. */
  lost(): void;
  /** The remote's branch may stand at this tip now; null when it was not said which. A hint, no more. */
  announced(tip: Oid | null): void;
  /** The remote says its changes from now on, or does so no longer. */
  setAnnounced(isAnnounced: boolean): void;
  /** Resolves when the round under way is over and the table is kept. */
  stop(): Promise<void>;
}

/** Runs rounds one after the other: on events, when the remote has moved, and now and then. */
export function startSyncLoop(options: SyncLoopOptions): SyncLoop {
  const { replica, intervalMs } = options;
  const { clock, random } = replica.ports;
  const rhythm = new Rhythm({ clock, random, intervalMs, baseTip: () => replica.base.commit });
  const running = runUntilStopped(options, rhythm);
  return {
    changed: (folder) => rhythm.touch([folder]),
    lost: () => rhythm.touch("all"),
    announced: (tip) => rhythm.hint(tip),
    setAnnounced(isAnnounced) {
      options.status.setAnnounced(isAnnounced);
      rhythm.setAnnounced(isAnnounced);
    },
    async stop() {
      rhythm.stop();
      await running;
    },
  };
}

async function runUntilStopped(options: SyncLoopOptions, rhythm: Rhythm): Promise<void> {
  const { replica, status } = options;
  for (;;) {
    try {
      await takeTurn(options, rhythm);
    } catch (error) {
      const known = NightdeskError.is(error) ? error : unforeseen(error);
      rhythm.failed();
      options.onError?.(known);
      // A full disk must not end the loop that would notice when there is room again.
      await status.failed(known).catch(() => undefined);
    }
    if (await rhythm.wait()) break;
  }
  await saveTable(replica);
}

async function takeTurn(options: SyncLoopOptions, rhythm: Rhythm): Promise<void> {
  const { replica, status } = options;
  const { clock, remote } = replica.ports;
  let turn = rhythm.next();
  // A channel that stands is a sign of life; without one only asking the remote is.
  if (turn.kind === "rest") return turn.isAnnounced ? status.alive() : undefined;
  if (turn.kind === "look") {
    if ((await remote.cheapTip()) === replica.base.commit) {
      rhythm.nothingNew();
      return status.alive();
    }
    rhythm.foundNews();
    turn = rhythm.next();
    if (turn.kind !== "round") return;
  }
  const startedAtMs = clock.now();
  let report: CycleReport;
  try {
    report = await runCycle(replica, turn.folders, { trustBase: turn.trustBase });
  } catch (error) {
    // What was not looked at for sure is looked at again.
    rhythm.touch(turn.folders);
    throw error;
  }
  rhythm.finished(turn, report);
  if (turn.folders === "all") await saveTable(replica);
  await status.done(report);
  options.onRound?.(report, clock.now() - startedAtMs);
}

function unforeseen(cause: unknown): NightdeskError {
  return fail("INTERNAL", "Sync stopped over something nobody foresaw; nothing is lost, it is tried again.", {
    cause,
  });
}
