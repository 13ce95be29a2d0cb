import type { Clock, Random } from "@nightdesk/claim-lib";
import { Hints } from "./announce/hints.ts";
import type { Oid } from "./git/oid.ts";
import type { CycleReport } from "./run-cycle.ts";

export type Folders = Iterable<string> | "all";

/** A round over these folders. */
export interface RoundTurn {
  kind: "round";
  folders: Folders;
  trustBase: boolean;
  /** An announcement is a reason for it. */
  isHinted: boolean;
  /** What was synced last when it began. */
  baseTip: Oid | null;
}

/** What is to be done now: a round, a look at the remote's tip, or nothing. */
export type Turn = RoundTurn | { kind: "look" } | { kind: "rest"; isAnnounced: boolean };

export interface RhythmOptions {
  clock: Clock;
  random: Random;
  /** The slowest rhythm of looking at the remote where it does not announce. */
  intervalMs: number;
  /** What was synced last. */
  baseTip: () => Oid | null;
}

/** While things move the other side is looked at so often: 8 ms of CPU a look over an open connection [m]. */
const FAST_POLL_MS = 1_000;
/** Things move for this long after the last one did. */
const MOVING_MS = 60_000;
const SLOWER = 1.4;
/** A change must arrive within the interval, so the look comes a little earlier. */
const SLOWEST_SHARE = 0.8;
/** The net under the watchers, and under the announcements. */
const NET_MS = 15 * 60_000;
const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 60_000;
/** Between two signs of life in the status while everything rests. */
const ALIVE_MS = 60_000;
/** When to do what: which folders wait to be looked at, and how long the other side may be left alone. */
export class Rhythm {
  #dirty: Set<string> | "all" = "all";
  #wake: () => void = () => undefined;
  #isStopped = false;
  #failures = 0;
  #pollMs = FAST_POLL_MS;
  #isAnnounced = false;
  readonly #hints = new Hints();
  #nextLookAtMs: number;
  #nextRoundAtMs: number | null = null;
  #movedAtMs: number;
  #fullLookAtMs: number;
  readonly #slowestMs: number;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #baseTip: () => Oid | null;

  constructor({ clock, random, intervalMs, baseTip }: RhythmOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#baseTip = baseTip;
    const now = clock.now();
    this.#movedAtMs = now;
    this.#fullLookAtMs = now;
    this.#nextLookAtMs = now;
    this.#slowestMs = Math.max(FAST_POLL_MS, intervalMs * SLOWEST_SHARE);
  }

  touch(folders: Folders): void {
    if (folders === "all") this.#dirty = "all";
    else if (this.#dirty !== "all") for (const folder of folders) this.#dirty.add(folder);
    // A remote that is away is not asked at every key stroke.
    if (this.#failures === 0) this.#wake();
  }

  /** The remote says its changes from now on, or does so no longer. What was before has to be looked at. */
  setAnnounced(isAnnounced: boolean): void {
    this.#isAnnounced = isAnnounced;
    this.#hints.forget();
    this.#pollMs = FAST_POLL_MS;
    this.#nextLookAtMs = this.#clock.now();
    // The way to the remote is open again: no pause from before counts.
    if (isAnnounced) this.#failures = 0;
    this.#wake();
  }

  hint(tip: Oid | null): void {
    this.#hints.hear(tip);
    if (this.#failures === 0) this.#wake();
  }

  next(): Turn {
    const now = this.#clock.now();
    if (now - this.#fullLookAtMs >= NET_MS) this.#dirty = "all";
    const isHinted = this.#hints.dueInMs(this.#baseTip(), now) === 0;
    const isRoundDue = this.#nextRoundAtMs !== null && now >= this.#nextRoundAtMs;
    if (isHinted || isRoundDue || this.#isDirty()) {
      const folders = this.#dirty;
      this.#dirty = new Set();
      // The push is a compare-and-swap, so to be wrong costs one refused push.
      const trustBase = this.#isAnnounced && !isHinted && folders !== "all" && now < this.#nextLookAtMs;
      return { kind: "round", folders, trustBase, isHinted, baseTip: this.#baseTip() };
    }
    if (now >= this.#nextLookAtMs) return { kind: "look" };
    return { kind: "rest", isAnnounced: this.#isAnnounced };
  }

  /** A round is over. */
  finished(round: RoundTurn, report: CycleReport): void {
    const now = this.#clock.now();
    this.#failures = 0;
    if (round.folders === "all") this.#fullLookAtMs = now;
    this.#nextRoundAtMs = report.retryInMs === null ? null : now + report.retryInMs;
    this.#hints.synced([report.builtOn, report.tip], now);
    if (round.isHinted) this.#hints.judged(this.#baseTip() === round.baseTip, now);
    if (report.applied + report.published > 0) this.#movedAtMs = now;
    if (!round.trustBase) this.nothingNew();
  }

  /** The remote was asked, and all it had is known here. */
  nothingNew(): void {
    const now = this.#clock.now();
    this.#failures = 0;
    const isMoving = now - this.#movedAtMs < MOVING_MS;
    this.#pollMs = isMoving ? FAST_POLL_MS : Math.min(this.#slowestMs, this.#pollMs * SLOWER);
    this.#nextLookAtMs = now + (this.#isAnnounced ? NET_MS : this.#pollMs);
  }

  /** A look found something else than what was synced last. */
  foundNews(): void {
    this.#nextRoundAtMs = this.#clock.now();
  }

  failed(): void {
    this.#failures += 1;
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake();
  }

  /** Resolves when the next turn is due; true when there is none. */
  async wait(): Promise<boolean> {
    if (this.#isStopped) return true;
    const waitMs = this.#waitMs();
    if (waitMs > 0) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([this.#clock.sleep(waitMs), woken]);
    }
    return this.#isStopped;
  }

  #waitMs(): number {
    if (this.#failures > 0) {
      const ceiling = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(this.#failures - 1, 10));
      return ceiling / 2 + (this.#random.fraction() * ceiling) / 2;
    }
    if (this.#isDirty()) return 0;
    const now = this.#clock.now();
    const hintedInMs = this.#hints.dueInMs(this.#baseTip(), now) ?? Number.POSITIVE_INFINITY;
    const untilRoundMs = this.#nextRoundAtMs === null ? Number.POSITIVE_INFINITY : this.#nextRoundAtMs - now;
    return Math.max(0, Math.min(hintedInMs, untilRoundMs, this.#nextLookAtMs - now, ALIVE_MS));
  }

  #isDirty(): boolean {
    return this.#dirty === "all" || this.#dirty.size > 0;
  }
}
