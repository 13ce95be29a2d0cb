import { execFile } from "node:child_process";
import { devNull } from "node:os";
import { fail } from "../errors.ts";

export interface RunGitOptions {
  env?: Readonly<Record<string, string>>;
  input?: string | Buffer;
  timeoutMs?: number;
}

/** Nothing of the user's own git settings may reach a test, and nothing may stop to ask. */
const GIT_ENV = {
  GIT_CONFIG_GLOBAL: devNull,
  GIT_CONFIG_SYSTEM: devNull,
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_AUTHOR_NAME: "Test",
  GIT_AUTHOR_EMAIL: "test@example.invalid",
  GIT_COMMITTER_NAME: "Test",
  GIT_COMMITTER_EMAIL: "test@example.invalid",
  LC_ALL: "C",
} as const;

/** A `GIT_DIR` inherited from a hook or a shell would send the command to another repository. */
const INHERITED = ["PATH", "HOME", "TMPDIR", "SystemRoot"];

/** Runs git and returns what it printed, without the final line break. Throws GIT_FAILED. */
export async function runGit(
  args: readonly string[],
  cwd: string,
  options: RunGitOptions = {},
): Promise<string> {
  const output = await runGitBytes(args, cwd, options);
  return output.toString("utf8").replace(/\n$/, "");
}

/** As `runGit`, for output whose exact bytes matter. */
export function runGitBytes(
  args: readonly string[],
  cwd: string,
  options: RunGitOptions = {},
): Promise<Buffer> {
  const inherited = INHERITED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return new Promise((resolve, reject) => {
    const child = execFile(
      "git",
      args,
      {
        cwd,
        env: { ...Object.fromEntries(inherited), ...GIT_ENV, ...options.env },
        encoding: "buffer",
        maxBuffer: 256 * 1024 * 1024,
        timeout: options.timeoutMs ?? 30_000,
      },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        const words = stderr.toString("utf8").trim();
        reject(
          fail("GIT_FAILED", `git ${args.join(" ")} failed in ${cwd}: ${words || error.message}`, {
            data: { args, cwd, stderr: words, exitCode: error.code ?? null },
            cause: error,
          }),
        );
      },
    );
    // git may end without reading what it was given; its own error says why.
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.input ?? "");
  });
}
