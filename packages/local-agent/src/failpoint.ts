import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Failpoint } from "./ports.ts";

/**
 * Lets a test kill this process at named points (NIGHTDESK_FAILPOINT), each once: a marker in the state
 * folder remembers across restarts that a point was used.
 */
export function createFailpoints(
  points: readonly Failpoint[],
  statePath: string,
): (point: Failpoint) => Promise<void> {
  const folder = join(statePath, "failpoints");
  return async (point) => {
    const marker = join(folder, point.replace(":", "-"));
    if (!points.includes(point) || existsSync(marker)) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(marker, "");
    process.kill(process.pid, "SIGKILL");
    // The signal arrives in its own time; nothing may happen in between.
    await new Promise(() => undefined);
  };
}
