import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { isDescendant, readProcesses, type ProcessRow } from "@nightdesk/testkit";
import type { BenchPair, Side } from "./bench-pair.ts";

/** The kernel counts for programs in hundredths of a second, on every Linux. */
const TICK_MS = 10;

/** The processes of each side of each pair; looks through /proc once. */
export async function findSides(pairs: readonly BenchPair[]): Promise<Map<Side, number[]>> {
  const rows = await readProcesses();
  const found = new Map<Side, number[]>();
  for (const side of pairs.flatMap((pair) => pair.sides())) {
    found.set(
      side,
      [...rows]
        .filter(([pid, row]) => row.state !== "Z" && belongsTo(side, pid, row, rows))
        .map(([pid]) => pid),
    );
  }
  return found;
}

function belongsTo(side: Side, pid: number, row: ProcessRow, rows: ReadonlyMap<number, ProcessRow>): boolean {
  if (side.roots.some((root) => root === pid || isDescendant(rows, pid, root))) return true;
  // A connection that ssh keeps open is nobody's child; its title names its socket.
  return side.marks.some((mark) => row.command.includes(mark) || hasVariable(pid, mark));
}

function hasVariable(pid: number, assignment: string): boolean {
  return readOrEmpty(`/proc/${pid}/environ`).split("\0").includes(assignment);
}

/** CPU time of these processes and of all their children that have ended, in milliseconds. */
export function cpuTimeMs(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const stat = readOrEmpty(`/proc/${pid}/stat`);
    // The name in brackets may hold spaces; what follows is utime, stime, cutime, cstime at 11 to 14.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  });
  return ticks.reduce((sum, count) => sum + count, 0) * TICK_MS;
}

export interface ProcessMemory {
  program: string;
  rssMb: number;
  /** The most it ever held. */
  peakMb: number;
}

/** What each process holds in memory (1 MB = 1024 KB), largest first. */
export function memoryOf(pids: readonly number[]): ProcessMemory[] {
  return pids
    .flatMap((pid) => {
      const status = readOrEmpty(`/proc/${pid}/status`);
      const kb = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0);
      const program = basename(readOrEmpty(`/proc/${pid}/cmdline`).split("\0")[0] ?? "");
      return status === "" ? [] : [{ program, rssMb: toMb(kb("VmRSS")), peakMb: toMb(kb("VmHWM")) }];
    })
    .sort((one, other) => other.rssMb - one.rssMb);
}

function toMb(kb: number): number {
  return Math.round((kb / 1024) * 10) / 10;
}

/** A process that has just ended has no files any more. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
