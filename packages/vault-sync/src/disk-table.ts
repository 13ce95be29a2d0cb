import { areaOf, folderOf, taskKey, type Clock, type FileStat } from "@nightdesk/claim-lib";
import { maxBytesOf } from "./check-content.ts";
import { isSameStat, type VaultDisk } from "./disk.ts";
import { hashObject, type Oid } from "./git/oid.ts";
import { EMPTIED_SETTLE_MS, GONE_SETTLE_MS, SETTLE_MS } from "./limits.ts";
import { listFolders } from "./list-folders.ts";
import { VaultIndex } from "./vault-index.ts";

export interface LookResult {
  /** Paths whose content is not known for sure right now: being written, or gone a moment ago. */
  busy: ReadonlySet<string>;
  /** Of these, the ones that are nowhere at the moment. */
  gone: ReadonlySet<string>;
  /** When another look is worth it; null when nothing is busy. */
  retryInMs: number | null;
  /** Files that stay on this machine, with the reason. */
  notTaken: { path: string; reason: string }[];
}

/** One saved row: path, size, mtimeMs, inode, oid. */
export type TableRow = readonly [string, number, number, number, Oid];

/**
 * What lies in the vault folder, kept by looking only where something may have changed. A file is read
 * when it has held still, and believed when it was the same before and after the read.
 */
export class DiskTable {
  readonly index = new VaultIndex();
  readonly #stats = new Map<string, FileStat>();
  readonly #folders = new Map<string, Set<string>>();
  readonly #unsettled = new Map<string, { stat: FileStat; sinceMs: number }>();
  readonly #gone = new Map<string, number>();
  readonly #tooLarge = new Map<string, string>();
  readonly #disk: VaultDisk;
  readonly #clock: Pick<Clock, "now">;
  readonly #isQuiet: (path: string) => boolean;

  /** @param options.isQuiet paths for whose sake alone no other look is worth it; `rows` as saved before */
  constructor(
    disk: VaultDisk,
    clock: Pick<Clock, "now">,
    options: { isQuiet?: (path: string) => boolean; rows?: readonly TableRow[] } = {},
  ) {
    this.#disk = disk;
    this.#clock = clock;
    this.#isQuiet = options.isQuiet ?? (() => false);
    for (const [path, size, mtimeMs, inode, oid] of options.rows ?? [])
      this.note(path, oid, { size, mtimeMs, inode });
  }

  rows(): TableRow[] {
    return [...this.#stats].map(([path, stat]) => [
      path,
      stat.size,
      stat.mtimeMs,
      stat.inode,
      this.index.get(path) ?? "",
    ]);
  }

  statOf(path: string): FileStat | undefined {
    return this.#stats.get(path);
  }

  /** Records what we wrote ourselves. */
  note(path: string, oid: Oid, stat: FileStat): void {
    this.index.apply({ path, oid });
    this.#stats.set(path, stat);
    const folder = this.#folders.get(folderOf(path));
    if (folder) folder.add(path);
    else this.#folders.set(folderOf(path), new Set([path]));
    this.#unsettled.delete(path);
    this.#gone.delete(path);
  }

  forget(path: string): void {
    this.index.apply({ path, oid: null });
    this.#stats.delete(path);
    this.#folders.get(folderOf(path))?.delete(path);
    this.#unsettled.delete(path);
    this.#gone.delete(path);
  }

  /** Looks at some folders, or at all. Throws VAULT_MISSING. */
  async look(folders: Iterable<string> | "all"): Promise<LookResult> {
    await this.#disk.checkRoot();
    const now = this.#clock.now();
    const again = [...this.#unsettled.keys(), ...this.#gone.keys()].map(folderOf);
    const isFull = folders === "all";
    const first = isFull
      ? [...(await listFolders(this.#disk, false, now)), ...this.#folders.keys()]
      : folders;
    await this.#lookAt(new Set([...first, ...again]));
    // Something is gone from where it was: before that is believed, it is looked for, near first. A folder
    // that was listed a moment ago is listed again: the file may have come since.
    if (!isFull && this.#gone.size > 0) await this.#lookAt(new Set(await listFolders(this.#disk, true, now)));
    if (!isFull && this.#gone.size > 0)
      await this.#lookAt(new Set(await listFolders(this.#disk, false, now)));
    return this.#conclude(now);
  }

  async #lookAt(folders: ReadonlySet<string>): Promise<void> {
    const changed: { path: string; stat: FileStat }[] = [];
    for (const folder of folders) {
      const present = new Set<string>();
      for (const { name, stat } of (await this.#disk.list(folder))?.files ?? []) {
        const path = folder === "" ? name : `${folder}/${name}`;
        if (areaOf(path) === null) continue;
        present.add(path);
        this.#gone.delete(path);
        if (!isSameStat(stat, this.#stats.get(path))) changed.push({ path, stat });
        else this.#unsettled.delete(path);
      }
      this.#markGone(folder, present);
    }
    for (const { path, stat } of changed) await this.#take(path, stat);
    await this.#explainGone();
  }

  #markGone(folder: string, present: ReadonlySet<string>): void {
    for (const path of this.#folders.get(folder) ?? []) {
      if (!present.has(path) && !this.#gone.has(path)) this.#gone.set(path, this.#clock.now());
    }
    for (const path of this.#unsettled.keys()) {
      if (folderOf(path) === folder && !present.has(path)) this.#unsettled.delete(path);
    }
  }

  /** A move shows as one path gone and one new: the same file, or the same task. */
  async #take(path: string, stat: FileStat): Promise<void> {
    for (const gone of this.#gone.keys()) {
      if (!isSameStat(stat, this.#stats.get(gone))) continue;
      this.note(path, this.index.get(gone) ?? "", stat);
      this.forget(gone);
      await this.#dropOldPlaces(path);
      return;
    }
    const area = areaOf(path);
    if (!area) return;
    if (stat.size > maxBytesOf(area)) {
      this.#tooLarge.set(path, `it is larger than ${Math.floor(maxBytesOf(area) / 1024)} KB`);
      this.#unsettled.set(path, { stat, sinceMs: this.#clock.now() });
      return;
    }
    this.#tooLarge.delete(path);
    // Records are added as whole lines: what ends in a line's end is not half written.
    const isLog = area.holds === "log";
    if (this.#settlesInMs(path, stat) > 0 && !isLog) return;
    const read = await this.#disk.read(path, maxBytesOf(area));
    const isCut = isLog && read !== null && read.bytes.at(-1) !== 0x0a;
    if (!read || isCut || !isSameStat(read.stat, stat)) {
      this.#unsettled.set(path, { stat, sinceMs: this.#clock.now() });
      return;
    }
    this.note(path, hashObject("blob", read.bytes), stat);
    await this.#dropOldPlaces(path);
  }

  /** Seen at its new place before its old folder was looked at. */
  async #dropOldPlaces(path: string): Promise<void> {
    const key = taskKey(path);
    if (key === null) return;
    for (const known of this.index.pathsOf(key)) {
      if (known !== path && (await this.#disk.stat(known)) === null) this.forget(known);
    }
  }

  #settlesInMs(path: string, stat: FileStat): number {
    const now = this.#clock.now();
    const before = this.#unsettled.get(path);
    const sinceMs = before && isSameStat(before.stat, stat) ? before.sinceMs : now;
    this.#unsettled.set(path, { stat, sinceMs });
    const emptied = stat.size === 0 && (this.#stats.get(path)?.size ?? 0) > 0;
    // A file that was written earlier than it was seen has held still since then.
    const heldMs = Math.max(now - sinceMs, stat.mtimeMs <= now ? now - stat.mtimeMs : 0);
    return Math.max(0, (emptied ? EMPTIED_SETTLE_MS : SETTLE_MS) - heldMs);
  }

  async #explainGone(): Promise<void> {
    for (const path of this.#gone.keys()) {
      const key = taskKey(path);
      const elsewhere =
        key === null
          ? []
          : this.index.pathsOf(key).filter((known) => known !== path && !this.#gone.has(known));
      if (elsewhere.length === 0) continue;
      // The folders were not listed at one instant: the task may have come back.
      if ((await this.#disk.stat(path)) === null) this.forget(path);
      else this.#gone.delete(path);
    }
  }

  /** What was found to be gone in this very look is not believed yet, however long the look took. */
  #conclude(startedAtMs: number): LookResult {
    const waits: number[] = [];
    for (const [path, sinceMs] of this.#gone) {
      const leftMs = sinceMs + GONE_SETTLE_MS - startedAtMs;
      if (leftMs <= 0) this.forget(path);
      else waits.push(leftMs);
    }
    for (const [path, { stat }] of this.#unsettled) {
      if (!this.#tooLarge.has(path) && !this.#isQuiet(path))
        waits.push(Math.max(10, this.#settlesInMs(path, stat)));
    }
    for (const path of this.#tooLarge.keys()) if (!this.#unsettled.has(path)) this.#tooLarge.delete(path);
    return {
      busy: new Set([...this.#unsettled.keys(), ...this.#gone.keys()]),
      gone: new Set(this.#gone.keys()),
      retryInMs: waits.length === 0 ? null : Math.min(...waits),
      notTaken: [...this.#tooLarge].map(([path, reason]) => ({ path, reason })),
    };
  }
}
