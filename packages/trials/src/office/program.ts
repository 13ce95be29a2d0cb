import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { waitFor } from "@nightdesk/testkit";
import { fail } from "../errors.ts";

/** One daemon that is started again whenever it dies, as PM2 does. */
export interface Program {
  /** Starts it, with these settings over its own until the next `start`; resolves when it says it is ready. */
  start(env?: Record<string, string>): Promise<void>;
  /** SIGKILL, as a power button would; it comes up again by itself. False when it did not run. */
  kill(): boolean;
  /** Ends it for good; harmless when it does not run. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** How often it was started. */
  starts(): number;
  pid(): number | null;
  log(): Promise<string>;
}

export interface ProgramOptions {
  name: string;
  file: string;
  args?: readonly string[];
  env: Readonly<Record<string, string>>;
  logPath: string;
}

/** A cold start on two busy cores stays well below this. */
const READY_MS = 60_000;
/** A program that dies at once would otherwise take a whole core. */
const RESTART_PAUSE_MS = 50;
const STOP_MS = 15_000;

export function createProgram(options: ProgramOptions): Program {
  let child: ChildProcess | null = null;
  let settings: Record<string, string> = {};
  let isWanted = false;
  let isReady = false;
  let starts = 0;

  const launch = () => {
    const log = openSync(options.logPath, "a");
    const born = spawn(process.execPath, [options.file, ...(options.args ?? [])], {
      env: { ...options.env, ...settings },
      stdio: ["ignore", log, log, "ipc"],
    });
    closeSync(log);
    starts += 1;
    isReady = false;
    child = born;
    born.on("message", (message) => {
      if (message === "ready" && child === born) isReady = true;
    });
    born.once("exit", () => {
      if (child === born) child = null;
      if (isWanted) setTimeout(() => isWanted && child === null && launch(), RESTART_PAUSE_MS);
    });
  };
  const readLog = () => readFile(options.logPath, "utf8").catch(() => "");
  const killWithParent = () => child?.kill("SIGKILL");

  const stop = async (signal: NodeJS.Signals = "SIGTERM") => {
    isWanted = false;
    process.off("exit", killWithParent);
    if (child) await end(child, signal);
  };
  return {
    async start(env = {}) {
      await stop();
      settings = env;
      isWanted = true;
      process.on("exit", killWithParent);
      launch();
      await waitFor(() => isReady, {
        what: `${options.name} to be ready`,
        timeoutMs: READY_MS,
        describe: async () => (await readLog()).slice(-2000),
      }).catch(async (error: unknown) => {
        await stop("SIGKILL");
        throw fail("TRIAL_BROKEN", `${options.name} did not start: ${(await readLog()).slice(-2000)}`, {
          cause: error,
        });
      });
    },
    kill: () => child?.kill("SIGKILL") ?? false,
    stop,
    starts: () => starts,
    pid: () => child?.pid ?? null,
    log: readLog,
  };
}

/** Resolves when it has ended; what does not listen is killed. */
async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(timer);
}
