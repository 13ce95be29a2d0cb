import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";

/** A program that may be killed, in a process group of its own. */
export interface Victim {
  pid: number;
  /** How it ended; null while it runs. */
  ending(): string | null;
  ended: Promise<unknown>;
  kill(signal: NodeJS.Signals): void;
  /** With everything it started that did not leave its group. */
  killGroup(): void;
}

/** @param logPath what it says is added there */
export function startVictim(file: string, options: { env: Record<string, string>; logPath: string }): Victim {
  const log = openSync(options.logPath, "a");
  const child: ChildProcess = spawn(process.execPath, [file], {
    env: options.env,
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  const pid = child.pid ?? 0;
  const signal = (target: number, name: NodeJS.Signals) => {
    try {
      process.kill(target, name);
    } catch {
      // It ended a moment ago.
    }
  };
  return {
    pid,
    ending: () => child.signalCode ?? (child.exitCode === null ? null : `exit ${child.exitCode}`),
    ended: once(child, "exit"),
    kill: (name) => signal(pid, name),
    killGroup: () => signal(-pid, "SIGKILL"),
  };
}

/** Numbers of the git processes below `pid` that talk to a remote right now, the deepest last. Linux only. */
export async function findGit(pid: number): Promise<number[]> {
  const found: number[] = [];
  for (const child of await childrenOf(pid)) {
    const command = await readFile(`/proc/${child}/cmdline`, "utf8").catch(() => "");
    if (/^git\0(push|fetch)\0/.test(command)) found.push(child, ...(await descendantsOf(child)));
  }
  return found;
}

async function descendantsOf(pid: number): Promise<number[]> {
  const children = await childrenOf(pid);
  const below = await Promise.all(children.map(descendantsOf));
  return [...children, ...below.flat()];
}

async function childrenOf(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, "utf8").catch(() => "")),
  );
  return lists
    .join(" ")
    .split(" ")
    .filter((text) => text !== "")
    .map(Number);
}
