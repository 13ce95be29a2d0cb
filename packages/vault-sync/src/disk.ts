import type { FileStat } from "@nightdesk/claim-lib";

export interface FolderListing {
  /** Regular files. */
  files: { name: string; stat: FileStat }[];
  folders: string[];
}

export interface ReadFile {
  bytes: Uint8Array;
  stat: FileStat;
}

/**
 * The vault folder as sync sees it: bytes, and no link is ever followed. Paths are relative to the
 * vault, with `/`. Writes are durable and atomic, and each says what it expects to find: agents and the
 * owner work in the same folder at any moment, and what they did since the last look must not be lost.
 */
export interface VaultDisk {
  /** Throws VAULT_MISSING when the vault folder itself is not there. */
  checkRoot(): Promise<void>;
  /** Null when there is no such folder, or it is a link. */
  list(folder: string): Promise<FolderListing | null>;
  /** When names in a folder last came or went; null when there is no such folder. Without it every folder is listed. */
  changedAtMs?(folder: string): Promise<number | null>;
  /** Null for everything but a regular file. */
  stat(path: string): Promise<FileStat | null>;
  /** Null when there is no such regular file, or it changed while it was read. Reads at most `maxBytes`. */
  read(path: string, maxBytes: number): Promise<ReadFile | null>;
  /**
   * Temp file, fsync, rename, fsync of the folder; makes missing folders. Returns what then stands there, or
   * null when it was not `expect` (null: nothing) that stood there; then nothing was changed.
   */
  write(path: string, bytes: Uint8Array, expect: FileStat | null): Promise<FileStat | null>;
  /** Null, and nothing moved, when `from` is not `expect` any more or `to` is there already. */
  move(from: string, to: string, expect: FileStat): Promise<FileStat | null>;
  /** False, and nothing removed, when it is not `expect` any more. */
  remove(path: string, expect: FileStat): Promise<boolean>;
  /** Makes a file and its name survive a power cut, whoever wrote it. */
  makeDurable(path: string): Promise<void>;
  /** Adds whole lines to a file of ours. */
  append(path: string, text: string): Promise<void>;
}

/** True when what stands at a place is what was expected there, or nothing as expected. */
export function isUnchanged(found: FileStat | null, expected: FileStat | null): boolean {
  return expected === null ? found === null : isSameStat(found, expected);
}

/** True when nothing speaks for a change between the two looks. */
export function isSameStat(a: FileStat | null | undefined, b: FileStat | null | undefined): boolean {
  return a != null && b != null && a.size === b.size && a.mtimeMs === b.mtimeMs && a.inode === b.inode;
}
