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
