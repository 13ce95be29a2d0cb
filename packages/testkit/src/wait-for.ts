import { describeError } from "@nightdesk/claim-lib";
import { fail } from "./errors.ts";

export interface WaitOptions {
  /** Says what is awaited, for the message at the deadline: "the note to reach Done". */
  what: string;
  timeoutMs?: number;
  /** The longest time between two looks. */
  intervalMs?: number;
  /** Told a function to call whenever a look is worth it; returns how to stop. Polling stays as the net. */
  subscribe?: (lookNow: () => void) => () => void;
  /** What is the case instead, for the message at the deadline. */
  describe?: () => unknown;
}

/**
 * Waits until `look` gives something other than false, null or undefined, and returns that.
 * A look that throws counts as "not yet"; its words are in the message when time is up.
 */
export async function waitFor<T>(
  look: () => T | Promise<T>,
  options: WaitOptions,
): Promise<Exclude<T, false | null | undefined>> {
  const { what, timeoutMs = 10_000, intervalMs = 25 } = options;
  const deadline = performance.now() + timeoutMs;
  const bell = createBell();
  const unsubscribe = options.subscribe?.(bell.ring);
  let lastWords = "";
  try {
    for (;;) {
      try {
        const found = await look();
        if (isThere(found)) return found;
        lastWords = "";
      } catch (error) {
        lastWords = ` The last look failed: ${describeError(error)}`;
      }
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) break;
      await bell.wait(Math.min(intervalMs, leftMs));
    }
  } finally {
    unsubscribe?.();
  }
  const instead = options.describe ? ` Instead: ${toText(await options.describe())}` : "";
  throw fail(
    "WAIT_TIMED_OUT",
    `Waited ${timeoutMs} ms for ${what}; it did not happen.${instead}${lastWords}`,
    {
      data: { what, timeoutMs },
    },
  );
}

function isThere<T>(value: T): value is Exclude<T, false | null | undefined> {
  return value !== false && value !== null && value !== undefined;
}

/** A sleep that can be ended from outside; a ring during a look counts for the next sleep. */
function createBell() {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      wake?.();
    },
    async wait(durationMs: number) {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, durationMs);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      rung = false;
      wake = undefined;
    },
  };
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value, null, 1) ?? String(value));
}
