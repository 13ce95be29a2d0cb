import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "@nightdesk/claim-lib";

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (durationMs) => {
    await wait(durationMs);
  },
};
