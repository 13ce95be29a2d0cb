import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where a used point is remembered, below the state folder. Taking the file away arms the point again. */
export function failpointMarker(statePath: string, point: string): string {
  return join(statePath, "failpoints", point.replace(":", "-"));
}

/**
 * Lets a test kill this process at named points (NIGHTDESK_FAILPOINT), each once: a marker in the state
 * folder remembers across restarts that a point was used.
 */
export function createFailpoints<Point extends string>(
  points: readonly Point[],
  statePath: string,
): (point: Point) => Promise<void> {
  return async (point) => {
    const marker = failpointMarker(statePath, point);
    if (!points.includes(point) || existsSync(marker)) return;
    mkdirSync(join(statePath, "failpoints"), { recursive: true, mode: 0o700 });
    writeFileSync(marker, "");
    process.kill(process.pid, "SIGKILL");
    // The signal arrives in its own time; nothing may happen in between.
    await new Promise(() => undefined);
  };
}
