import type { Clock } from "@nightdesk/claim-lib";
import type { Logger } from "@nightdesk/daemon-kit/logger";
import { startPeriodicLook, type PeriodicLook } from "@nightdesk/daemon-kit/periodic-look";
import { PARTS, type Look, type PartName } from "./agent.ts";

export interface RunningParts {
  ring(part: PartName): void;
  stop(): Promise<void>;
}

/** Watchers miss events (overflow, network disks); this is the net under them. */
const LOOK_EVERY_MS = 20_000;
/** Every write of the dashboard is a change that syncs: what happens within a second is one. */
const DASHBOARD_DELAY_MS = 1_000;

/** Keeps every part looking: when rung, when it asked to be woken, and every 20 s. */
export function runParts(
  looks: Readonly<Record<PartName, Look>>,
  ports: { clock: Clock; log: Logger },
): RunningParts {
  const parts = new Map<PartName, PeriodicLook>();
  let stopped = false;
  const soon = (part: PartName) => {
    if (!stopped) parts.get(part)?.soon();
  };
  const later = async (part: PartName, delayMs: number) => {
    await ports.clock.sleep(delayMs);
    soon(part);
  };

  let dashboardRung = false;
  const ringDashboard = async () => {
    if (dashboardRung) return;
    dashboardRung = true;
    await later("dashboard", DASHBOARD_DELAY_MS);
    dashboardRung = false;
  };

  for (const name of PARTS) {
    const look = async () => {
      const wakeInMs = await looks[name]();
      // One more millisecond, or a timer that is early finds its window still open.
      if (wakeInMs !== null && wakeInMs < LOOK_EVERY_MS) void later(name, wakeInMs + 1);
    };
    const onError = (error: unknown) => ports.log.error({ event: "look.failed", part: name, error });
    parts.set(name, startPeriodicLook({ intervalMs: LOOK_EVERY_MS, look, onError }));
  }
  return {
    ring: (part) => (part === "dashboard" ? void ringDashboard() : soon(part)),
    async stop() {
      stopped = true;
      await Promise.all([...parts.values()].map((part) => part.stop()));
    },
  };
}
