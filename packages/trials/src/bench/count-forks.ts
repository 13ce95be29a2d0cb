import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

export interface ForkCount {
  /** Ends the count: how many processes each group has started, its own and their children's. */
  stop(): Promise<number[]>;
}

/** The kernel's news take a moment on their way through forkstat. */
const LATE_MS = 500;
const EVENT = /^\S+\s+fork\s+(\d+)\s+(parent|child)\b/;

/**
 * Counts the processes that start below these. forkstat hears of every one from the kernel itself (the proc
 * connector), so that none is too short to be seen, and nobody is slowed down by being watched.
 * @param groups process ids; what one of them starts belongs to its group from then on
 */
export async function startForkCount(groups: readonly (readonly number[])[]): Promise<ForkCount> {
  const child = spawn("forkstat", ["-e", "fork", "-l"], { stdio: ["ignore", "pipe", "ignore"] });
  const groupOf = new Map(groups.flatMap((pids, group) => pids.map((pid) => [pid, group] as const)));
  const counts = groups.map(() => 0);
  let parent = 0;
  let rest = "";
  const read = (line: string) => {
    const [, pid, which] = EVENT.exec(line) ?? [];
    if (which === "parent") parent = Number(pid);
    const group = which === "child" ? groupOf.get(parent) : undefined;
    if (group === undefined) return;
    groupOf.set(Number(pid), group);
    counts[group] = (counts[group] ?? 0) + 1;
  };
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) read(line);
  });
  // Its head line says that it listens.
  await once(child.stdout, "data");
  const ended = once(child, "close");
  return {
    async stop() {
      await sleep(LATE_MS);
      child.kill("SIGINT");
      await ended;
      return counts;
    },
  };
}
