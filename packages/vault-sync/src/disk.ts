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
 * vault, with `/`. Writes are durable and atomic.
 */
export interface VaultDisk {
  /** Throws VAULT_MISSING when the vault folder itself is not there. */
  checkRoot(): Promise<void>;
  /** Null when there is no such folder, or it is a link. */
  list(folder: string): Promise<FolderListing | null>;
  /** Null for everything but a regular file. */
  stat(path: string): Promise<FileStat | null>;
  /** Null when there is no such regular file, or it changed while it was read. Reads at most `maxBytes`. */
  read(path: string, maxBytes: number): Promise<ReadFile | null>;
  /** Temp file, fsync, rename, fsync of the folder; makes missing folders. Returns what then stands there. */
  write(path: string, bytes: Uint8Array): Promise<FileStat>;
  /** One rename. A target that exists is replaced; the caller has looked. */
  move(from: string, to: string): Promise<FileStat | null>;
  remove(path: string): Promise<void>;
  /** Adds whole lines to a file of ours. */
  append(path: string, text: string): Promise<void>;
}

/** True when nothing speaks for a change between the two looks. */
export function isSameStat(a: FileStat | null | undefined, b: FileStat | null | undefined): boolean {
  return a != null && b != null && a.size === b.size && a.mtimeMs === b.mtimeMs && a.inode === b.inode;
}
