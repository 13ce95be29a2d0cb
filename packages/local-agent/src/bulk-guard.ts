/** More approvals within a minute than anybody can have read wait, so that a folder dragged by mistake can be dragged back. */
export interface BulkSettings {
  /** So many within a minute go out as always. */
  approvals: number;
  /** So long the others wait, each from its own approval on. */
  waitMs: number;
}

export interface BulkGuard {
  /** An approval was seen, under the note's own key. Seen again it changes nothing. */
  arrived(key: string, nowMs: number): void;
  /** Taken back by the owner: it no longer counts. */
  withdrawn(key: string): void;
  /** Until when this one waits; null when it need not. */
  waitsUntil(key: string, nowMs: number): number | null;
}

const MINUTE_MS = 60_000;

/** @param onBurst told once for each burst, with the instant the last of them is let go */
export function createBulkGuard(settings: BulkSettings, onBurst: (untilMs: number) => void): BulkGuard {
  const arrivals = new Map<string, number>();
  const held = new Map<string, number>();
  let burstUntilMs = 0;

  const forget = (nowMs: number) => {
    for (const [key, atMs] of arrivals) {
      // Ahead of the clock: it was set back.
      if (atMs <= nowMs - MINUTE_MS || atMs > nowMs) arrivals.delete(key);
    }
    for (const [key, untilMs] of held) if (untilMs <= nowMs) held.delete(key);
  };

  return {
    arrived(key, nowMs) {
      if (!arrivals.has(key)) arrivals.set(key, nowMs);
    },
    withdrawn(key) {
      arrivals.delete(key);
      held.delete(key);
    },
    waitsUntil(key, nowMs) {
      forget(nowMs);
      if (arrivals.size > settings.approvals && settings.waitMs > 0) {
        for (const [other, atMs] of arrivals) {
          if (atMs + settings.waitMs > nowMs && !held.has(other)) held.set(other, atMs + settings.waitMs);
        }
        const untilMs = Math.max(0, ...held.values());
        if (burstUntilMs <= nowMs && untilMs > nowMs) onBurst(untilMs);
        burstUntilMs = Math.max(burstUntilMs, untilMs);
      }
      return held.get(key) ?? null;
    },
  };
}
