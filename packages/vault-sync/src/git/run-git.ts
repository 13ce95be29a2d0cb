import { simpleGit } from "simple-git";
import { fail } from "../errors.ts";
import { gitEnvironment, GUARDED_VARIABLES, type GitEnvironmentOptions } from "./git-environment.ts";

export interface GitResult {
  /** Null when the process was stopped by us because it took too long or too much. */
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

interface RunGitLimits {
  /** Nothing heard for this long: stopped. */
  silenceMs: number;
  totalMs: number;
  /** Stops the process from outside. */
  signal?: AbortSignal;
}

export type RunGit = (args: readonly string[], limits?: Partial<RunGitLimits>) => Promise<GitResult>;

const DEFAULT_LIMITS: RunGitLimits = { silenceMs: 30_000, totalMs: 120_000 };

/**
 * One git command through simple-git, with the pinned environment. It resolves whatever the exit code:
 * what an exit code means differs by command. Throws GIT_MISSING.
 */
export function createRunGit(options: GitEnvironmentOptions): RunGit {
  const env = gitEnvironment(options);
  return async (args, given = {}) => {
    const limits = { ...DEFAULT_LIMITS, ...given };
    const abort = new AbortController();
    const stop = () => abort.abort();
    const timer = setTimeout(stop, limits.totalMs);
    limits.signal?.addEventListener("abort", stop);
    let result: GitResult | undefined;
    const git = simpleGit({
      baseDir: options.gitDir,
      allowEnvironment: GUARDED_VARIABLES,
      // The one category our own fixed variables fall under; arguments stay checked.
      unsafe: { allowUnsafeConfigPaths: true },
      timeout: { block: limits.silenceMs },
      abort: abort.signal,
      // A kept-open ssh connection inherits our pipes; the exit counts, not their closing.
      completion: { onClose: true, onExit: 500 },
      errors(error, { exitCode, stdOut, stdErr }) {
        result = {
          exitCode: exitCode ?? null,
          stdout: Buffer.concat(stdOut).toString("utf8"),
          stderr: Buffer.concat(stdErr).toString("utf8"),
        };
        return error;
      },
    }).env(env);
    try {
      await git.raw([...args]);
    } catch (error) {
      if (!result) throw fail("GIT_FAILED", "git could not be run; nothing was changed.", { cause: error });
    } finally {
      clearTimeout(timer);
      limits.signal?.removeEventListener("abort", stop);
    }
    if (!result) throw fail("GIT_FAILED", "git gave no answer; nothing was changed.");
    if (result.exitCode !== null && result.exitCode < 0) {
      throw fail(
        "GIT_MISSING",
        "No git program was found on this machine; nothing was synced. Install git (2.34 or newer).",
      );
    }
    return result;
  };
}

/** Debian 11 has 2.30, Ubuntu 22.04 2.34.1: below that nothing was tried. */
const OLDEST = [2, 34] as const;

/** Throws GIT_MISSING or GIT_TOO_OLD; returns the version as written. */
export async function checkGitVersion(runGit: RunGit): Promise<string> {
  const { stdout } = await runGit(["version"]);
  const [, major, minor] = /(\d+)\.(\d+)/.exec(stdout) ?? [];
  const isOld = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]);
  if (major === undefined || isOld) {
    throw fail(
      "GIT_TOO_OLD",
      `This machine has ${stdout.trim() || "an unknown git"}; git ${OLDEST.join(".")} or newer is needed. Nothing was synced.`,
    );
  }
  return stdout.trim();
}
