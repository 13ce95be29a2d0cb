import { mayBeginAgain, type Journal } from "./journal.ts";
import { nextFreeAt, type Caps } from "./limits.ts";

/** Keeps the number of effects begun per hour and day, across restarts, under its caps. */
export interface Limiter {
  /** Takes one place; call `release` when the execution has ended. */
  take(
    channel: string,
    id: string,
    nowMs: number,
  ): { ok: true; release: () => void } | { ok: false; untilMs: number };
  /** How many were begun in the last hour. */
  usedThisHour(channel: string, nowMs: number): number;
}

const HOUR_MS = 3_600_000;

export function createLimiter(
  journal: Journal,
  mode: "live" | "dry_run",
  capsOf: (channel: string) => Caps,
): Limiter {
  const taken = new Map<string, { channel: string; atMs: number }>();
  const starts = (channel: string, ownId?: string) => {
    // A rehearsal must not use up the real day, nor the reverse.
    const begun = journal
      .entries()
      .filter(({ intent }) => intent.channel === channel && intent.mode === mode && intent.id !== ownId)
      // An intent that waits for a mail server that fails is carried out later, and then all at once.
      .filter((entry) => entry.state === "intent" || !mayBeginAgain(entry));
    const counted = new Set(begun.map(({ intent }) => intent.id));
    const soon = [...taken].filter(([id, place]) => place.channel === channel && !counted.has(id));
    return [...begun.map(({ intent }) => Date.parse(intent.at)), ...soon.map(([, { atMs }]) => atMs)];
  };
  return {
    take(channel, id, nowMs) {
      const untilMs = nextFreeAt(starts(channel, id), nowMs, capsOf(channel));
      if (untilMs !== null) return { ok: false, untilMs };
      taken.set(id, { channel, atMs: nowMs });
      return { ok: true, release: () => taken.delete(id) };
    },
    usedThisHour: (channel, nowMs) => starts(channel).filter((start) => start > nowMs - HOUR_MS).length,
  };
}
