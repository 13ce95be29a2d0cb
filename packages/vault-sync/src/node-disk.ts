import { randomBytes } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { lstat, mkdir, open, readdir, rename, unlink, stat as statFollowing } from "node:fs/promises";
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
import { isSameStat, type FolderListing, type ReadFile, type VaultDisk } from "./disk.ts";
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
    write: (path, bytes) =>
      guard(path, async () => {
        await makeFolders(vaultPath, path);
        return writeFile(at(path), bytes);
      }),
    move: (from, to) =>
      guard(to, async () => {
        if (!(await hasPlainFolders(vaultPath, from))) return null;
        await makeFolders(vaultPath, to);
        return moveFile(at(from), at(to));
      }),
    remove: (path) =>
      guard(path, async () => {
        if (!(await hasPlainFolders(vaultPath, path))) return;
        if (toFileStat(await lstatOrNull(at(path))) === null) return;
        await unlink(at(path));
        await syncFolder(dirname(at(path)));
      }),
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

async function writeFile(path: string, bytes: Uint8Array): Promise<FileStat> {
  const folder = dirname(path);
  const temp = join(folder, `${TEMP_PREFIX}${randomBytes(9).toString("hex")}`);
  const there = await lstatOrNull(path);
  if (there && !there.isFile()) throw unsafe(path);
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
    await rename(temp, path);
    await syncFolder(folder);
    if (!stat) throw unsafe(path);
    return stat;
  } catch (error) {
    await unlink(temp).catch(() => undefined);
    throw error;
  }
}

async function moveFile(from: string, to: string): Promise<FileStat | null> {
  const stat = toFileStat(await lstatOrNull(from));
  const target = await lstatOrNull(to);
  if (!stat || (target && !target.isFile())) return null;
  try {
    await rename(from, to);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw error;
  }
  // The new name first: after a power cut a note may stand in two folders, never in none.
  await syncFolder(dirname(to));
  if (dirname(from) !== dirname(to)) await syncFolder(dirname(from));
  return stat;
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
