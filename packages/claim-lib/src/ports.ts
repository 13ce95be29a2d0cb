/** Time enters through here; the core never reads the system clock. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  sleep(durationMs: number): Promise<void>;
}

/** Randomness enters through here. */
export interface Random {
  /** `length` unpredictable bytes. */
  bytes(length: number): Uint8Array;
  /** A number from 0 up to, but not including, 1. */
  fraction(): number;
}

export interface FileStat {
  size: number;
  mtimeMs: number;
  inode: number;
}

/**
 * The file operations agents use on the vault. Paths are relative to the vault, with `/`.
 * No operation follows a symbolic link.
 */
export interface VaultFiles {
  /** Names of the regular files in a folder; empty when the folder is missing. */
  list(folder: string): Promise<string[]>;
  /** Names of whatever else lies there: links, folders, devices. Left out where there can be none. */
  listOdd?(folder: string): Promise<string[]>;
  /** The bytes as UTF-8, or null when there is no such file. */
  read(path: string): Promise<string | null>;
  stat(path: string): Promise<FileStat | null>;
  /** Durable and atomic: temp file, fsync, rename, fsync of the folder. Replaces what is there. */
  write(path: string, text: string): Promise<void>;
  /** Adds text (whole lines) to the end of a file with one durable write; creates it when it is missing. */
  append(path: string, text: string): Promise<void>;
  /** Atomic rename. Throws CLAIM_LOST when the source is gone, CLAIM_TARGET_EXISTS when the target is taken. */
  move(from: string, to: string): Promise<void>;
  /** Removes a file; nothing happens when it is gone already. */
  remove(path: string): Promise<void>;
}
