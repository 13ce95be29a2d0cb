import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, closeSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { waitFor } from "@nightdesk/testkit";
import { z } from "zod";
import { fail } from "../errors.ts";
import type { Machine } from "../race/make-machine.ts";
import { runProgram } from "./run-program.ts";

const ROOT = join(import.meta.dirname, "../../../..");

const appSchema = z.object({
  name: z.string(),
  script: z.string(),
  args: z.array(z.string()),
  cwd: z.string(),
  interpreter: z.string(),
  node_args: z.array(z.string()),
  env: z.record(z.string(), z.string()),
});

export interface Daemon {
  pid: number;
  log(): string;
  stop(): Promise<void>;
}

/** A vault of 100,000 notes is looked through at the start. */
const START_MS = 300_000;

/**
 * Starts a machine's vault-sync with exactly the program, flags and environment ecosystem.config.cjs gives to
 * PM2, over a channel like PM2's, and waits for its "ready".
 */
export async function startDaemon(machine: Machine, home: string): Promise<Daemon> {
  const app = await readApp(machine);
  const logFile = join(home, "vault-sync.log");
  const out = openSync(logFile, "a");
  // A home of its own, by which the ssh and git of this machine are known from the others'.
  const child = spawn(app.interpreter, [...app.node_args, app.script, ...app.args], {
    cwd: app.cwd,
    env: { ...app.env, HOME: home },
    stdio: ["ignore", out, out, "ipc"],
  });
  closeSync(out);
  const log = () => readFileSync(logFile, "utf8");
  let isReady = false;
  child.on("message", (message) => {
    if (message === "ready") isReady = true;
  });
  const ended = once(child, "close");
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
    await ended;
    clearTimeout(timer);
  };
  await waitFor(() => isReady || child.exitCode !== null, {
    what: `${app.name} to be ready`,
    timeoutMs: START_MS,
  });
  if (!isReady || child.pid === undefined)
    throw fail("TRIAL_BROKEN", `${app.name} ended at its start: ${log().slice(-2000)}`);
  return { pid: child.pid, log, stop };
}

async function readApp(machine: Machine): Promise<z.infer<typeof appSchema>> {
  const file = join(machine.state, "..", ".env");
  const { PATH: _path, HOME: _home, NIGHTDESK_ENV_FILE: _file, ...settings } = machine.env;
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(file, lines.join(""), { mode: 0o600 });
  const script = `process.stdout.write(JSON.stringify(require("./ecosystem.config.cjs").apps))`;
  const text = await runProgram(process.execPath, ["-e", script], {
    cwd: ROOT,
    env: { ...process.env, NIGHTDESK_ENV_FILE: file, AGENT_TYPE: settings["AGENT_TYPE"] },
  });
  const app = z
    .array(appSchema)
    .parse(JSON.parse(text))
    .find(({ name }) => name.endsWith("vault-sync"));
  if (!app) throw fail("TRIAL_BROKEN", "ecosystem.config.cjs starts no vault-sync.");
  return app;
}
