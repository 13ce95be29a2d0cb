import { constants, Stats, type Dirent } from "node:fs";
import type { FileNode } from "./disk-state.ts";

/** What node tells of a file. */
export function toStats(node: FileNode): Stats {
  const stats = Object.create(Stats.prototype) as Stats;
  stats.mode = node.mode | (node.isFolder ? constants.S_IFDIR : constants.S_IFREG);
  stats.size = node.bytes.length;
  stats.mtimeMs = node.mtimeMs;
  stats.ino = node.ino;
  return stats;
}

/** Only what our code asks of one. */
export function toDirent(parentPath: string, name: string, node: FileNode): Dirent {
  const no = () => false;
  return {
    name,
    parentPath,
    isFile: () => !node.isFolder,
    isDirectory: () => node.isFolder,
    isSymbolicLink: no,
    isBlockDevice: no,
    isCharacterDevice: no,
    isFIFO: no,
    isSocket: no,
  };
}

/** What the disk refuses with. */
export function errno(code: string, call: string, path: string): NodeJS.ErrnoException {
  // Thousands of times "not there" in a second: where from is of no interest.
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = Object.assign(new Error(`${code}: ${call} '${path}'`), { code });
  Error.stackTraceLimit = limit;
  return error;
}
