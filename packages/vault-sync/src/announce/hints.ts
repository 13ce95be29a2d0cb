import type { Oid } from "../git/oid.ts";

/** An announcement may come late, after what it names was synced and more: for this long it is no news. */
const LATE_MS = 60_000;
const MAX_RECENT = 256;
/** Announcements in a row that led to nothing, before the next one has to wait. */
const FREE_FALSE_HINTS = 3;
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;

/**
 * Judges whether what was announced is worth a round. The other end is not trusted: a flood of
 * announcements is one, and one that cries wolf is heard ever more rarely.
 */
export class Hints {
  /** The newest; null for one that named no tip, undefined for none. */
  #newest: Oid | null | undefined = undefined;
  #notBeforeMs = 0;
  #falseInARow = 0;
  readonly #recent = new Map<Oid, number>();

  hear(tip: Oid | null): void {
    this.#newest = tip;
  }

  forget(): void {
    this.#newest = undefined;
  }

  /** Milliseconds until a round is worth it; null when nothing speaks for one. */
  dueInMs(baseTip: Oid | null, nowMs: number): number | null {
    const tip = this.#newest;
    if (tip === undefined || (tip !== null && this.#isKnown(tip, baseTip, nowMs))) return null;
    return Math.max(0, this.#notBeforeMs - nowMs);
  }

  /** These tips were synced just now. */
  synced(tips: readonly (Oid | null)[], nowMs: number): void {
    for (const tip of tips) {
      if (tip === null) continue;
      this.#recent.delete(tip);
      this.#recent.set(tip, nowMs);
    }
    for (const [tip, atMs] of this.#recent) {
      if (this.#recent.size <= MAX_RECENT && nowMs - atMs < LATE_MS) break;
      this.#recent.delete(tip);
    }
  }

  /** The remote was asked because of a hint. @param wasFalse nothing at all had changed */
  judged(wasFalse: boolean, nowMs: number): void {
    if (!wasFalse) {
      this.#falseInARow = 0;
      this.#notBeforeMs = 0;
      return;
    }
    this.#newest = undefined;
    this.#falseInARow += 1;
    const over = this.#falseInARow - FREE_FALSE_HINTS;
    if (over > 0)
      this.#notBeforeMs = nowMs + Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(over - 1, 10));
  }

  #isKnown(tip: Oid, baseTip: Oid | null, nowMs: number): boolean {
    const syncedAtMs = this.#recent.get(tip);
    return tip === baseTip || (syncedAtMs !== undefined && nowMs - syncedAtMs < LATE_MS);
  }
}
