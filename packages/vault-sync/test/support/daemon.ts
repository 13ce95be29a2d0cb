import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BareRemote } from "@nightdesk/testkit";
import { environmentOf, type Machine } from "./replicas.ts";

const MAIN = join(import.meta.dirname, "../../src/main.ts");

/** A start costs a third with what was compiled before. */
const COMPILE_CACHE = join(tmpdir(), "nightdesk-test-compile-cache");

export interface Daemon {
  process: ChildProcess;
  /** Everything it wrote. */
  output(): string;
  /** Ends it as PM2 would; resolves with its exit code or signal. */
  stop(): Promise<number | string | null>;
  /** Resolves when it has ended by itself. */
  ended: Promise<number | string | null>;
}

/** The real program in a process of its own. */
export function startDaemon(
  machine: Machine,
  remote: Pick<BareRemote, "path">,
  options: {
    args?: string[];
    env?: Record<string, string>;
    /** Put before the program: `["ip", "netns", "exec", "b"]` runs it in another network namespace. */
    launcher?: readonly string[];
  } = {},
): Daemon {
  const [program = "", ...args] = [
    ...(options.launcher ?? []),
    process.execPath,
    MAIN,
    ...(options.args ?? []),
  ];
  const child = spawn(program, args, {
    env: {
      ...environmentOf(machine, remote),
      LOG_LEVEL: "info",
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      ...options.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, "close").then(([code, signal]) => (signal ?? code) as number | string | null);
  return {
    process: child,
    output: () => text,
    ended,
    async stop() {
      child.kill("SIGTERM");
      return ended;
    },
  };
}
