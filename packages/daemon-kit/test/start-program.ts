import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";

export interface Program {
  child: ChildProcess;
  /** The next line of its output; null at its end. */
  nextLine(): Promise<string | null>;
  /** All lines not yet read, up to its end. */
  restOfLines(): Promise<string[]>;
  /** Ends it at once, as a power cut would, and waits for that. */
  kill(): Promise<void>;
}

/** Starts one of `programs/` in a process of its own, which does not outlive the test `t`. */
export function startProgram(
  t: TestContext,
  name: string,
  args: string[],
  env: Record<string, string> = {},
): Program {
  const child = spawn(process.execPath, [join(import.meta.dirname, "programs", name), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
  const ended = once(child, "exit");
  t.after(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const nextLine = async () => {
    const next = await lines.next();
    return next.done ? null : next.value;
  };
  return {
    child,
    nextLine,
    async restOfLines() {
      const rest: string[] = [];
      for (let line = await nextLine(); line !== null; line = await nextLine()) rest.push(line);
      return rest;
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
