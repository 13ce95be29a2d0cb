import { readdir, readFile } from "node:fs/promises";

/** True while a process with this number exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * The processes whose environment holds one of `settings` (`NAME=value`): so daemons that detached
 * themselves are found too. Linux only; elsewhere the list is empty and PM2's own word has to do.
 */
export async function findProcesses(settings: readonly string[]): Promise<number[]> {
  const names = await readdir("/proc").catch(() => []);
  const found = await Promise.all(
    names
      .filter((name) => /^\d+$/.test(name))
      .map(async (name) => ((await carries(name, settings)) ? Number(name) : 0)),
  );
  return found.filter((pid) => pid > 0 && pid !== process.pid);
}

async function carries(pid: string, settings: readonly string[]): Promise<boolean> {
  const environment = (await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "")).split("\0");
  return settings.some((setting) => environment.includes(setting));
}

/** SIGKILL; a process that is gone already is no error. */
export function killHard(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself in the meantime.
    }
  }
}

/** Waits until none of them is left, or the time is over; true when all are gone. */
export async function waitUntilGone(pids: readonly number[], timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (pids.some(isAlive)) {
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}
