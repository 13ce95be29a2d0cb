import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { dirname } from "node:path";
import type { FileStat } from "@nightdesk/claim-lib";
import { errnoOf, putFile, syncFolder, tempBeside } from "@nightdesk/daemon-kit/durable-write";
import type { FileSystem } from "@nightdesk/daemon-kit/file-system";
import { isSameStat, isUnchanged } from "./disk.ts";
import { fail } from "./errors.ts";

/*
 * Changes of single files that say what they expect to find. Agents and the owner work in the same folders
 * at any moment; what they did since the last look must survive.
 */

/** Temp file, fsync, rename, fsync of the folder; null, and nothing changed, when `expect` is not what stands there. */
export async function writeFile(
  disk: FileSystem,
  path: string,
  bytes: Uint8Array,
  expect: FileStat | null,
): Promise<FileStat | null> {
  const there = await lstatOrNull(disk, path);
  if (there && !there.isFile())
    throw fail("PATH_UNSAFE", `"${path}" is not a plain file; it was left alone.`, { data: { path } });
  if (!isUnchanged(toFileStat(there), expect)) return null;
  const place = (temp: string) =>
    expect === null ? putNew(disk, temp, path) : putOver(disk, temp, path, expect);
  return toFileStat(await putFile(path, bytes, { createMode: 0o644, place }, disk));
}

/** A second name instead of a rename: it fails when somebody made the file a moment ago. */
async function putNew(disk: FileSystem, temp: string, path: string): Promise<boolean> {
  try {
    await disk.link(temp, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    if (!NO_LINKS.has(errnoOf(error))) throw error;
    if ((await lstatOrNull(disk, path)) !== null) return false;
    await disk.rename(temp, path);
    return true;
  }
}

/** Disks without second names: FAT, some network shares. There the look right before must do. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/**
 * The old file is kept by a second name over the rename: Obsidian saves in place, and what it wrote between
 * the last look and the rename is in there. Then the owner's words go back.
 */
async function putOver(disk: FileSystem, temp: string, path: string, expect: FileStat): Promise<boolean> {
  const old = tempBeside(path);
  try {
    await disk.link(path, old).catch((error: unknown) => {
      if (!NO_LINKS.has(errnoOf(error))) throw error;
    });
    if (!isSameStat(toFileStat(await lstatOrNull(disk, path)), expect)) return false;
    await disk.rename(temp, path);
    const kept = toFileStat(await lstatOrNull(disk, old));
    if (kept === null || isSameStat(kept, expect)) return true;
    await disk.rename(old, path);
    return false;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  } finally {
    await disk.unlink(old).catch(() => undefined);
  }
}

/** One rename; null, and nothing moved, when `expect` is not what stands there or `to` is taken. */
export async function moveFile(
  disk: FileSystem,
  from: string,
  to: string,
  expect: FileStat,
): Promise<FileStat | null> {
  if (!isSameStat(toFileStat(await lstatOrNull(disk, from)), expect)) return null;
  if ((await lstatOrNull(disk, to)) !== null) return null;
  try {
    await disk.rename(from, to);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
  // The new name first: after a power cut a note may stand in two folders, never in none.
  await syncFolder(dirname(to), disk);
  if (dirname(from) !== dirname(to)) await syncFolder(dirname(from), disk);
  const moved = toFileStat(await lstatOrNull(disk, to));
  // Saved in the very moment of the move: the next look reads it there.
  return isSameStat(moved, expect) ? moved : null;
}

/** Set aside first and looked at there: what somebody saved or moved a moment ago is not removed. */
export async function removeFile(disk: FileSystem, path: string, expect: FileStat): Promise<boolean> {
  if (!isSameStat(toFileStat(await lstatOrNull(disk, path)), expect)) return false;
  const aside = tempBeside(path);
  try {
    await disk.rename(path, aside);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
  const isExpected = isSameStat(toFileStat(await lstatOrNull(disk, aside)), expect);
  if (isExpected) await disk.unlink(aside);
  else if (!(await putNew(disk, aside, path))) {
    await disk.rename(aside, `${path.replace(/\.[^./]*$/, "")} (kept ${randomBytes(4).toString("hex")}).md`);
  } else await disk.unlink(aside).catch(() => undefined);
  await syncFolder(dirname(path), disk);
  return isExpected;
}

export async function lstatOrNull(disk: FileSystem, path: string): Promise<Stats | null> {
  try {
    return await disk.lstat(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error))) return null;
    throw error;
  }
}

export function toFileStat(found: Stats | null): FileStat | null {
  return found?.isFile() ? { size: found.size, mtimeMs: found.mtimeMs, inode: found.ino } : null;
}
