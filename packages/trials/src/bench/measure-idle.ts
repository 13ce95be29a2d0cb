import { setTimeout as sleep } from "node:timers/promises";
import type { BenchPair, Side, SideName } from "./bench-pair.ts";
import { startForkCount } from "./count-forks.ts";
import { cpuTimeMs, findSides, memoryOf, type ProcessMemory } from "./process-usage.ts";
import type { ModeId } from "./sync-options.ts";

export interface SideIdle {
  cpuMs: number;
  /** Of one core, in percent. */
  cpuPercent: number;
  /** Processes started; null where that could not be counted. */
  started: number | null;
  /** The largest process: ours, or Syncthing's worker. Null when nothing runs. */
  main: ProcessMemory | null;
  /** What all the others hold: git, ssh, a monitor. Pages they share count for each. */
  othersRssMb: number;
}

export type IdleOfMode = Partial<Record<SideName, SideIdle>>;

/** What each pair costs while nothing happens: all of them in the same minute. */
export async function measureIdle(
  pairs: readonly BenchPair[],
  { idleMs, countForks }: { idleMs: number; countForks: boolean },
): Promise<Partial<Record<ModeId, IdleOfMode>>> {
  const loops = pairs.flatMap((pair) => pair.startIdle?.() ?? []);
  const owned = pairs.map((pair) => ({ pair, sides: pair.sides() }));
  const fixed = owned.map(({ pair, sides }) => ({ ...pair, sides: () => sides }));
  try {
    const before = await findSides(fixed);
    const forks = countForks ? await startForkCount([...before.values()]) : null;
    const startedAt = performance.now();
    const cpuBefore = new Map([...before].map(([side, pids]) => [side, cpuTimeMs(pids)]));
    await sleep(idleMs);
    const after = await findSides(fixed);
    const tookMs = performance.now() - startedAt;
    const cpuAfter = new Map([...after].map(([side, pids]) => [side, cpuTimeMs(pids)]));
    const counts = (await forks?.stop()) ?? null;
    const sideOrder = [...before.keys()];
    const idleOf = (side: Side): SideIdle => {
      const cpuMs = Math.max(0, (cpuAfter.get(side) ?? 0) - (cpuBefore.get(side) ?? 0));
      return {
        cpuMs,
        cpuPercent: Math.round((cpuMs / tookMs) * 10_000) / 100,
        started: counts?.[sideOrder.indexOf(side)] ?? null,
        ...splitMemory(memoryOf(after.get(side) ?? [])),
      };
    };
    return Object.fromEntries(
      owned.map(({ pair, sides }) => [
        pair.mode,
        Object.fromEntries(sides.map((side) => [side.name, idleOf(side)])),
      ]),
    );
  } finally {
    await Promise.all(loops.map((loop) => loop.stop()));
  }
}

function splitMemory(processes: readonly ProcessMemory[]): Pick<SideIdle, "main" | "othersRssMb"> {
  const [main = null, ...others] = processes;
  return { main, othersRssMb: Math.round(others.reduce((sum, { rssMb }) => sum + rssMb, 0) * 10) / 10 };
}
