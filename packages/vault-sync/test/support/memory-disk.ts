import { folderOf, nameOf, type FileStat } from "@nightdesk/claim-lib";
import { isUnchanged, type VaultDisk } from "../../src/disk.ts";

export interface MemoryDisk extends VaultDisk {
  /** Writes as another program would; `mtimeMs` defaults to the clock. */
  put(path: string, text: string, options?: { mtimeMs?: number; inode?: number }): void;
  /** Moves as another program would; nothing happens when it is not there. */
  rename(from: string, to: string): void;
  erase(path: string): void;
  /** Called with the path before each read, to change things at the worst moment. */
  onRead: ((path: string) => void) | null;
  onList: ((folder: string) => void) | null;
  reads: string[];
  text(path: string): string | null;
}

/** A vault folder in memory. */
export function createMemoryDisk(clock: { now(): number }): MemoryDisk {
  const files = new Map<string, { bytes: Buffer; stat: FileStat }>();
  let nextInode = 1;
  const put = (path: string, bytes: Buffer, stat: Partial<FileStat> = {}) => {
    const full = { size: bytes.length, mtimeMs: clock.now(), inode: nextInode, ...stat };
    nextInode += 1;
    files.set(path, { bytes, stat: full });
    return full;
  };
  const disk: MemoryDisk = {
    reads: [],
    onRead: null,
    onList: null,
    text: (path) => files.get(path)?.bytes.toString() ?? null,
    put: (path, text, { mtimeMs, inode } = {}) => {
      put(path, Buffer.from(text), {
        ...(mtimeMs === undefined ? {} : { mtimeMs }),
        ...(inode === undefined ? {} : { inode }),
      });
    },
    checkRoot: () => Promise.resolve(),
    list: (folder) => {
      const listing = { files: [] as { name: string; stat: FileStat }[], folders: [] as string[] };
      for (const [path, { stat }] of files) {
        if (folderOf(path) === folder) listing.files.push({ name: nameOf(path), stat });
        else if (folder === "" || path.startsWith(`${folder}/`)) {
          const [name = ""] = path.slice(folder === "" ? 0 : folder.length + 1).split("/");
          if (!listing.folders.includes(name)) listing.folders.push(name);
        }
      }
      disk.onList?.(folder);
      return Promise.resolve(listing);
    },
    stat: (path) => Promise.resolve(files.get(path)?.stat ?? null),
    read: (path, maxBytes) => {
      disk.reads.push(path);
      const before = files.get(path);
      disk.onRead?.(path);
      const found = files.get(path);
      if (!before || found !== before || before.bytes.length > maxBytes) return Promise.resolve(null);
      return Promise.resolve({ bytes: before.bytes, stat: before.stat });
    },
    write: (path, bytes, expect) =>
      Promise.resolve(
        isUnchanged(files.get(path)?.stat ?? null, expect) ? put(path, Buffer.from(bytes)) : null,
      ),
    move: (from, to, expect) => {
      const found = files.get(from);
      if (!found || !isUnchanged(found.stat, expect) || files.has(to)) return Promise.resolve(null);
      disk.rename(from, to);
      return Promise.resolve(found.stat);
    },
    rename: (from, to) => {
      const found = files.get(from);
      if (!found) return;
      files.delete(from);
      files.set(to, found);
    },
    erase: (path) => void files.delete(path),
    remove: (path, expect) => {
      const isThere = isUnchanged(files.get(path)?.stat ?? null, expect);
      if (isThere) files.delete(path);
      return Promise.resolve(isThere);
    },
    makeDurable: () => Promise.resolve(),
    append: (path, text) => {
      put(path, Buffer.concat([files.get(path)?.bytes ?? Buffer.alloc(0), Buffer.from(text)]));
      return Promise.resolve();
    },
  };
  return disk;
}
