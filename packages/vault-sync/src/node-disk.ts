import { constants, type Dirent, type Stats } from "node:fs";
import { dirname, join } from "node:path";
import { NightdeskError } from "@nightdesk/claim-lib";
import {
  appendDurably,
  errnoOf,
  removeStaleTemps,
  syncFolder,
  TEMP_PREFIX,
} from "@nightdesk/daemon-kit/durable-write";
import { nodeFileSystem, type FileSystem } from "@nightdesk/daemon-kit/file-system";
import { systemClock } from "@nightdesk/daemon-kit/system-clock";
import { lstatOrNull, moveFile, removeFile, toFileStat, writeFile } from "./change-file.ts";
import { isSameStat, type FolderListing, type ReadFile, type VaultDisk } from "./disk.ts";
import { fail } from "./errors.ts";

/** O_NONBLOCK: a named pipe somebody put there must not hang us. Neither flag exists on Windows. */
const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

interface Root {
  disk: FileSystem;
  path: string;
  now: () => number;
  /** Folders whose own name is known to be on the disk since this program started: path -> inode. */
  safe: Map<string, number>;
}

/**
 * The vault on a real disk. The vault folder itself may be a link (the owner chose it), nothing below it.
 * @param options.now tells how old a left-over temporary file is; by the clock its time was made with
 */
export function createNodeDisk(
  vaultPath: string,
  options: { disk?: FileSystem; now?: () => number } = {},
): VaultDisk {
  const disk = options.disk ?? nodeFileSystem;
  const root: Root = {
    disk,
    path: vaultPath,
    now: options.now ?? (() => systemClock.now()),
    safe: new Map(),
  };
  const at = (path: string) => join(vaultPath, ...partsOf(path));
  return {
    async checkRoot() {
      const found = await disk.stat(vaultPath).catch(() => null);
      if (found?.isDirectory()) return;
      throw fail(
        "VAULT_MISSING",
        `The vault folder ${vaultPath} is not there (is its disk connected?). Nothing was published or changed; sync goes on when it is back.`,
      );
    },
    list: (folder) => guard(folder, () => listFolder(root, folder)),
    changedAtMs: async (folder) => (await lstatOrNull(disk, at(folder)))?.mtimeMs ?? null,
    stat: (path) =>
      guard(path, async () =>
        (await hasPlainFolders(root, path)) ? toFileStat(await lstatOrNull(disk, at(path))) : null,
      ),
    read: (path, maxBytes) =>
      guard(path, async () =>
        (await hasPlainFolders(root, path)) ? readFile(disk, at(path), maxBytes) : null,
      ),
    write: (path, bytes, expect) =>
      guard(path, async () => {
        await makeFolders(root, path);
        return writeFile(disk, at(path), bytes, expect);
      }),
    move: (from, to, expect) =>
      guard(to, async () => {
        if (!(await hasPlainFolders(root, from))) return null;
        await makeFolders(root, to);
        return moveFile(disk, at(from), at(to), expect);
      }),
    remove: (path, expect) =>
      guard(path, async () => (await hasPlainFolders(root, path)) && removeFile(disk, at(path), expect)),
    makeDurable: (path) => guard(path, () => makeDurable(root, path)),
    append: (path, text) =>
      guard(path, async () => {
        await makeFolders(root, path);
        const found = await lstatOrNull(disk, at(path));
        if (found && !found.isFile()) throw unsafe(path);
        // A line a crash cut short must not swallow the next one.
        const cutShort =
          found !== null && found.size > 0 && !(await endsWithNewline(disk, at(path), found.size));
        const bytes = Buffer.from(cutShort ? `\n${text}` : text, "utf8");
        await appendDurably(at(path), bytes, { mode: 0o644 }, disk);
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
async function hasPlainFolders(root: Root, path: string): Promise<boolean> {
  let current = root.path;
  for (const part of partsOf(path).slice(0, -1)) {
    current = join(current, part);
    if (!(await lstatOrNull(root.disk, current))?.isDirectory()) return false;
  }
  return true;
}

async function makeFolders(root: Root, path: string): Promise<void> {
  let current = root.path;
  for (const part of partsOf(path).slice(0, -1)) {
    const parent = current;
    current = join(parent, part);
    const found = await lstatOrNull(root.disk, current);
    if (found && !found.isDirectory()) throw unsafe(path);
    if (!found) {
      await root.disk.mkdir(current).catch((error: unknown) => {
        if (errnoOf(error) !== "EEXIST") throw error;
      });
    }
    await secureName(root, parent, current);
  }
}

/** A folder somebody made, or a run that was killed, may have a name that the next power cut takes away. */
async function secureName(root: Root, parent: string, folder: string): Promise<void> {
  const inode = (await lstatOrNull(root.disk, folder))?.ino;
  if (inode === undefined || root.safe.get(folder) === inode) return;
  await syncFolder(parent, root.disk);
  root.safe.set(folder, inode);
}

async function makeDurable(root: Root, path: string): Promise<void> {
  if (!(await hasPlainFolders(root, path))) return;
  await makeFolders(root, path);
  await syncFile(root.disk, join(root.path, ...partsOf(path))).catch((error: unknown) => {
    // Moved on a moment ago: then there is nothing here to make safe.
    if (!["ENOENT", "ELOOP", "EMLINK"].includes(errnoOf(error))) throw error;
  });
}

async function listFolder(root: Root, folder: string): Promise<FolderListing | null> {
  const { disk } = root;
  const absolute = join(root.path, ...partsOf(folder));
  if (folder !== "") {
    if (!(await hasPlainFolders(root, folder))) return null;
    if (!(await lstatOrNull(disk, absolute))?.isDirectory()) return null;
  }
  const entries = await disk.readdir(absolute);
  const listing: FolderListing = { files: [], folders: [] };
  const isTemp = ({ name }: Dirent) => name.startsWith(TEMP_PREFIX);
  const names: string[] = [];
  for (const entry of entries) {
    if (isTemp(entry)) continue;
    if (entry.isDirectory()) listing.folders.push(entry.name);
    if (entry.isFile()) names.push(entry.name);
  }
  const stats = await lstatEach(
    disk,
    names.map((name) => join(absolute, name)),
  );
  for (const [at, name] of names.entries()) {
    const stat = toFileStat(stats[at] ?? null);
    if (stat) listing.files.push({ name, stat });
  }
  if (entries.some(isTemp)) await removeStaleTemps(absolute, root.now(), undefined, disk);
  return listing;
}

async function lstatEach(disk: FileSystem, paths: readonly string[]): Promise<(Stats | null)[]> {
  if (disk.lstatAll) return disk.lstatAll(paths);
  const found: (Stats | null)[] = [];
  for (const path of paths) found.push(await lstatOrNull(disk, path));
  return found;
}

async function readFile(disk: FileSystem, path: string, maxBytes: number): Promise<ReadFile | null> {
  let file;
  try {
    file = await disk.open(path, READ_FLAGS);
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
    const named = toFileStat(await lstatOrNull(disk, path));
    if (!stat || !named || !isSameStat(stat, toFileStat(before)) || !isSameStat(stat, named)) return null;
    return bytes.length === stat.size ? { bytes, stat } : null;
  } finally {
    await file.close();
  }
}

async function syncFile(disk: FileSystem, path: string): Promise<void> {
  // Windows syncs only what was opened for writing; there the owner's own program has to.
  if (process.platform === "win32") return;
  const file = await disk.open(path, READ_FLAGS);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dirname(path), disk);
}

async function endsWithNewline(disk: FileSystem, path: string, size: number): Promise<boolean> {
  const file = await disk.open(path, READ_FLAGS);
  const read = file.read(Buffer.alloc(1), 0, 1, size - 1).finally(() => file.close());
  return (await read).buffer[0] === 0x0a;
}

/** Gives whatever the disk answers a code and a sentence. */
async function guard<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (NightdeskError.is(error, "PATH_UNSAFE")) throw unsafe(path); // by its name within the vault
    if (NightdeskError.is(error)) throw error;
    throw fail(
      "DISK_FAILED",
      `The disk refused "${path}" (${errnoOf(error)}); it was left as it is. Check free space and permissions of the vault folder.`,
      { cause: error, data: { path, errno: errnoOf(error) } },
    );
  }
}
