import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { dirname, join } from "node:path";
import { fail } from "./errors.ts";
import { nodeFileSystem, type FileSystem } from "./file-system.ts";

/** Files of ours that are not finished yet start like this; watchers and lists leave them out. */
export const TEMP_PREFIX = ".nd-tmp-";

/** An unused name beside a file, for one that is not finished yet. */
export function tempBeside(path: string): string {
  return join(dirname(path), `${TEMP_PREFIX}${randomBytes(9).toString("hex")}`);
}

export interface PutOptions {
  /** Rights the file is made with, less the umask. */
  createMode: number;
  /** Rights it ends with, whatever the umask; by default those it was made with. */
  mode?: number;
  /** Where it is written first, on the same disk; by default beside its place. */
  temp?: string;
  /** Brings the finished file to its place; by default a rename. False: it was not to be, and nothing changed. */
  place?: (temp: string) => Promise<boolean>;
}

/**
 * The one way a file of ours comes into being: temp file, fsync, rename, fsync of the folder. After a crash
 * either what was there or the new bytes are there, whole. The folder must exist. Errors come as the disk gives
 * them, and the temp file is gone then.
 * @returns what was written, as it was before it came to its place, so that a change right after is not
 * mistaken for our own bytes; null when `place` said no.
 */
export async function putFile(
  path: string,
  bytes: string | Uint8Array,
  options: PutOptions,
  disk: FileSystem = nodeFileSystem,
): Promise<Stats | null> {
  const temp = options.temp ?? tempBeside(path);
  let isMoved = false;
  try {
    // "wx" is O_EXCL: a link planted under the temp name is not followed.
    const file = await disk.open(temp, "wx", options.createMode);
    let written: Stats;
    try {
      await file.writeFile(bytes);
      const mode = options.mode ?? options.createMode;
      if (mode !== options.createMode) await file.chmod(mode);
      await file.sync();
      written = await file.stat();
    } finally {
      await file.close();
    }
    if (options.place) {
      if (!(await options.place(temp))) return null;
    } else {
      await disk.rename(temp, path);
      isMoved = true;
    }
    await syncFolder(dirname(path), disk);
    return written;
  } finally {
    if (!isMoved) await disk.unlink(temp).catch(() => undefined);
  }
}

/** `putFile` for files of our own state: private by default, and FILE_FAILED when the disk refuses. */
export async function writeDurably(
  path: string,
  bytes: string | Uint8Array,
  options: { mode?: number } = {},
  disk: FileSystem = nodeFileSystem,
): Promise<void> {
  try {
    await putFile(path, bytes, { createMode: 0o600, ...options }, disk);
  } catch (error) {
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
  disk: FileSystem = nodeFileSystem,
): Promise<void> {
  try {
    const file = await disk.open(path, APPEND_FLAGS, options.mode ?? 0o600);
    try {
      const isNew = (await file.stat()).size === 0;
      // Never a second write for the rest: another process may have written in between.
      const { bytesWritten } = await file.write(bytes);
      if (bytesWritten !== bytes.length)
        throw new Error(`only ${bytesWritten} of ${bytes.length} bytes fitted`);
      await file.sync();
      if (isNew) await syncFolder(dirname(path), disk);
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
export async function syncFolder(folder: string, disk: FileSystem = nodeFileSystem): Promise<void> {
  // Windows cannot open a folder for this; NTFS journals its names by itself.
  if (process.platform === "win32") return;
  const handle = await disk.open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes temp files a killed process left in a folder. Younger ones may still be written by somebody. */
export async function removeStaleTemps(
  folder: string,
  nowMs: number,
  olderThanMs = 60_000,
  disk: FileSystem = nodeFileSystem,
): Promise<number> {
  const entries = await disk.readdir(folder).catch(() => []);
  let removed = 0;
  for (const { name } of entries) {
    if (!name.startsWith(TEMP_PREFIX)) continue;
    const path = join(folder, name);
    const found = await disk.stat(path).catch(() => null);
    if (!found || nowMs - found.mtimeMs < olderThanMs) continue;
    await disk.unlink(path).then(
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
