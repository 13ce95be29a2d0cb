import { folderOf, taskKey, type FileStat } from "@nightdesk/claim-lib";
import { DiskRows } from "./disk-rows.ts";
import type { Oid } from "./git/oid.ts";
import type { Snapshot } from "./snapshot.ts";
import type { TaskPlaces } from "./task-places.ts";

/** What was synced last, as far as the disk is compared with it. */
export interface Known {
  planned: Snapshot;
  /** Finds at least every task `planned` holds. */
  places: TaskPlaces;
}

/**
 * What the files of the vault folder hold, as packed rows and as the difference to what was synced last:
 * only paths that differ, or may, are held as texts.
 */
export class DiskIndex {
  #rows = new DiskRows();
  #known: Known | null = null;
  /** Paths at which the disk may differ from what was synced last, by folder. */
  readonly #touched = new Map<string, Set<string>>();
  /** The same, by task. */
  readonly #keys = new Map<string, Set<string>>();
  readonly #folders = new Set<string>();

  get(path: string): Oid | undefined {
    return this.#rows.oidOf(path);
  }

  statOf(path: string): FileStat | undefined {
    return this.#rows.statOf(path);
  }

  set(path: string, oid: Oid, stat: FileStat): void {
    if (this.#rows.oidOf(path) !== oid) this.#touch(path);
    this.#rows.set(path, { oid, stat });
  }

  delete(path: string): void {
    if (!this.#rows.has(path)) return;
    this.#rows.delete(path);
    this.#touch(path);
  }

  /** Folders that hold, or held, something known. */
  get folders(): ReadonlySet<string> {
    return this.#folders;
  }

  /** What is known to lie in a folder, not below it, and is not among `present`. */
  async pathsIn(folder: string, present: ReadonlySet<string> = new Set()): Promise<string[]> {
    const paths = new Set(this.#touched.get(folder));
    for (const name of (await this.#known?.planned.entries(folder))?.keys() ?? [])
      paths.add(folder === "" ? name : `${folder}/${name}`);
    return [...paths].filter((path) => !present.has(path) && this.#rows.has(path));
  }

  /** Where else than at `path` a task lies. */
  async otherPlaces(path: string): Promise<string[]> {
    const key = taskKey(path);
    if (key === null) return [];
    const candidates = new Set(this.#keys.get(key));
    for (const known of await this.#knownPlaces(key, path)) candidates.add(known);
    return [...candidates].filter((known) => known !== path && this.#rows.has(known));
  }

  /** What differs from what was synced last; null is "not there". */
  async differences(): Promise<Map<string, Oid | null>> {
    const differences = new Map<string, Oid | null>();
    for (const paths of this.#touched.values()) {
      for (const path of paths) {
        const here = this.get(path) ?? null;
        if (here === ((await this.#known?.planned.get(path)) ?? null)) this.#settle(path);
        else differences.set(path, here);
      }
    }
    return differences;
  }

  /** From now on the disk is compared with `known`; `paths` are where that differs from what it was. */
  rebase(known: Known, paths: Iterable<string>): void {
    this.#known = known;
    for (const path of paths) this.#touch(path);
  }

  toSaved(): SavedIndex {
    const touched = [...this.#touched.values()].flatMap((paths) => [...paths]);
    return { rows: this.#rows.toBytes().toString("base64"), touched };
  }

  /**
   * Takes over what was saved, as far as it can be told: a row whose path nobody can name any more would
   * stand for a file for ever.
   * @param files everything that was synced last
   */
  async restore(
    saved: SavedIndex | null,
    known: Known,
    files: AsyncIterable<readonly [string, Oid]>,
  ): Promise<void> {
    const rows = (saved && DiskRows.fromBytes(Buffer.from(saved.rows, "base64"))) ?? new DiskRows();
    this.#known = known;
    for await (const [path, oid] of files) {
      this.#folders.add(folderOf(path));
      if (this.#rows.copy(rows, path) !== oid) this.#touch(path);
    }
    for (const path of saved?.touched ?? []) {
      this.#rows.copy(rows, path);
      this.#touch(path);
    }
  }

  async #knownPlaces(key: string, path: string): Promise<string[]> {
    if (!this.#known) return [];
    const { planned, places } = this.#known;
    const [first, ...others] = places.foldersOf(key);
    // Most often the only place is the one that was asked about; its folder need not be read for that.
    const isOnly = others.length === 0 && first === folderOf(path);
    if (first === undefined || (isOnly && (await planned.get(path)) !== undefined)) return [];
    return planned.pathsOf(key, places);
  }

  #touch(path: string): void {
    const folder = folderOf(path);
    this.#folders.add(folder);
    addTo(this.#touched, folder, path);
    const key = taskKey(path);
    if (key !== null) addTo(this.#keys, key, path);
  }

  #settle(path: string): void {
    removeFrom(this.#touched, folderOf(path), path);
    const key = taskKey(path);
    if (key !== null) removeFrom(this.#keys, key, path);
  }
}

/** As it lies in the state folder. */
export interface SavedIndex {
  /** In base64. */
  rows: string;
  touched: string[];
}

function addTo(map: Map<string, Set<string>>, key: string, path: string): void {
  const paths = map.get(key);
  if (paths) paths.add(path);
  else map.set(key, new Set([path]));
}

function removeFrom(map: Map<string, Set<string>>, key: string, path: string): void {
  const paths = map.get(key);
  paths?.delete(path);
  if (paths?.size === 0) map.delete(key);
}
