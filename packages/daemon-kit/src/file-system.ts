import * as node from "node:fs/promises";
import { lstatSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import type { BigIntStats, Dirent, Stats } from "node:fs";

/** An open file, as node's FileHandle has it; only what our own code uses. */
export interface OpenFile {
  read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number; buffer: Buffer }>;
  readFile(): Promise<Buffer>;
  write(bytes: Uint8Array): Promise<{ bytesWritten: number }>;
  writeFile(bytes: string | Uint8Array): Promise<void>;
  chmod(mode: number): Promise<void>;
  stat(): Promise<Stats>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The calls to the disk on which our promises after a crash rest. One port, so that the same code runs on a
 * real disk and on one that loses whatever was not synced.
 */
export interface FileSystem {
  open(path: string, flags: string | number, mode?: number): Promise<OpenFile>;
  readFile(path: string): Promise<Buffer>;
  readdir(path: string): Promise<Dirent[]>;
  lstat(path: string): Promise<Stats>;
  /** Many at once, null for what is not there; where it is missing, they are asked one by one. */
  lstatAll?(paths: readonly string[]): Promise<(Stats | null)[]>;
  /** With numbers that are exact on every system: an inode may have 64 bits. */
  lstatExact(path: string): Promise<BigIntStats>;
  stat(path: string): Promise<Stats>;
  mkdir(path: string, options?: { recursive?: boolean; mode?: number }): Promise<unknown>;
  rename(from: string, to: string): Promise<void>;
  /** A second name for the same file; EEXIST when `to` is there already. */
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

export const nodeFileSystem: FileSystem = {
  open: (path, flags, mode) => node.open(path, flags, mode),
  readFile: (path) => node.readFile(path),
  readdir: (path) => node.readdir(path, { withFileTypes: true }),
  lstat: (path) => node.lstat(path),
  lstatAll,
  lstatExact: (path) => node.lstat(path, { bigint: true }),
  stat: (path) => node.stat(path),
  mkdir: (path, options) => node.mkdir(path, options),
  rename: (from, to) => node.rename(from, to),
  link: (from, to) => node.link(from, to),
  unlink: (path) => node.unlink(path),
};

/** Nothing else of the process has to wait longer than this for a folder of thousands. */
const SLICE_MS = 3;

/** The way to the thread pool and back costs four times what such a call costs itself (10 us) [m]. */
async function lstatAll(paths: readonly string[]): Promise<(Stats | null)[]> {
  const found: (Stats | null)[] = [];
  let sliceEndsAtMs = performance.now() + SLICE_MS;
  for (const path of paths) {
    found.push(lstatSync(path, { throwIfNoEntry: false }) ?? null);
    if (performance.now() < sliceEndsAtMs) continue;
    await setImmediate();
    sliceEndsAtMs = performance.now() + SLICE_MS;
  }
  return found;
}
