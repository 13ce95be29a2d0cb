import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail } from "./errors.ts";

export interface ProgramRun {
  cwd: string;
  /** All the program sees; nothing of ours is inherited. */
  env: Readonly<Record<string, string>>;
  timeoutMs: number;
}

/**
 * Runs a program to its end and returns what it printed. Its output goes to files, not pipes: a daemon
 * it leaves behind could hold a pipe open, and whoever waits for that pipe's end would wait for ever.
 * Throws DEMO_COMMAND_FAILED with the program's last words.
 */
export async function runProgram(file: string, args: readonly string[], run: ProgramRun): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "nightdesk-run-"));
  const outPath = join(folder, "out");
  const errPath = join(folder, "err");
  const files = [openSync(outPath, "w", 0o600), openSync(errPath, "w", 0o600)] as const;
  try {
    const ending = await waitForExit(file, args, run, files);
    if (ending === 0) return await readFile(outPath, "utf8");
    const words = `${await readFile(outPath, "utf8")}\n${await readFile(errPath, "utf8")}`
      .trim()
      .split("\n")
      .slice(-15);
    throw fail(
      "DEMO_COMMAND_FAILED",
      `${[file, ...args].join(" ")} ended with ${ending}:\n${words.join("\n")}`,
      {
        data: { file, args, ending },
      },
    );
  } finally {
    for (const descriptor of files) closeSync(descriptor);
    await rm(folder, { recursive: true, force: true });
  }
}

function waitForExit(
  file: string,
  args: readonly string[],
  run: ProgramRun,
  [out, err]: readonly [number, number],
): Promise<number | string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd: run.cwd, env: { ...run.env }, stdio: ["ignore", out, err] });
    const timer = setTimeout(() => child.kill("SIGKILL"), run.timeoutMs);
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(fail("DEMO_COMMAND_FAILED", `${file} could not be started: ${error.message}`, { cause: error }));
    });
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      resolve(code ?? signal ?? "unknown");
    });
  });
}
