import { constants, type Stats } from "node:fs";
import { dirname, join } from "node:path";
import type { VaultFiles } from "@nightdesk/claim-lib";
import { appendDurably, errnoOf, syncFolder, TEMP_PREFIX, writeDurably } from "./durable-write.ts";
import { fail } from "./errors.ts";
import { nodeFileSystem, type FileSystem } from "./file-system.ts";

/** Nothing of ours in a vault comes near this; a film dropped into a folder must not fill the memory. */
const MAX_READ_BYTES = 16 * 1024 * 1024;

/** O_NONBLOCK: opening a named pipe somebody put there must not hang. Neither flag exists on Windows. */
const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * The vault on a real disk. The vault folder itself may be a link (the owner chose it); nothing
 * below it is ever followed.
 */
export function createNodeVaultFiles(vaultPath: string, disk: FileSystem = nodeFileSystem): VaultFiles {
  const locate = (path: string) => locateInside(disk, vaultPath, path);
  const inTurn = createTurns();
  return {
    list: (folder) => guard(folder, () => listEntries(locate(folder), true)),
    listOdd: (folder) => guard(folder, () => listEntries(locate(folder), false)),
    read: (path) => guard(path, () => readText(locate(path), path)),
    stat: (path) => guard(path, () => statFile(locate(path))),
    write: (path, text) => guard(path, () => writeText(locate(path), text)),
    append: (path, text) => guard(path, () => inTurn(path, () => appendText(locate(path), text))),
    move: (from, to) => guard(from, () => moveFile(locate(from), locate(to), from, to)),
    remove: (path) => guard(path, () => removeFile(locate(path), path)),
  };
}

interface Located {
  disk: FileSystem;
  root: string;
  /** The names from the vault down. */
  parts: string[];
  absolute: string;
}

function locateInside(disk: FileSystem, root: string, path: string): Located {
  const parts = path === "" ? [] : path.split("/");
  const bad = parts.some(
    (part) => part === "" || part === "." || part === ".." || /[\\\0]/.test(part) || hasDrive(part),
  );
  if (bad) throw outside(path, "it is not a plain path inside the vault");
  return { disk, root, parts, absolute: join(root, ...parts) };
}

/** On Windows `C:` leaves the folder and `name:stream` opens a hidden second file. */
function hasDrive(part: string): boolean {
  return process.platform === "win32" && part.includes(":");
}

function outside(path: string, why: string) {
  return fail("PATH_OUTSIDE_VAULT", `"${path}" was not touched: ${why}.`, { data: { path } });
}

/** Refuses when a folder on the way is a link. Returns false when one is missing (or is a file). */
async function checkFolders(at: Located, depth: number, create: boolean): Promise<boolean> {
  let current = at.root;
  for (const part of at.parts.slice(0, depth)) {
    const parent = current;
    current = join(parent, part);
    let found = await lstatOrNull(at.disk, current);
    if (!found && create) {
      await at.disk.mkdir(current).catch((error: unknown) => {
        if (errnoOf(error) !== "EEXIST") throw error;
      });
      await syncFolder(parent, at.disk);
      found = await lstatOrNull(at.disk, current);
    }
    if (!found) return false;
    if (found.isFile() && !create) return false;
    if (found.isFile()) throw notRegular(current);
    if (!found.isDirectory()) throw outside(at.parts.join("/"), `"${part}" on its way is a link`);
  }
  return true;
}

async function lstatOrNull(disk: FileSystem, path: string): Promise<Stats | null> {
  try {
    return await disk.lstat(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error))) return null;
    throw error;
  }
}

async function listEntries(at: Located, areFiles: boolean): Promise<string[]> {
  if (!(await checkFolders(at, at.parts.length, false))) return [];
  const entries = await at.disk.readdir(at.absolute);
  return entries
    .filter((entry) => entry.isFile() === areFiles && !entry.name.startsWith(TEMP_PREFIX))
    .map((entry) => entry.name)
    .sort();
}

async function readText(at: Located, path: string): Promise<string | null> {
  if (!(await checkFolders(at, at.parts.length - 1, false))) return null;
  const before = await lstatOrNull(at.disk, at.absolute);
  if (!before?.isFile()) return null;
  let file;
  try {
    file = await at.disk.open(at.absolute, READ_FLAGS);
  } catch (error) {
    // Gone, or turned into a link, since the look a moment ago.
    if (["ENOENT", "ELOOP", "EMLINK"].includes(errnoOf(error))) return null;
    throw error;
  }
  try {
    const found = await file.stat();
    if (!found.isFile()) return null;
    if (found.size > MAX_READ_BYTES) {
      throw fail(
        "NOTE_TOO_LARGE",
        `"${path}" is ${found.size} bytes long, too long to be read; it was left alone.`,
        {
          data: { path, size: found.size },
        },
      );
    }
    return (await file.readFile()).toString("utf8");
  } finally {
    await file.close();
  }
}

async function statFile(at: Located) {
  if (!(await checkFolders(at, at.parts.length - 1, false))) return null;
  const found = await lstatOrNull(at.disk, at.absolute);
  return found?.isFile() ? { size: found.size, mtimeMs: found.mtimeMs, inode: found.ino } : null;
}

async function writeText(at: Located, text: string): Promise<void> {
  if (at.parts.length === 0) throw outside("", "it names the vault itself");
  await checkFolders(at, at.parts.length - 1, true);
  const there = await lstatOrNull(at.disk, at.absolute);
  if (there && !there.isFile()) throw notRegular(at.parts.join("/"));
  // 0644 as Obsidian itself writes; privacy is the vault folder's business.
  await writeDurably(at.absolute, text, { mode: 0o644 }, at.disk);
}

/** One append to a file after the other: seen half done, a line of our own looks like one a crash cut short. */
function createTurns() {
  const tails = new Map<string, Promise<void>>();
  return async (path: string, work: () => Promise<void>): Promise<void> => {
    const own = (tails.get(path) ?? Promise.resolve()).then(work, work);
    const tail = own.catch(() => undefined).then(() => void (tails.get(path) === tail && tails.delete(path)));
    tails.set(path, tail);
    return own;
  };
}

async function appendText(at: Located, text: string): Promise<void> {
  if (at.parts.length === 0) throw outside("", "it names the vault itself");
  await checkFolders(at, at.parts.length - 1, true);
  const there = await lstatOrNull(at.disk, at.absolute);
  if (there && !there.isFile()) throw notRegular(at.parts.join("/"));
  // A line a crash cut short must not swallow the first of the new ones.
  const cutShort = there !== null && there.size > 0 && (await lastByte(at, there.size)) !== 0x0a;
  const bytes = Buffer.from(cutShort ? `\n${text}` : text, "utf8");
  await appendDurably(at.absolute, bytes, { mode: 0o644 }, at.disk);
}

async function lastByte(at: Located, size: number): Promise<number | undefined> {
  const file = await at.disk.open(at.absolute, READ_FLAGS);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    return bytesRead === 1 ? buffer[0] : undefined;
  } finally {
    await file.close();
  }
}

function notRegular(path: string) {
  return fail(
    "FILE_NOT_REGULAR",
    `"${path}" is not a plain file (a folder, link or device); it was left alone.`,
    {
      data: { path },
    },
  );
}

/**
 * One rename(2) decides who wins: the second mover finds no source. rename would silently replace a
 * target, so a taken one is refused first; nobody can slip in between, because a note's name carries
 * its id and only the holder of the source moves it there. (link + unlink would make the target
 * exclusive, but would let two movers with different targets both succeed.)
 */
async function moveFile(from: Located, to: Located, fromPath: string, toPath: string): Promise<void> {
  const lost = () =>
    fail(
      "CLAIM_LOST",
      `"${fromPath}" is no longer there: somebody else moved it first. Nothing was changed.`,
      {
        data: { from: fromPath, to: toPath },
      },
    );
  if (to.parts.length === 0) throw outside(toPath, "it names the vault itself");
  if (!(await checkFolders(from, from.parts.length - 1, false))) throw lost();
  const source = await lstatOrNull(from.disk, from.absolute);
  if (!source) throw lost();
  if (!source.isFile()) throw notRegular(fromPath);
  await checkFolders(to, to.parts.length - 1, true);
  if ((await lstatOrNull(to.disk, to.absolute)) && !(await isSameNameInOtherCase(from, to))) {
    throw fail("CLAIM_TARGET_EXISTS", `"${toPath}" is already there; "${fromPath}" was left where it was.`, {
      data: { from: fromPath, to: toPath },
    });
  }
  try {
    await from.disk.rename(from.absolute, to.absolute);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") throw lost();
    throw error;
  }
  // The new name first: after a power cut a note may stand in two folders, never in none.
  await syncFolder(dirname(to.absolute), to.disk);
  if (dirname(from.absolute) !== dirname(to.absolute)) await syncFolder(dirname(from.absolute), from.disk);
}

/**
 * On a disk that ignores case, `Note.md` already "is there" when `note.md` is renamed to it. A hard
 * link is the same file under two names, and renaming one onto the other does nothing at all.
 */
async function isSameNameInOtherCase(from: Located, to: Located): Promise<boolean> {
  if (from.absolute === to.absolute || from.absolute.toLowerCase() !== to.absolute.toLowerCase())
    return false;
  const look = (at: Located) => at.disk.lstatExact(at.absolute).catch(() => null);
  const [source, target] = await Promise.all([look(from), look(to)]);
  return source?.nlink === 1n && source.ino === target?.ino && source.dev === target.dev;
}

async function removeFile(at: Located, path: string): Promise<void> {
  if (!(await checkFolders(at, at.parts.length - 1, false))) return;
  const found = await lstatOrNull(at.disk, at.absolute);
  if (!found) return;
  if (!found.isFile()) throw notRegular(path);
  try {
    await at.disk.unlink(at.absolute);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
    return;
  }
  await syncFolder(dirname(at.absolute), at.disk);
}

/** Gives whatever the disk answers a code and a sentence. */
async function guard<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && error.name === "NightdeskError") throw error;
    throw fail("FILE_FAILED", `The disk refused "${path}" (${errnoOf(error)}); nothing was changed.`, {
      cause: error,
      data: { path, errno: errnoOf(error) },
    });
  }
}
