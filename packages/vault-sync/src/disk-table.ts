import {
  areaOf,
  doneFolder,
  folderOf,
  nameOf,
  NightdeskError,
  type Clock,
  type FileStat,
} from "@nightdesk/claim-lib";
import { maxBytesOf } from "./check-content.ts";
import { isSameStat, type FolderListing, type VaultDisk } from "./disk.ts";
import { DiskIndex } from "./disk-index.ts";
import { hashObject, type Oid } from "./git/oid.ts";
import { EMPTIED_SETTLE_MS, GONE_SETTLE_MS, REFUSED_RETRY_MS, SETTLE_MS } from "./limits.ts";
import { FolderLister, isLiveFolder, type Listed } from "./list-folders.ts";

export interface LookResult {
  /** Paths whose content is not known for sure right now: being written, or gone a moment ago. */
  busy: ReadonlySet<string>;
  /** Of these, the ones that are nowhere at the moment. */
  gone: ReadonlySet<string>;
  /** When another look is worth it; null when none is. */
  retryInMs: number | null;
  /** Files that stay on this machine, with the reason. */
  notTaken: { path: string; reason: string }[];
}

/** So many files that are gone are looked for under their names; more are looked for folder by folder. */
const MAX_SOUGHT_BY_NAME = 20;

/**
 * What lies in the vault folder, kept by looking only where something may have changed. A file is read
 * when it has held still, and believed when it was the same before and after the read.
 */
export class DiskTable {
  readonly index = new DiskIndex();
  readonly #lister: FolderLister;
  readonly #unsettled = new Map<string, { stat: FileStat; sinceMs: number }>();
  readonly #gone = new Map<string, number>();
  readonly #tooLarge = new Map<string, string>();
  /** Files and folders the disk refuses to show, with its word for it: what they hold is unknown, not gone. */
  readonly #refused = new Map<string, string>();
  readonly #disk: VaultDisk;
  readonly #clock: Pick<Clock, "now">;
  readonly #isQuiet: (path: string) => boolean;

  /** @param options.isQuiet paths for whose sake alone no other look is worth it */
  constructor(
    disk: VaultDisk,
    clock: Pick<Clock, "now">,
    options: { isQuiet?: (path: string) => boolean } = {},
  ) {
    this.#disk = disk;
    this.#lister = new FolderLister(disk, (folder) => this.#ask(folder));
    this.#clock = clock;
    this.#isQuiet = options.isQuiet ?? (() => false);
  }

  statOf(path: string): FileStat | undefined {
    return this.index.statOf(path);
  }

  /** Records what we wrote ourselves. */
  note(path: string, oid: Oid, stat: FileStat): void {
    this.index.set(path, oid, stat);
    this.#unsettled.delete(path);
    this.#gone.delete(path);
  }

  forget(path: string): void {
    this.index.delete(path);
    this.#unsettled.delete(path);
    this.#gone.delete(path);
  }

  /** Looks at some folders, or at all. Throws VAULT_MISSING. */
  async look(folders: Iterable<string> | "all"): Promise<LookResult> {
    await this.#disk.checkRoot();
    const now = this.#clock.now();
    const again = [
      ...[...this.#unsettled.keys(), ...this.#gone.keys()].map(folderOf),
      ...this.#refused.keys(),
    ];
    const isFull = folders === "all";
    await this.#lookAt(isFull ? this.#listAll(now, again) : this.#list(new Set([...folders, ...again])));
    if (!isFull) await this.#seek(now);
    return this.#conclude(now);
  }

  /**
   * Something is gone from where it was: before that is believed, it is looked for, near first. A folder
   * that was listed a moment ago is looked at again: the file may have come since.
   */
  async #seek(now: number): Promise<void> {
    if (this.#gone.size > 0) await this.#seekByName(now);
    if (this.#gone.size > 0) await this.#lookAt(this.#lister.listLive(now));
    if (this.#gone.size > 0) await this.#lookAt(this.#lister.listChanged(now));
  }

  /** A task keeps its name when it moves. */
  async #seekByName(now: number): Promise<void> {
    if (this.#gone.size > MAX_SOUGHT_BY_NAME) return;
    const near = [doneFolder(now), ...[...this.index.folders].filter(isLiveFolder)];
    for (const gone of this.#gone.keys()) {
      for (const folder of near) {
        const path = folder === "" ? nameOf(gone) : `${folder}/${nameOf(gone)}`;
        if (path === gone || areaOf(path) === null) continue;
        const stat = await this.#askFor(folder, () => this.#disk.stat(path));
        if (stat === null || stat === "refused" || isSameStat(stat, this.statOf(path))) continue;
        await this.#take(path, stat);
        break;
      }
    }
    await this.#explainGone();
  }

  async *#list(folders: Iterable<string>): AsyncGenerator<Listed> {
    for (const folder of folders) yield { folder, listing: await this.#ask(folder) };
  }

  /** Every folder there is, and every one there was. */
  async *#listAll(now: number, again: readonly string[]): AsyncGenerator<Listed> {
    const left = new Set([...this.index.folders, ...again]);
    for await (const listed of this.#lister.listAll(now)) {
      if (listed.listing !== undefined || !again.includes(listed.folder)) left.delete(listed.folder);
      yield listed;
    }
    yield* this.#list(left);
  }

  async #lookAt(folders: AsyncIterable<Listed>): Promise<void> {
    const changed: { path: string; stat: FileStat }[] = [];
    for await (const { folder, listing } of folders) {
      if (listing === undefined) continue;
      const present = this.#compare(folder, listing, changed);
      await this.#markGone(folder, present);
    }
    for (const { path, stat } of changed) await this.#take(path, stat);
    await this.#explainGone();
  }

  /** One file or folder the disk refuses must not stop the others. The vault folder itself is another matter. */
  async #askFor<T>(path: string, ask: () => Promise<T>): Promise<T | "refused"> {
    try {
      const answer = await ask();
      this.#refused.delete(path);
      return answer;
    } catch (error) {
      if (path === "" || !NightdeskError.is(error, "DISK_FAILED")) throw error;
      this.#refused.set(path, `the disk does not let it be read (${String(error.data["errno"])})`);
      return "refused";
    }
  }

  async #ask(folder: string): Promise<FolderListing | null | undefined> {
    const listing = await this.#askFor(folder, () => this.#disk.list(folder));
    return listing === "refused" ? undefined : listing;
  }

  async #isAway(path: string): Promise<boolean> {
    return (await this.#askFor(folderOf(path), () => this.#disk.stat(path))) === null;
  }

  /** Adds what is not as it was; returns what is there. */
  #compare(
    folder: string,
    listing: FolderListing | null,
    changed: { path: string; stat: FileStat }[],
  ): Set<string> {
    const present = new Set<string>();
    for (const { name, stat } of listing?.files ?? []) {
      const path = folder === "" ? name : `${folder}/${name}`;
      if (areaOf(path) === null) continue;
      present.add(path);
      this.#gone.delete(path);
      if (!isSameStat(stat, this.statOf(path))) changed.push({ path, stat });
      else this.#unsettled.delete(path);
    }
    return present;
  }

  async #markGone(folder: string, present: ReadonlySet<string>): Promise<void> {
    for (const path of await this.index.pathsIn(folder, present)) {
      if (!this.#gone.has(path)) this.#gone.set(path, this.#clock.now());
    }
    for (const path of this.#unsettled.keys()) {
      if (folderOf(path) === folder && !present.has(path)) this.#unsettled.delete(path);
    }
  }

  /** A move shows as one path gone and one new: the same file, or the same task. */
  async #take(path: string, stat: FileStat): Promise<void> {
    for (const gone of this.#gone.keys()) {
      if (!isSameStat(stat, this.statOf(gone))) continue;
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
    const read = await this.#askFor(path, () => this.#disk.read(path, maxBytesOf(area)));
    if (read === "refused") {
      this.#unsettled.set(path, { stat, sinceMs: this.#clock.now() });
      return;
    }
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
    for (const known of await this.index.otherPlaces(path)) {
      if (await this.#isAway(known)) this.forget(known);
    }
  }

  #settlesInMs(path: string, stat: FileStat): number {
    const now = this.#clock.now();
    const before = this.#unsettled.get(path);
    // The clock may have been set back meanwhile: then it has held still since now, not since tomorrow.
    const sinceMs = before && isSameStat(before.stat, stat) ? Math.min(before.sinceMs, now) : now;
    this.#unsettled.set(path, { stat, sinceMs });
    const emptied = stat.size === 0 && (this.statOf(path)?.size ?? 0) > 0;
    // A file that was written earlier than it was seen has held still since then.
    const heldMs = Math.max(now - sinceMs, stat.mtimeMs <= now ? now - stat.mtimeMs : 0);
    return Math.max(0, (emptied ? EMPTIED_SETTLE_MS : SETTLE_MS) - heldMs);
  }

  async #explainGone(): Promise<void> {
    for (const path of this.#gone.keys()) {
      const elsewhere = (await this.index.otherPlaces(path)).filter((known) => !this.#gone.has(known));
      if (elsewhere.length === 0) continue;
      // The folders were not listed at one instant: the task may have come back.
      if (await this.#isAway(path)) this.forget(path);
      else this.#gone.delete(path);
    }
  }

  /** What was found to be gone in this very look is not believed yet, however long the look took. */
  async #conclude(startedAtMs: number): Promise<LookResult> {
    const waits: number[] = [];
    for (const [path, noticedAtMs] of this.#gone) {
      const sinceMs = Math.min(noticedAtMs, this.#clock.now());
      if (sinceMs < noticedAtMs) this.#gone.set(path, sinceMs);
      const leftMs = sinceMs + GONE_SETTLE_MS - startedAtMs;
      if (leftMs <= 0) this.forget(path);
      else waits.push(leftMs);
    }
    for (const [path, { stat }] of this.#unsettled) {
      if (!this.#tooLarge.has(path) && !this.#refused.has(path) && !this.#isQuiet(path))
        waits.push(Math.max(10, this.#settlesInMs(path, stat)));
    }
    for (const path of this.#tooLarge.keys()) if (!this.#unsettled.has(path)) this.#tooLarge.delete(path);
    if (this.#refused.size > 0) waits.push(REFUSED_RETRY_MS);
    const unknown: string[] = [];
    for (const folder of this.#refused.keys()) unknown.push(...(await this.index.pathsIn(folder)));
    return {
      busy: new Set([...this.#unsettled.keys(), ...this.#gone.keys(), ...unknown]),
      gone: new Set(this.#gone.keys()),
      retryInMs: waits.length === 0 ? null : Math.min(...waits),
      notTaken: [...this.#tooLarge, ...this.#refused].map(([path, reason]) => ({ path, reason })),
    };
  }
}
