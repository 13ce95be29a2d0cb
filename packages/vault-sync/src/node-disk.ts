import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { link, lstat, mkdir, open, readdir, rename, unlink, stat as statFollowing } from "node:fs/promises";
import { dirname, join } from "node:path";
import { NightdeskError, type FileStat } from "@nightdesk/claim-lib";
import {
  appendDurably,
  errnoOf,
  removeStaleTemps,
  syncFolder,
  TEMP_PREFIX,
} from "@nightdesk/daemon-kit/durable-write";
import { systemClock } from "@nightdesk/daemon-kit/system-clock";
import { isSameStat, isUnchanged, type FolderListing, type ReadFile, type VaultDisk } from "./disk.ts";
import { fail } from "./errors.ts";

/** O_NONBLOCK: a named pipe somebody put there must not hang us. Neither flag exists on Windows. */
const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** The vault on a real disk. The vault folder itself may be a link (the owner chose it), nothing below it. */
export function createNodeDisk(vaultPath: string): VaultDisk {
  const at = (path: string) => join(vaultPath, ...partsOf(path));
  return {
    async checkRoot() {
      const found = await statFollowing(vaultPath).catch(() => null);
      if (found?.isDirectory()) return;
      throw fail(
        "VAULT_MISSING",
        `The vault folder ${vaultPath} is not there (is its disk connected?). Nothing was published or changed; sync goes on when it is back.`,
      );
    },
    list: (folder) => guard(folder, () => listFolder(vaultPath, folder)),
    stat: (path) =>
      guard(path, async () =>
        (await hasPlainFolders(vaultPath, path)) ? toFileStat(await lstatOrNull(at(path))) : null,
      ),
    read: (path, maxBytes) =>
      guard(path, async () =>
        (await hasPlainFolders(vaultPath, path)) ? readFile(at(path), maxBytes) : null,
      ),
    write: (path, bytes, expect) =>
      guard(path, async () => {
        await makeFolders(vaultPath, path);
        return writeFile(at(path), bytes, expect);
      }),
    move: (from, to, expect) =>
      guard(to, async () => {
        if (!(await hasPlainFolders(vaultPath, from))) return null;
        await makeFolders(vaultPath, to);
        return moveFile(at(from), at(to), expect);
      }),
    remove: (path, expect) =>
      guard(path, async () => (await hasPlainFolders(vaultPath, path)) && removeFile(at(path), expect)),
    append: (path, text) =>
      guard(path, async () => {
        await makeFolders(vaultPath, path);
        const found = await lstatOrNull(at(path));
        if (found && !found.isFile()) throw unsafe(path);
        // A line a crash cut short must not swallow the next one.
        const cutShort = found !== null && found.size > 0 && !(await endsWithNewline(at(path), found.size));
        await appendDurably(at(path), Buffer.from(cutShort ? `\n${text}` : text, "utf8"), { mode: 0o644 });
      }),
  };
}

function partsOf(path: string): string[] {
  const parts = path === "" ? [] : path.split("/");
  if (parts.some((part) => part === "" || part === "." || part === ".." || /[\\\0:]/.test(part)))
    throw unsafe(path);
  return parts;
}

function unsafe(path: string) {
  return fail("PATH_UNSAFE", `"${path}" is not a plain file inside the vault; it was left alone.`, {
    data: { path },
  });
}

/** True when every folder on the way is a real folder. */
async function hasPlainFolders(root: string, path: string): Promise<boolean> {
  let current = root;
  for (const part of partsOf(path).slice(0, -1)) {
    current = join(current, part);
    if (!(await lstatOrNull(current))?.isDirectory()) return false;
  }
  return true;
}

async function makeFolders(root: string, path: string): Promise<void> {
  let current = root;
  for (const part of partsOf(path).slice(0, -1)) {
    const parent = current;
    current = join(parent, part);
    const found = await lstatOrNull(current);
    if (found?.isDirectory()) continue;
    if (found) throw unsafe(path);
    await mkdir(current).catch((error: unknown) => {
      if (errnoOf(error) !== "EEXIST") throw error;
    });
    await syncFolder(parent);
  }
}

async function listFolder(root: string, folder: string): Promise<FolderListing | null> {
  if (folder !== "") {
    if (!(await hasPlainFolders(root, folder))) return null;
    if (!(await lstatOrNull(join(root, ...partsOf(folder))))?.isDirectory()) return null;
  }
  const entries = await readdir(join(root, ...partsOf(folder)), { withFileTypes: true });
  const listing: FolderListing = { files: [], folders: [] };
  let hasTemps = false;
  for (const entry of entries) {
    if (entry.name.startsWith(TEMP_PREFIX)) {
      hasTemps = true;
      continue;
    }
    if (entry.isDirectory()) listing.folders.push(entry.name);
    if (!entry.isFile()) continue;
    const stat = toFileStat(await lstatOrNull(join(root, ...partsOf(folder), entry.name)));
    if (stat) listing.files.push({ name: entry.name, stat });
  }
  if (hasTemps) await removeStaleTemps(join(root, ...partsOf(folder)), systemClock.now());
  return listing;
}

async function readFile(path: string, maxBytes: number): Promise<ReadFile | null> {
  let file;
  try {
    file = await open(path, READ_FLAGS);
  } catch (error) {
    if (["ENOENT", "ELOOP", "EMLINK", "EISDIR"].includes(errnoOf(error))) return null;
    throw error;
  }
  try {
    const before = await file.stat();
    if (!before.isFile() || before.size > maxBytes) return null;
    const bytes = await file.readFile();
    const stat = toFileStat(await file.stat());
    // Replaced meanwhile: the name no longer leads to what was read.
    const named = toFileStat(await lstatOrNull(path));
    if (!stat || !named || !isSameStat(stat, toFileStat(before)) || !isSameStat(stat, named)) return null;
    return bytes.length === stat.size ? { bytes, stat } : null;
  } finally {
    await file.close();
  }
}

async function writeFile(path: string, bytes: Uint8Array, expect: FileStat | null): Promise<FileStat | null> {
  const there = await lstatOrNull(path);
  if (there && !there.isFile()) throw unsafe(path);
  if (!isUnchanged(toFileStat(there), expect)) return null;
  const temp = tempBeside(path);
  try {
    const file = await open(temp, "wx", 0o644);
    let stat: FileStat | null;
    try {
      await file.writeFile(bytes);
      await file.sync();
      // Taken before the rename, so that a change right after it is not mistaken for our own bytes.
      stat = toFileStat(await file.stat());
    } finally {
      await file.close();
    }
    const isPut = expect === null ? await putNew(temp, path) : await putOver(temp, path, expect);
    if (!isPut) return null;
    await syncFolder(dirname(path));
    return stat;
  } finally {
    await unlink(temp).catch(() => undefined);
  }
}

function tempBeside(path: string): string {
  return join(dirname(path), `${TEMP_PREFIX}${randomBytes(9).toString("hex")}`);
}

/** A second name instead of a rename: it fails when somebody made the file a moment ago. */
async function putNew(temp: string, path: string): Promise<boolean> {
  try {
    await link(temp, path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    if (!NO_LINKS.has(errnoOf(error))) throw error;
    if ((await lstatOrNull(path)) !== null) return false;
    await rename(temp, path);
    return true;
  }
}

/** Disks without second names: FAT, some network shares. There the look right before must do. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"]);

/**
 * The old file is kept by a second name over the rename: Obsidian saves in place, and what it wrote between
 * the last look and the rename is in there. Then the owner's words go back.
 */
async function putOver(temp: string, path: string, expect: FileStat): Promise<boolean> {
  const old = tempBeside(path);
  try {
    await link(path, old).catch((error: unknown) => {
      if (!NO_LINKS.has(errnoOf(error))) throw error;
    });
    if (!isSameStat(toFileStat(await lstatOrNull(path)), expect)) return false;
    await rename(temp, path);
    const kept = toFileStat(await lstatOrNull(old));
    if (kept === null || isSameStat(kept, expect)) return true;
    await rename(old, path);
    return false;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  } finally {
    await unlink(old).catch(() => undefined);
  }
}

async function moveFile(from: string, to: string, expect: FileStat): Promise<FileStat | null> {
  if (!isSameStat(toFileStat(await lstatOrNull(from)), expect) || (await lstatOrNull(to)) !== null)
    return null;
  try {
    await rename(from, to);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
  // The new name first: after a power cut a note may stand in two folders, never in none.
  await syncFolder(dirname(to));
  if (dirname(from) !== dirname(to)) await syncFolder(dirname(from));
  const moved = toFileStat(await lstatOrNull(to));
  // Saved in the very moment of the move: the next look reads it there.
  return isSameStat(moved, expect) ? moved : null;
}

/** Set aside first and looked at there: what somebody saved or moved a moment ago is not removed. */
async function removeFile(path: string, expect: FileStat): Promise<boolean> {
  if (!isSameStat(toFileStat(await lstatOrNull(path)), expect)) return false;
  const aside = tempBeside(path);
  try {
    await rename(path, aside);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
  const isExpected = isSameStat(toFileStat(await lstatOrNull(aside)), expect);
  if (isExpected) await unlink(aside);
  else if (!(await putNew(aside, path))) {
    await rename(aside, `${path.replace(/\.[^./]*$/, "")} (kept ${randomBytes(4).toString("hex")}).md`);
  } else await unlink(aside).catch(() => undefined);
  await syncFolder(dirname(path));
  return isExpected;
}

async function endsWithNewline(path: string, size: number): Promise<boolean> {
  const file = await open(path, READ_FLAGS);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    return bytesRead === 1 && buffer[0] === 0x0a;
  } finally {
    await file.close();
  }
}

async function lstatOrNull(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error))) return null;
    throw error;
  }
}

function toFileStat(found: Stats | null): FileStat | null {
  return found?.isFile() ? { size: found.size, mtimeMs: found.mtimeMs, inode: found.ino } : null;
}

/** Gives whatever the disk answers a code and a sentence. */
async function guard<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (NightdeskError.is(error)) throw error;
    throw fail(
      "DISK_FAILED",
      `The disk refused "${path}" (${errnoOf(error)}); it was left as it is. Check free space and permissions of the vault folder.`,
      { cause: error, data: { path, errno: errnoOf(error) } },
    );
  }
}
