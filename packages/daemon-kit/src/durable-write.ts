import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { open, readdir, rename, stat, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fail } from "./errors.ts";

/** Files of ours that are not finished yet start like this; watchers and lists leave them out. */
export const TEMP_PREFIX = ".nd-tmp-";

/**
 * Writes a file so that after a crash either the old or the new bytes are there, whole: temp file in
 * the same folder, fsync, rename, fsync of the folder. The folder must exist.
 */
export async function writeDurably(
  path: string,
  bytes: string | Uint8Array,
  options: { mode?: number } = {},
): Promise<void> {
  const folder = dirname(path);
  const temp = join(folder, `${TEMP_PREFIX}${randomBytes(9).toString("hex")}`);
  try {
    // "wx" is O_EXCL: a link planted under the temp name is not followed.
    const file = await open(temp, "wx", 0o600);
    try {
      await file.writeFile(bytes);
      const mode = options.mode ?? 0o600;
      if (mode !== 0o600) await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temp, path);
    await syncFolder(folder);
  } catch (error) {
    await unlink(temp).catch(() => undefined);
    throw fail(
      "FILE_FAILED",
      `${path} could not be written (${errnoOf(error)}); what was there is unchanged.`,
      {
        cause: error,
        data: { path, errno: errnoOf(error) },
      },
    );
  }
}

/** O_NOFOLLOW does not exist on Windows. */
const APPEND_FLAGS =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

/**
 * Adds bytes to the end of a file with one write call and makes them durable. Several processes may
 * do this to the same file: with O_APPEND the system puts each write at the then end, whole.
 */
export async function appendDurably(
  path: string,
  bytes: Uint8Array,
  options: { mode?: number } = {},
): Promise<void> {
  try {
    const file = await open(path, APPEND_FLAGS, options.mode ?? 0o600);
    try {
      const isNew = (await file.stat()).size === 0;
      // Never a second write for the rest: another process may have written in between.
      const { bytesWritten } = await file.write(bytes);
      if (bytesWritten !== bytes.length)
        throw new Error(`only ${bytesWritten} of ${bytes.length} bytes fitted`);
      await file.sync();
      if (isNew) await syncFolder(dirname(path));
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fail(
      "APPEND_FAILED",
      `A line could not be added to ${path} for certain (${errnoOf(error)}); it may or may not stand there. ` +
        "Check the disk's free space.",
      { cause: error, data: { path, errno: errnoOf(error) } },
    );
  }
}

/** Makes renames, new names and removals in a folder survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder for this; NTFS journals its names by itself.
  if (process.platform === "win32") return;
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes temp files a killed process left in a folder. Younger ones may still be written by somebody. */
export async function removeStaleTemps(folder: string, nowMs: number, olderThanMs = 60_000): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  let removed = 0;
  for (const name of names) {
    if (!name.startsWith(TEMP_PREFIX)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (!found || nowMs - found.mtimeMs < olderThanMs) continue;
    await unlink(path).then(
      () => (removed += 1),
      () => undefined,
    );
  }
  return removed;
}

/** `ENOENT` and the like, or `unknown`. */
export function errnoOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown";
}
