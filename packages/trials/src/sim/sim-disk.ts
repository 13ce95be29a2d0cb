import { constants, type BigIntStats, type Dirent, type Stats } from "node:fs";
import type { FileSystem, OpenFile } from "@nightdesk/daemon-kit/file-system";
import {
  copyDiskState,
  emptyDiskState,
  findNode,
  setName,
  splitPath,
  writtenWith,
  type DiskState,
  type FileNode,
  type NameChange,
} from "./disk-state.ts";
import { errno, toDirent, toStats } from "./sim-stats.ts";

export interface DiskHooks {
  now(): number;
  /** Before each call; where others may act, or the power may go. */
  gate?: ((call: string) => Promise<void>) | undefined;
  /** After each call that changed something. */
  onEffect?: ((call: string) => void) | undefined;
  /** An errno to fail with, `ENOSPC`. */
  fault?: ((call: string) => string | null) | undefined;
}

/** A disk in memory with a page cache that was not written out: see `DiskState`. */
export class SimDisk implements FileSystem {
  readonly hooks: DiskHooks;
  #state: DiskState;
  /** The maps of `#state` are also held by a snapshot: copy before the next change. */
  #isShared = false;
  readonly #aliases = new Map<string, string>();

  constructor(hooks: DiskHooks, state: DiskState = emptyDiskState()) {
    this.hooks = hooks;
    this.#state = state;
    this.#isShared = true;
  }

  /** What is there now, to be looked at and not kept. */
  peek(): DiskState {
    return this.#state;
  }

  snapshot(): DiskState {
    this.#isShared = true;
    return this.#state;
  }

  restore(state: DiskState): void {
    this.#state = state;
    this.#isShared = true;
    this.#aliases.clear();
  }

  async open(path: string, flags: string | number, mode = 0o644): Promise<OpenFile> {
    const at = await this.#enter("open", path);
    const isNew =
      flags === "wx" || flags === "w" || (typeof flags === "number" && (flags & constants.O_CREAT) !== 0);
    let node = findNode(this.#state, at);
    if (flags === "wx" && node) throw errno("EEXIST", "open", at);
    if (!node && !isNew) throw errno("ENOENT", "open", at);
    if (!node) node = this.#create(at, { isFolder: false, mode }, "create");
    else if (flags === "w") this.#write(at, node.ino, EMPTY, "truncate");
    return this.#handle(at, node.ino);
  }

  async readFile(path: string): Promise<Buffer> {
    const at = await this.#enter("read", path);
    return this.#file(at).bytes;
  }

  async readdir(path: string): Promise<Dirent[]> {
    const at = await this.#enter("readdir", path);
    const names = this.#state.folders.get(at);
    if (!names) throw errno(findNode(this.#state, at) ? "ENOTDIR" : "ENOENT", "readdir", at);
    return [...names].sort(byName).map(([name, ino]) => toDirent(at, name, this.#node(ino)));
  }

  async lstat(path: string): Promise<Stats> {
    const at = await this.#enter("lstat", path);
    const node = findNode(this.#state, at);
    if (!node) throw errno("ENOENT", "lstat", at);
    return toStats(node);
  }

  stat(path: string): Promise<Stats> {
    return this.lstat(path);
  }

  async lstatExact(path: string): Promise<BigIntStats> {
    const { ino } = await this.lstat(path);
    return { ino: BigInt(ino), dev: 1n, nlink: 1n } as BigIntStats;
  }

  async mkdir(path: string, options: { recursive?: boolean; mode?: number } = {}): Promise<void> {
    const at = await this.#enter("mkdir", path);
    if (options.recursive === true) {
      const parts = at.split("/").slice(1);
      for (let depth = 1; depth <= parts.length; depth += 1) {
        const one = `/${parts.slice(0, depth).join("/")}`;
        if (!findNode(this.#state, one)) this.#create(one, { isFolder: true, mode: 0o755 }, "mkdir");
      }
      return;
    }
    if (findNode(this.#state, at)) throw errno("EEXIST", "mkdir", at);
    this.#create(at, { isFolder: true, mode: 0o755 }, "mkdir");
  }

  async rename(from: string, to: string): Promise<void> {
    const [source, target] = [await this.#enter("rename", from), this.#alias(to)];
    const node = this.#file(source);
    if (findNode(this.#state, target)?.isFolder) throw errno("EISDIR", "rename", target);
    this.#needFolder(target);
    const added = this.#name(target, node.ino, null);
    this.#name(source, null, added);
    this.#done(`rename ${source} -> ${target}`);
  }

  async link(from: string, to: string): Promise<void> {
    const [source, target] = [await this.#enter("link", from), this.#alias(to)];
    const node = this.#file(source);
    if (findNode(this.#state, target)) throw errno("EEXIST", "link", target);
    this.#needFolder(target);
    this.#name(target, node.ino, null);
    this.#done(`link ${source} -> ${target}`);
  }

  async unlink(path: string): Promise<void> {
    const at = await this.#enter("unlink", path);
    this.#file(at);
    this.#name(at, null, null);
    this.#done(`unlink ${at}`);
  }

  /** Puts a whole, synced file there at once: for what other programs (git) do, whose crashes are not ours. */
  putSynced(path: string, bytes: Buffer): void {
    const { folder } = splitPath(path);
    const parts = folder.split("/").slice(1);
    for (let depth = 1; depth <= parts.length; depth += 1) {
      const one = `/${parts.slice(0, depth).join("/")}`;
      if (findNode(this.#state, one)) continue;
      this.#makeNode(one, { isFolder: true, mode: 0o755 });
      this.#syncNames(splitPath(one).folder);
    }
    const known = findNode(this.#state, path);
    const { ino } = known ?? this.#makeNode(path, { isFolder: false, mode: 0o444 });
    const node = this.#node(ino);
    this.#own().nodes.set(ino, { ...node, bytes, synced: bytes, mtimeMs: this.hooks.now() });
    this.#renew(folder);
    this.#syncNames(folder);
  }

  #handle(path: string, ino: number): OpenFile {
    const node = () => this.#node(ino);
    return {
      read: async (buffer, offset, length, position) => {
        const bytesRead = node().bytes.copy(buffer, offset, position, position + length);
        return { bytesRead, buffer };
      },
      readFile: async () => {
        await this.#enter("read", path);
        return node().bytes;
      },
      write: async (bytes) => {
        await this.#enter("write", path);
        this.#write(path, ino, Buffer.concat([node().bytes, bytes]), "append");
        return { bytesWritten: bytes.length };
      },
      writeFile: async (bytes) => {
        await this.#enter("write", path);
        this.#write(path, ino, Buffer.from(bytes), "write");
      },
      chmod: async (mode) => {
        this.#own().nodes.set(ino, { ...node(), mode });
      },
      stat: async () => toStats(node()),
      sync: async () => {
        await this.#enter("sync", path);
        if (node().isFolder) this.#syncNames(path);
        else if (node().synced !== node().bytes) this.#syncBytes(ino);
        this.#done(`sync ${path}`);
      },
      close: async () => undefined,
    };
  }

  /** Everybody's call goes through here; the answer is the path with chance taken out of it. */
  async #enter(call: string, path: string): Promise<string> {
    const at = this.#alias(path);
    if (this.hooks.gate) await this.hooks.gate(`${call} ${at}`);
    const code = this.hooks.fault?.(`${call} ${at}`);
    if (code) throw errno(code, call, at);
    return at;
  }

  /** Temporary names are random in the real code; here they count, so that a run can be run again. */
  #alias(path: string): string {
    if (!path.includes(".nd-tmp-") && !path.includes("tmp_obj_")) return path;
    const match = /^(.*(?:\.nd-tmp-|tmp_obj_))[0-9a-f]{18}$/.exec(path);
    if (!match) return path;
    let alias = this.#aliases.get(path);
    if (alias === undefined) {
      alias = `${match[1] ?? ""}${(this.#own().lastIno += 1)}`;
      this.#aliases.set(path, alias);
    }
    return alias;
  }

  #own(): DiskState {
    if (this.#isShared) this.#state = copyDiskState(this.#state);
    this.#isShared = false;
    return this.#state;
  }

  #node(ino: number): FileNode {
    const node = this.#state.nodes.get(ino);
    if (!node) throw errno("EIO", "read", String(ino));
    return node;
  }

  #file(path: string): FileNode {
    const node = findNode(this.#state, path);
    if (!node) throw errno("ENOENT", "open", path);
    if (node.isFolder) throw errno("EISDIR", "open", path);
    return node;
  }

  #needFolder(path: string): void {
    if (!this.#state.folders.has(splitPath(path).folder)) throw errno("ENOENT", "open", path);
  }

  #makeNode(path: string, { isFolder, mode }: { isFolder: boolean; mode: number }): FileNode {
    this.#needFolder(path);
    const state = this.#own();
    const ino = (state.lastIno += 1);
    const node = { ino, isFolder, bytes: EMPTY, synced: null, mode, mtimeMs: this.hooks.now() };
    state.nodes.set(ino, node);
    if (isFolder) state.folders.set(path, new Map());
    this.#name(path, ino, null);
    return node;
  }

  #create(path: string, options: { isFolder: boolean; mode: number }, call: string): FileNode {
    const node = this.#makeNode(path, options);
    this.#done(`${call} ${path}`);
    return node;
  }

  #name(path: string, ino: number | null, after: NameChange | null): NameChange {
    const state = this.#own();
    const { folder, name } = splitPath(path);
    const change = { folder, name, ino, after };
    setName(state.folders, folder, name, ino);
    state.pending.push(change);
    return change;
  }

  #write(path: string, ino: number, bytes: Buffer, call: string): void {
    const state = this.#own();
    state.nodes.set(ino, { ...this.#node(ino), bytes, mtimeMs: this.hooks.now() });
    this.#renew(splitPath(path).folder);
    this.#done(`${call} ${path}`);
  }

  /** A file moved since it was opened lies elsewhere now, or nowhere. */
  #syncBytes(ino: number): void {
    const state = this.#own();
    const node = this.#node(ino);
    state.nodes.set(ino, { ...node, synced: node.bytes });
    for (const [folder, names] of state.folders) if ([...names.values()].includes(ino)) this.#renew(folder);
  }

  /** A new map for the folder, so that what was computed of the old one is not taken for this. */
  #renew(folder: string): void {
    const state = this.#own();
    state.folders.set(folder, new Map(state.folders.get(folder)));
  }

  #syncNames(folder: string): void {
    const state = this.#own();
    const written = writtenWith(state.pending, folder);
    for (const change of state.pending.filter((one) => written.has(one)))
      setName(state.durable, change.folder, change.name, change.ino);
    state.pending = state.pending.filter((change) => !written.has(change));
  }

  #done(call: string): void {
    this.hooks.onEffect?.(call);
  }
}

const EMPTY = Buffer.alloc(0);

function byName(a: [string, number], b: [string, number]): number {
  return a[0] < b[0] ? -1 : 1;
}
