import { waitFor } from "@nightdesk/testkit";
import { fail } from "./errors.ts";

/** Waits until `look` gives something. Throws DEMO_TIMED_OUT, or why it was stopped. */
export type Until = <T>(
  what: string,
  timeoutMs: number,
  look: () => T | Promise<T>,
) => Promise<Exclude<T, false | null | undefined>>;

export interface WaitingRoom {
  until: Until;
  /** Something was seen: every wait looks again. */
  ring(): void;
  /** Ends every wait, now and later, with this error. */
  stop(reason: Error): void;
}

/** How often a condition is looked at when nothing was seen. */
const LOOK_EVERY_MS = 100;

export function createWaitingRoom(): WaitingRoom {
  const bells = new Set<() => void>();
  let stopped: Error | null = null;
  const ring = () => bells.forEach((bell) => bell());
  return {
    ring,
    stop(reason) {
      stopped ??= reason;
      ring();
    },
    async until(what, timeoutMs, look) {
      const found = await waitFor(async () => (stopped ? { stopped } : wrap(await look())), {
        what,
        timeoutMs,
        intervalMs: LOOK_EVERY_MS,
        subscribe(bell) {
          bells.add(bell);
          return () => bells.delete(bell);
        },
      }).catch((error: unknown) => {
        const seconds = Math.round(timeoutMs / 1000);
        throw fail("DEMO_TIMED_OUT", `Waited ${seconds} s for ${what}; it did not happen.`, { cause: error });
      });
      if ("stopped" in found) throw found.stopped;
      return found.value;
    },
  };
}

function wrap<T>(value: T): { value: Exclude<T, false | null | undefined> } | null {
  return isThere(value) ? { value } : null;
}

function isThere<T>(value: T): value is Exclude<T, false | null | undefined> {
  return value !== false && value !== null && value !== undefined;
}
