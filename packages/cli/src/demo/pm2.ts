import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { z } from "zod";
import { fail } from "./errors.ts";
import { findProcesses, isAlive, killHard, waitUntilGone } from "./processes.ts";
import { runProgram } from "./run-program.ts";

const listSchema = z.array(
  z.object({
    name: z.string(),
    pid: z.number(),
    pm2_env: z.object({
      status: z.string(),
      restart_time: z.number(),
      pm_out_log_path: z.string(),
      pm_err_log_path: z.string(),
    }),
  }),
);

interface Pm2Process {
  name: string;
  pid: number;
  status: string;
  restarts: number;
  logs: string[];
}

export interface Pm2 {
  /** Starts what the project's ecosystem file lists for this zone; resolves when every process says it is ready. */
  start(): Promise<void>;
  list(): Promise<Pm2Process[]>;
  /** Ends every process, then PM2 itself, and makes sure of it. Harmless when nothing runs. */
  kill(): Promise<void>;
}

export interface Pm2Options {
  /** PM2's own folder; sockets lie in it, so its path must be short. */
  home: string;
  /** The project's folder, with ecosystem.config.cjs in it. */
  projectRoot: string;
  /** What PM2 and the processes see, besides PM2_HOME. */
  env: Readonly<Record<string, string>>;
  /** Names in `env` whose values no process outside this run has. */
  marks: readonly string[];
}

/** A cold start of the processes on two busy cores stays well below this. */
const START_TIMEOUT_MS = 90_000;
const COMMAND_TIMEOUT_MS = 20_000;
/** PM2 gives each process up to 15 s to end by itself (ecosystem.config.cjs). */
const KILL_TIMEOUT_MS = 20_000;

/** For what is just ending by itself. */
const GRACE_MS = 2000;

/** One PM2 of its own, apart from any the user may run. */
export function createPm2(options: Pm2Options): Pm2 {
  const env = {
    ...options.env,
    PM2_HOME: options.home,
    // No banner, and no question to PM2's makers whether there is a newer version.
    PM2_DISCRETE_MODE: "true",
    PM2_DISABLE_VERSION_CHECK: "true",
  };
  const program = createRequire(join(options.projectRoot, "package.json")).resolve("pm2/bin/pm2");
  const run = (args: readonly string[], timeoutMs: number) =>
    runProgram(process.execPath, [program, ...args], { cwd: options.projectRoot, env, timeoutMs });
  const marks = [
    `PM2_HOME=${options.home}`,
    ...options.marks.map((name) => `${name}=${options.env[name] ?? ""}`),
  ];
  const isRunning = async () => {
    const pid = Number(await readFile(join(options.home, "pm2.pid"), "utf8").catch(() => "0"));
    return pid > 0 && isAlive(pid);
  };
  const list = async () => ((await isRunning()) ? readList(await run(["jlist"], COMMAND_TIMEOUT_MS)) : []);
  return {
    async start() {
      await mkdir(options.home, { recursive: true, mode: 0o700 });
      await writeFile(join(options.home, "touch"), "");
      await run(["start", "ecosystem.config.cjs"], START_TIMEOUT_MS);
    },
    list,
    async kill() {
      if (await isRunning()) await run(["kill"], KILL_TIMEOUT_MS).catch(() => {});
      // What PM2 did not end, and the processes' own children: found by their environment.
      await waitUntilGone(await findProcesses(marks), GRACE_MS);
      killHard(await findProcesses(marks));
    },
  };
}

function readList(output: string): Pm2Process[] {
  const line = output.split("\n").findLast((one) => one.startsWith("["));
  const parsed = listSchema.safeParse(JSON.parse(line ?? "null"));
  if (!parsed.success) throw fail("DEMO_COMMAND_FAILED", "PM2 gave a list that could not be read.");
  return parsed.data.map(({ name, pid, pm2_env }) => ({
    name,
    pid,
    status: pm2_env.status,
    restarts: pm2_env.restart_time,
    logs: [...new Set([pm2_env.pm_out_log_path, pm2_env.pm_err_log_path])],
  }));
}
