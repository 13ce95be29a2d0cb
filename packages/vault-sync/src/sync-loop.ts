import { NightdeskError, type Clock, type Random } from "@nightdesk/claim-lib";
import { fail } from "./errors.ts";
import { saveTable, type Replica } from "./replica.ts";
import type { StatusReporter } from "./report-status.ts";
import { runCycle, type CycleReport } from "./run-cycle.ts";

export interface SyncLoopOptions {
  replica: Replica;
  status: StatusReporter;
  /** The slowest rhythm of looking at the remote. */
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
  /** Resolves when the round under way is over and the table is kept. */
  stop(): Promise<void>;
}

/** While things move the other side is looked at so often: 8 ms of CPU a look over an open connection [m]. */
const FAST_POLL_MS = 1_000;
/** Things move for this long after the last one did. */
const MOVING_MS = 60_000;
const SLOWER = 1.4;
/** A change must arrive within the interval, so the look comes a little earlier. */
const SLOWEST_SHARE = 0.8;
/** The net under the watchers. */
const FULL_LOOK_MS = 5 * 60_000;
const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 60_000;

/** Runs rounds one after the other: on events, when the remote has moved, and now and then. */
export function startSyncLoop(options: SyncLoopOptions): SyncLoop {
  const rhythm = new Rhythm(options);
  const running = runUntilStopped(options, rhythm);
  return {
    changed: (folder) => rhythm.touch([folder]),
    lost: () => rhythm.touch("all"),
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
      rhythm.succeeded();
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
  if (!rhythm.isRoundDue()) {
    const tip = await remote.cheapTip();
    if (tip === replica.base.commit) {
      rhythm.nothingNew();
      return status.alive();
    }
  }
  const looking = rhythm.takeFolders();
  const startedAtMs = clock.now();
  let report: CycleReport;
  try {
    report = await runCycle(replica, looking);
  } catch (error) {
    // What was not looked at for sure is looked at again.
    rhythm.touch(looking);
    throw error;
  }
  rhythm.finished(looking, report);
  if (looking === "all") await saveTable(replica);
  await status.done(report);
  options.onRound?.(report, clock.now() - startedAtMs);
}

function unforeseen(cause: unknown): NightdeskError {
  return fail("INTERNAL", "Sync stopped over something nobody foresaw; nothing is lost, it is tried again.", {
    cause,
  });
}

type Folders = Iterable<string> | "all";

/** When to do what: which folders wait to be looked at, and how long the other side may be left alone. */
class Rhythm {
  #dirty: Set<string> | "all" = "all";
  #wake: () => void = () => undefined;
  #stopped = false;
  #failures = 0;
  #pollMs = FAST_POLL_MS;
  #movedAtMs: number;
  #fullLookAtMs: number;
  #nextRoundAtMs: number | null = null;
  readonly #slowestMs: number;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(options: SyncLoopOptions) {
    this.#clock = options.replica.ports.clock;
    this.#random = options.replica.ports.random;
    this.#movedAtMs = this.#clock.now();
    this.#fullLookAtMs = this.#clock.now();
    this.#slowestMs = Math.max(FAST_POLL_MS, options.intervalMs * SLOWEST_SHARE);
  }

  touch(folders: Folders): void {
    if (folders === "all") this.#dirty = "all";
    else if (this.#dirty !== "all") for (const folder of folders) this.#dirty.add(folder);
    // A remote that is away is not asked at every key stroke.
    if (this.#failures === 0) this.#wake();
  }

  isRoundDue(): boolean {
    const now = this.#clock.now();
    if (now - this.#fullLookAtMs >= FULL_LOOK_MS) this.#dirty = "all";
    return this.#isDirty() || (this.#nextRoundAtMs !== null && now >= this.#nextRoundAtMs);
  }

  takeFolders(): Folders {
    const folders = this.#dirty;
    this.#dirty = new Set();
    return folders;
  }

  finished(looking: Folders, report: CycleReport): void {
    const now = this.#clock.now();
    if (looking === "all") this.#fullLookAtMs = now;
    this.#nextRoundAtMs = report.retryInMs === null ? null : now + report.retryInMs;
    if (report.applied + report.published === 0) return;
    this.#movedAtMs = now;
    this.#pollMs = FAST_POLL_MS;
  }

  nothingNew(): void {
    const isMoving = this.#clock.now() - this.#movedAtMs < MOVING_MS;
    this.#pollMs = isMoving ? FAST_POLL_MS : Math.min(this.#slowestMs, this.#pollMs * SLOWER);
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(): void {
    this.#failures += 1;
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /** Resolves when the next turn is due; true when there is none. */
  async wait(): Promise<boolean> {
    if (this.#stopped) return true;
    const waitMs = this.#waitMs();
    if (waitMs > 0) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([this.#clock.sleep(waitMs), woken]);
    }
    return this.#stopped;
  }

  #waitMs(): number {
    if (this.#failures > 0) {
      const ceiling = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.#failures - 1));
      return ceiling / 2 + (this.#random.fraction() * ceiling) / 2;
    }
    if (this.#isDirty()) return 0;
    const untilRound = this.#nextRoundAtMs === null ? this.#pollMs : this.#nextRoundAtMs - this.#clock.now();
    return Math.max(0, Math.min(this.#pollMs, untilRound));
  }

  #isDirty(): boolean {
    return this.#dirty === "all" || this.#dirty.size > 0;
  }
}
