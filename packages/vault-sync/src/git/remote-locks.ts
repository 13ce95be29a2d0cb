import { lstat, rename } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { RemoteAddress } from "./remote-url.ts";

/** git holds the lock on a branch for milliseconds; one this old belongs to a process that was killed. */
const STALE_AFTER_MS = 60_000;

/** Locks on our branch in a remote that is a folder of this machine, with their age; elsewhere none can be seen. */
export async function findRemoteLocks(
  address: RemoteAddress,
  nowMs: number,
): Promise<{ path: string; ageMs: number }[]> {
  if (address.protocol !== "file") return [];
  const folder = folderOf(address);
  const found: { path: string; ageMs: number }[] = [];
  for (const name of [`${address.ref}.lock`, "packed-refs.lock"]) {
    const path = join(folder, name);
    const stat = await lstat(path).catch(() => null);
    if (stat) found.push({ path, ageMs: nowMs - stat.mtimeMs });
  }
  return found;
}

function folderOf({ url }: RemoteAddress): string {
  return url.startsWith("file://") ? fileURLToPath(url) : url;
}

/**
 * Puts stale locks of the remote's branch out of the way: left by a killed push they would block every
 * push for ever. Returns how many. A lock that is gone meanwhile was a live one.
 */
export async function clearRemoteLocks(address: RemoteAddress, nowMs: number): Promise<number> {
  let cleared = 0;
  for (const { path, ageMs } of await findRemoteLocks(address, nowMs)) {
    if (ageMs < STALE_AFTER_MS) continue;
    // Kept, but not among the refs: under any other name there git would take it for a broken branch.
    await rename(path, join(folderOf(address), `stale-lock-${Math.trunc(nowMs)}-${cleared}`)).then(
      () => (cleared += 1),
      () => undefined,
    );
  }
  return cleared;
}
