import { readFileSync, statSync } from "node:fs";
import { mkdir, readFile, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fail } from "../errors.ts";

export interface ObservedRename {
  /** The vault it is made in, and the one where it is awaited. */
  on: string;
  seenOn: string;
  from: string;
  to: string;
  timeoutMs: number;
  /** Run right after the rename, for what does not watch by itself. */
  carry?: (() => Promise<void>) | undefined;
}

/** Two `stat` calls cost 10 microseconds, so looking this often costs under 2 % of a core. */
const LOOK_MS = 1;

/**
 * Renames a note on one machine and waits for the same rename on the other: the new name is there, the old
 * one is gone, the bytes are the same. Returns milliseconds. Throws TRIAL_BROKEN when it is not seen in time
 * or something else is seen.
 */
export async function observeRename(options: ObservedRename): Promise<number> {
  const { on, seenOn, from, to, timeoutMs } = options;
  const bytes = await readFile(join(on, from));
  if (!isThere(join(seenOn, from)) || isThere(join(seenOn, to)))
    throw fail("TRIAL_BROKEN", `${from} is not where it should be before it is moved; nothing was measured.`);
  await mkdir(dirname(join(on, to)), { recursive: true });
  const startedAt = performance.now();
  await rename(join(on, from), join(on, to));
  let trouble: unknown = null;
  const carried = options.carry?.().catch((error: unknown) => {
    trouble = error;
  });
  try {
    // Plain git writes into the new name itself: a file that is still growing has not arrived.
    while (sizeOf(join(seenOn, to)) !== bytes.length || isThere(join(seenOn, from))) {
      if (trouble !== null || performance.now() - startedAt > timeoutMs) throw missed(options, trouble);
      await sleep(LOOK_MS);
    }
    const tookMs = performance.now() - startedAt;
    if (!readFileSync(join(seenOn, to)).equals(bytes))
      throw fail("TRIAL_BROKEN", `${to} came with other bytes than it was sent with.`);
    return tookMs;
  } finally {
    await carried;
  }
}

function missed({ from, to, timeoutMs }: ObservedRename, cause: unknown) {
  return fail("TRIAL_BROKEN", `The rename of ${from} to ${to} was not seen within ${timeoutMs} ms.`, {
    cause,
  });
}

function isThere(path: string): boolean {
  return sizeOf(path) !== null;
}

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}
