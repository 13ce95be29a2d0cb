import type { Clock } from "@nightdesk/claim-lib";

export interface FakeClock extends Clock {
  /** Lets time pass: every sleep that ends on the way is woken in order, at its own instant. */
  advance(durationMs: number): Promise<void>;
  /** Sets the wall clock without letting time pass, as when a machine's clock is corrected. Wakes nobody. */
  jumpTo(nowMs: number): void;
  /** How many sleeps are under way. */
  sleeping(): number;
  /** Resolves when at least `count` sleeps are under way. */
  untilSleeping(count?: number): Promise<void>;
}

interface Sleeper {
  dueMs: number;
  wake: () => void;
}

/** A Saturday morning; any fixed instant would do. */
const DEFAULT_START_MS = Date.UTC(2026, 10, 21, 8, 0, 0);

/** A clock that only moves when the test says so. */
export function createFakeClock(startMs: number = DEFAULT_START_MS): FakeClock {
  let elapsedMs = 0;
  let offsetMs = startMs;
  let sleepers: Sleeper[] = [];
  let watchers: { count: number; resolve: () => void }[] = [];

  const tellWatchers = () => {
    const ready = watchers.filter((watcher) => watcher.count <= sleepers.length);
    watchers = watchers.filter((watcher) => watcher.count > sleepers.length);
    for (const watcher of ready) watcher.resolve();
  };

  return {
    now: () => offsetMs + elapsedMs,
    sleep(durationMs) {
      if (durationMs <= 0) return Promise.resolve();
      return new Promise<void>((resolve) => {
        sleepers.push({ dueMs: elapsedMs + durationMs, wake: resolve });
        tellWatchers();
      });
    },
    async advance(durationMs) {
      const targetMs = elapsedMs + durationMs;
      // What was started just before may not have reached its sleep yet.
      await settle();
      for (let next = earliest(sleepers, targetMs); next; next = earliest(sleepers, targetMs)) {
        const woken = next;
        sleepers = sleepers.filter((sleeper) => sleeper !== woken);
        elapsedMs = woken.dueMs;
        woken.wake();
        await settle();
      }
      elapsedMs = targetMs;
    },
    jumpTo(nowMs) {
      offsetMs = nowMs - elapsedMs;
    },
    sleeping: () => sleepers.length,
    untilSleeping(count = 1) {
      return new Promise<void>((resolve) => {
        watchers.push({ count, resolve });
        tellWatchers();
      });
    },
  };
}

function earliest(sleepers: Sleeper[], targetMs: number): Sleeper | undefined {
  let found: Sleeper | undefined;
  for (const sleeper of sleepers) {
    if (sleeper.dueMs <= targetMs && (!found || sleeper.dueMs < found.dueMs)) found = sleeper;
  }
  return found;
}

/** A turn of the event loop: every promise that can go on has gone on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
