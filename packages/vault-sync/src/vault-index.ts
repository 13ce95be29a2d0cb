import { foldName, folderOf, nameOf, taskKey } from "@nightdesk/claim-lib";
import type { Oid } from "./git/oid.ts";
import type { Snapshot } from "./snapshot.ts";
import type { TaskPlaces } from "./task-places.ts";

/** A vault's content: path -> blob. */
export type VaultTree = ReadonlyMap<string, Oid>;

/** A change of one path; null is "not there". */
export interface TreeChange {
  path: string;
  oid: Oid | null;
}

/** Every path that differs, with what `after` has there. */
export function diffTreesByPath(before: VaultTree, after: VaultTree): TreeChange[] {
  const changes: TreeChange[] = [];
  for (const [path, oid] of after) if (before.get(path) !== oid) changes.push({ path, oid });
  for (const path of before.keys()) if (!after.has(path)) changes.push({ path, oid: null });
  return changes;
}

export function withChanges(tree: VaultTree, changes: Iterable<TreeChange>): Map<string, Oid> {
  const next = new Map(tree);
  for (const { path, oid } of changes) {
    if (oid === null) next.delete(path);
    else next.set(path, oid);
  }
  return next;
}

/**
 * A tree with changes made in it one by one, and two questions answered from the folders concerned alone:
 * where does this task lie, and would this path be one with another on a disk that folds case or Unicode form.
 */
export class VaultIndex {
  readonly #known: Snapshot;
  readonly #places: TaskPlaces;
  /** What was changed, by folder and name; null is "taken away". */
  readonly #changed = new Map<string, Map<string, Oid | null>>();
  readonly #keys = new Map<string, Set<string>>();
  /** Names of files and folders that came, by the folder they came into. */
  readonly #added = new Map<string, Set<string>>();
  readonly #spellings = new Map<string, Map<string, Set<string>>>();

  /** @param places finds at least every task that `known` holds */
  constructor(known: Snapshot, places: TaskPlaces) {
    this.#known = known;
    this.#places = places;
  }

  async get(path: string): Promise<Oid | undefined> {
    const changed = this.#changed.get(folderOf(path))?.get(nameOf(path));
    return changed === undefined ? this.#known.get(path) : (changed ?? undefined);
  }

  apply({ path, oid }: TreeChange): void {
    const key = taskKey(path);
    if (key !== null) inMap(this.#keys, key, () => new Set<string>()).add(path);
    inMap(this.#changed, folderOf(path), () => new Map<string, Oid | null>()).set(nameOf(path), oid);
    if (oid === null) return;
    for (const part of withParents(path)) {
      const folder = folderOf(part);
      inMap(this.#added, folder, () => new Set<string>()).add(nameOf(part));
      const spellings = this.#spellings.get(folder);
      if (spellings) inMap(spellings, foldName(nameOf(part)), () => new Set<string>()).add(nameOf(part));
    }
  }

  /** The paths a task lies at: one, if all is well. */
  async pathsOf(key: string): Promise<string[]> {
    const candidates = new Set([
      ...(this.#keys.get(key) ?? []),
      ...(await this.#known.pathsOf(key, this.#places)),
    ]);
    const found: string[] = [];
    for (const path of candidates) if ((await this.get(path)) !== undefined) found.push(path);
    return found;
  }

  /** Another path, or folder on the way, that differs from this one only in case or Unicode form. */
  async twinOf(path: string): Promise<string | null> {
    for (const part of withParents(path)) {
      const folder = folderOf(part);
      for (const name of (await this.#spellingsIn(folder)).get(foldName(nameOf(part))) ?? []) {
        const known = folder === "" ? name : `${folder}/${name}`;
        if (known !== part && (await this.#holds(known))) return known;
      }
    }
    return null;
  }

  /** How many files lie in a folder and below it. */
  async count(folder: string): Promise<number> {
    let count = 0;
    for await (const _ of this.#filesIn(folder)) count += 1;
    return count;
  }

  /** Every name that stands, or stood, in a folder, by what a disk may take it for. */
  async #spellingsIn(folder: string): Promise<Map<string, Set<string>>> {
    const known = this.#spellings.get(folder);
    if (known) return known;
    const spellings = new Map<string, Set<string>>();
    for (const name of [...(await this.#known.entries(folder)).keys(), ...(this.#added.get(folder) ?? [])]) {
      inMap(spellings, foldName(name), () => new Set<string>()).add(name);
    }
    this.#spellings.set(folder, spellings);
    return spellings;
  }

  /** True for a file, and for a folder with a file in it. */
  async #holds(path: string): Promise<boolean> {
    if ((await this.get(path)) !== undefined) return true;
    for await (const _ of this.#filesIn(path)) return true;
    return false;
  }

  async *#filesIn(folder: string): AsyncGenerator<string> {
    for await (const [path] of this.#known.files(folder)) {
      if (this.#changed.get(folderOf(path))?.has(nameOf(path)) !== true) yield path;
    }
    for (const [changed, names] of this.#changed) {
      if (changed !== folder && !changed.startsWith(`${folder}/`)) continue;
      for (const [name, oid] of names) if (oid !== null) yield `${changed}/${name}`;
    }
  }
}

function inMap<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

function* withParents(path: string): Generator<string> {
  for (let part = path; part !== ""; part = folderOf(part)) yield part;
}
