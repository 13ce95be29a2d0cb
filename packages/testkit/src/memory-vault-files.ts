import type { FileStat, VaultFiles } from "@nightdesk/claim-lib";
import { fail } from "./errors.ts";

export interface MemoryVaultFiles extends VaultFiles {
  /** Everything that is there, by path. */
  snapshot(): Record<string, string>;
}

interface MemoryFile {
  text: string;
  mtimeMs: number;
  inode: number;
}

/** The vault in memory, for tests of pure flows; it answers and fails as the real one does. */
export function createMemoryVaultFiles(
  initial: Readonly<Record<string, string>> = {},
  now: () => number = () => 0,
): MemoryVaultFiles {
  const files = new Map<string, MemoryFile>();
  let lastInode = 0;
  const put = (path: string, text: string) => {
    checkPlace(files, path);
    // A write replaces the file by rename, so its inode is new.
    files.set(path, { text: toStored(text), mtimeMs: now(), inode: (lastInode += 1) });
  };
  for (const [path, text] of Object.entries(initial)) put(path, text);

  return {
    list: async (folder) => listFolder(files, folder),
    read: async (path) => files.get(checkPath(path))?.text ?? null,
    stat: async (path) => toStat(files.get(checkPath(path))),
    write: async (path, text) => put(path, text),
    async append(path, text) {
      const found = files.get(checkPath(path));
      if (!found) return put(path, text);
      files.set(path, { ...found, text: found.text + toStored(text), mtimeMs: now() });
    },
    move: async (from, to) => moveFile(files, from, to),
    async remove(path) {
      refuseFolder(files, checkPath(path));
      files.delete(path);
    },
    snapshot: () => Object.fromEntries([...files].map(([path, file]) => [path, file.text])),
  };
}

function listFolder(files: Map<string, MemoryFile>, folder: string): string[] {
  const prefix = folder === "" ? "" : `${checkPath(folder)}/`;
  return [...files.keys()]
    .filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes("/"))
    .map((path) => path.slice(prefix.length))
    .sort();
}

function moveFile(files: Map<string, MemoryFile>, from: string, to: string): void {
  const source = files.get(checkPath(from));
  if (!source) {
    refuseFolder(files, from);
    throw fail(
      "CLAIM_LOST",
      `"${from}" is no longer there: somebody else moved it first. Nothing was changed.`,
    );
  }
  checkPath(to);
  if (files.has(to) || isFolder(files, to)) {
    throw fail("CLAIM_TARGET_EXISTS", `"${to}" is already there; "${from}" was left where it was.`);
  }
  checkPlace(files, to);
  files.delete(from);
  files.set(to, source);
}

function toStat(file: MemoryFile | undefined): FileStat | null {
  if (!file) return null;
  return { size: Buffer.byteLength(file.text, "utf8"), mtimeMs: file.mtimeMs, inode: file.inode };
}

/** What a disk would give back: a lone surrogate cannot be stored as UTF-8. */
function toStored(text: string): string {
  return Buffer.from(text, "utf8").toString("utf8");
}

function checkPath(path: string): string {
  const bad = path
    .split("/")
    .some((part) => part === "" || part === "." || part === ".." || /[\\\0]/.test(part));
  if (bad)
    throw fail("PATH_OUTSIDE_VAULT", `"${path}" is not a plain path inside the vault; nothing was touched.`);
  return path;
}

/** Refuses a place that is a folder, or that lies below a file. */
function checkPlace(files: Map<string, MemoryFile>, path: string): void {
  refuseFolder(files, checkPath(path));
  const parts = path.split("/");
  for (let depth = 1; depth < parts.length; depth += 1) {
    const above = parts.slice(0, depth).join("/");
    if (files.has(above)) {
      throw fail("PATH_OUTSIDE_VAULT", `"${path}" was not touched: "${above}" on its way is a file.`);
    }
  }
}

function refuseFolder(files: Map<string, MemoryFile>, path: string): void {
  if (isFolder(files, path)) {
    throw fail("FILE_NOT_REGULAR", `"${path}" is a folder, not a file; it was left alone.`);
  }
}

function isFolder(files: Map<string, MemoryFile>, path: string): boolean {
  return [...files.keys()].some((known) => known.startsWith(`${path}/`));
}
