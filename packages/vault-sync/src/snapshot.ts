import { folderOf, NightdeskError, nameOf, taskKey } from "@nightdesk/claim-lib";
import { fail } from "./errors.ts";
import type { ObjectStore } from "./git/object-store.ts";
import { EMPTY_TREE, type Oid } from "./git/oid.ts";
import { FILE_MODE, FOLDER_MODE, type TreeEntry } from "./git/tree-codec.ts";
import { diffTrees } from "./tree-diff.ts";
import { REPAIR_HINT } from "./repair/repair-hint.ts";
import type { TaskPlaces } from "./task-places.ts";
import type { TreeChange } from "./vault-index.ts";

type TreeReader = Pick<ObjectStore, "readTree">;

/**
 * What a tree object holds (one built here, never one as it came in). Folders are read when they are asked
 * for, and not kept: a vault of 100,000 notes costs no more than the folders where something happens.
 */
export class Snapshot {
  readonly tree: Oid;
  readonly #store: TreeReader;

  constructor(store: TreeReader, tree: Oid) {
    this.#store = store;
    this.tree = tree;
  }

  /** The entries of a folder by name; empty when there is no such folder. */
  async entries(folder: string): Promise<ReadonlyMap<string, TreeEntry>> {
    let at: Oid | undefined = this.tree;
    for (const part of folder === "" ? [] : folder.split("/")) {
      const entry: TreeEntry | undefined = (await this.#read(at)).get(part);
      if (entry?.mode !== FOLDER_MODE) return new Map();
      at = entry.oid;
    }
    return this.#read(at);
  }

  async get(path: string): Promise<Oid | undefined> {
    const entry = (await this.entries(folderOf(path))).get(nameOf(path));
    return entry?.mode === FILE_MODE ? entry.oid : undefined;
  }

  /** What lies at some paths, as far as anything does. */
  async pick(paths: Iterable<string>): Promise<Map<string, Oid>> {
    const found = new Map<string, Oid>();
    for (const path of paths) {
      const oid = await this.get(path);
      if (oid !== undefined) found.set(path, oid);
    }
    return found;
  }

  /** Every file of a folder and of those below it. */
  async *files(folder = ""): AsyncGenerator<readonly [path: string, oid: Oid]> {
    for (const entry of (await this.entries(folder)).values()) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.mode === FOLDER_MODE) yield* this.files(path);
      else yield [path, entry.oid];
    }
  }

  /** Where a task lies: one path, if all is well. */
  async pathsOf(key: string, places: TaskPlaces): Promise<string[]> {
    const found: string[] = [];
    for (const folder of new Set(places.foldersOf(key))) {
      for (const [name, { mode }] of await this.entries(folder)) {
        // Only the end of a name is compared for most.
        if (mode === FILE_MODE && name.endsWith(`~${key}.md`) && taskKey(name) === key)
          found.push(folder === "" ? name : `${folder}/${name}`);
      }
    }
    return found;
  }

  /** Every path that differs, with what `after` has there. Folders that are the same object are not opened. */
  async changesTo(after: Snapshot): Promise<TreeChange[]> {
    const diff = await diffTrees(this.#store, this.tree, after.tree, { left: Number.POSITIVE_INFINITY });
    if (diff.broken !== null || diff.refused.length > 0) throw corrupt(after.tree);
    return diff.changes;
  }

  async #read(oid: Oid): Promise<ReadonlyMap<string, TreeEntry>> {
    if (oid === EMPTY_TREE) return new Map();
    try {
      return byName(await this.#store.readTree(oid));
    } catch (error) {
      if (NightdeskError.is(error) && DAMAGED.has(error.code)) throw corrupt(oid);
      throw error;
    }
  }
}

const DAMAGED = new Set(["OBJECT_MALFORMED", "OBJECT_TOO_LARGE", "OBJECT_MISSING"]);

const indexes = new WeakMap<readonly TreeEntry[], ReadonlyMap<string, TreeEntry>>();

/** A folder's entries by name, made once for as long as the store keeps them. */
function byName(entries: readonly TreeEntry[]): ReadonlyMap<string, TreeEntry> {
  const known = indexes.get(entries);
  if (known) return known;
  const index = new Map(entries.map((entry) => [entry.name, entry]));
  indexes.set(entries, index);
  return index;
}

function corrupt(tree: Oid) {
  return fail(
    "STATE_CORRUPT",
    `The record of what was synced last is damaged; nothing was changed. ${REPAIR_HINT}`,
    { data: { tree } },
  );
}
