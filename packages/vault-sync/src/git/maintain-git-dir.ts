import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { setPriority } from "node:os";
import { join } from "node:path";
import { gitEnvironment, type GitEnvironmentOptions } from "./git-environment.ts";

/** A task's life makes some 20 objects; the list of a month of 2,000 notes is 90 KB a version until it is packed. */
const MAX_LOOSE_OBJECTS = 2_000;
/** Looked at so often, and after a failure tried again then. */
const LOOK_EVERY_MS = 10 * 60_000;
const LOWEST_PRIORITY = 19;

export interface GitMaintainer {
  /** After a round: starts to pack when it is worth it. Returns at once. */
  maybeStart(nowMs: number): void;
  /** Ends what is under way; nothing is lost by that. */
  stop(): Promise<void>;
}

/** Git directories that are being packed by this process, the only one that may. */
const packing = new Set<string>();

/** True while a repack writes temporary packs there, which look like those of a fetch that was cut off. */
export function isPacking(gitDir: string): boolean {
  return packing.has(gitDir);
}

/** Keeps the git directory small while sync goes on, in a process of its own at the lowest priority. */
export function createGitMaintainer(
  options: GitEnvironmentOptions & { onError: (error: unknown) => void },
): GitMaintainer {
  const abort = new AbortController();
  let lastLookMs = Number.NEGATIVE_INFINITY;
  let running: Promise<unknown> = Promise.resolve();
  return {
    maybeStart(nowMs) {
      if (abort.signal.aborted || Math.abs(nowMs - lastLookMs) < LOOK_EVERY_MS) return;
      lastLookMs = nowMs;
      running = running.then(() => packWhenWorthIt(options, abort.signal)).catch(options.onError);
    },
    async stop() {
      abort.abort();
      await running;
    },
  };
}

async function packWhenWorthIt(options: GitEnvironmentOptions, signal: AbortSignal): Promise<void> {
  // Names are spread evenly over 256 folders.
  const names = await readdir(join(options.gitDir, "objects", "17")).catch(() => []);
  if (names.length * 256 >= MAX_LOOSE_OBJECTS) await packGitDir(options, signal);
}

/**
 * Packs single objects, and small packs with each other. Nothing is ever thrown away: an object that was just
 * written and that no ref names yet goes into a pack as any other, and no reader misses one, since a pack is
 * complete before what it replaces is deleted. The cost of a run is that of what is new, not of the history.
 */
export async function packGitDir(options: GitEnvironmentOptions, signal?: AbortSignal): Promise<void> {
  const args = ["-c", "pack.windowMemory=32m", "repack", "-d", "-l", "-q", "--geometric=2"];
  packing.add(options.gitDir);
  await new Promise<void>((resolve, reject) => {
    const child = spawn("git", args, {
      cwd: options.gitDir,
      env: gitEnvironment(options),
      stdio: "ignore",
      windowsHide: true,
      ...(signal ? { signal } : {}),
    });
    child.once("error", (error) => (error.name === "AbortError" ? resolve() : reject(error)));
    child.once("close", (code) => {
      if (code === 0 || signal?.aborted === true) resolve();
      else reject(new Error(`git repack ended with ${code ?? "a signal"}`));
    });
    try {
      if (child.pid !== undefined) setPriority(child.pid, LOWEST_PRIORITY);
    } catch {
      // Over already, or not allowed here: then it runs as everything else does.
    }
  }).finally(() => packing.delete(options.gitDir));
}
