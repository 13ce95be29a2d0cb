import type { FileSystem, OpenFile } from "@nightdesk/daemon-kit/file-system";
import type { SimDisk } from "../sim-disk.ts";

/** The same disk for one program: before each of its calls others may act, or it may hear nothing any more. */
export function gatedDisk(disk: SimDisk, gate: () => Promise<void>): FileSystem {
  const after = async <T>(work: () => Promise<T>): Promise<T> => {
    await gate();
    return work();
  };
  return {
    open: (path, flags, mode) => after(async () => gatedFile(await disk.open(path, flags, mode), after)),
    readFile: (path) => after(() => disk.readFile(path)),
    readdir: (path) => after(() => disk.readdir(path)),
    lstat: (path) => after(() => disk.lstat(path)),
    lstatExact: (path) => after(() => disk.lstatExact(path)),
    stat: (path) => after(() => disk.stat(path)),
    mkdir: (path, options) => after(() => disk.mkdir(path, options)),
    rename: (from, to) => after(() => disk.rename(from, to)),
    link: (from, to) => after(() => disk.link(from, to)),
    unlink: (path) => after(() => disk.unlink(path)),
  };
}

function gatedFile(file: OpenFile, after: <T>(work: () => Promise<T>) => Promise<T>): OpenFile {
  return {
    read: (buffer, offset, length, position) => file.read(buffer, offset, length, position),
    readFile: () => after(() => file.readFile()),
    write: (bytes) => after(() => file.write(bytes)),
    writeFile: (bytes) => after(() => file.writeFile(bytes)),
    chmod: (mode) => file.chmod(mode),
    stat: () => file.stat(),
    sync: () => after(() => file.sync()),
    close: () => file.close(),
  };
}
