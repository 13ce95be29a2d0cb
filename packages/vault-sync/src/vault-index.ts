import { foldName, folderOf, taskKey } from "@nightdesk/claim-lib";
import type { Oid } from "./git/oid.ts";

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
 * A vault's content with two questions answered without a look at all of it: where does this task lie,
 * and would this path be one with another on a disk that folds case or Unicode form.
 */
export class VaultIndex {
  readonly #oids: Map<string, Oid>;
  #keys: Map<string, Set<string>> | null = null;
  #folded: Map<string, Map<string, number>> | null = null;

  constructor(oids: Iterable<readonly [string, Oid]> = []) {
    this.#oids = new Map(oids);
  }

  get tree(): VaultTree {
    return this.#oids;
  }

  clone(): VaultIndex {
    return new VaultIndex(this.#oids);
  }

  get(path: string): Oid | undefined {
    return this.#oids.get(path);
  }

  apply({ path, oid }: TreeChange): void {
    const known = this.#oids.has(path);
    if (oid === null) this.#oids.delete(path);
    else this.#oids.set(path, oid);
    if (known === (oid !== null)) return;
    const step = known ? -1 : 1;
    if (this.#keys) countKey(this.#keys, path, step);
    if (this.#folded) countFolded(this.#folded, path, step);
  }

  /** The paths a task lies at: one, if all is well. */
  pathsOf(key: string): readonly string[] {
    if (!this.#keys) {
      this.#keys = new Map();
      for (const path of this.#oids.keys()) countKey(this.#keys, path, 1);
    }
    return [...(this.#keys.get(key) ?? [])];
  }

  /** Another path, or folder on the way, that differs from this one only in case or Unicode form. */
  twinOf(path: string): string | null {
    if (!this.#folded) {
      this.#folded = new Map();
      for (const known of this.#oids.keys()) countFolded(this.#folded, known, 1);
    }
    for (const part of withParents(path)) {
      for (const known of this.#folded.get(foldName(part))?.keys() ?? []) if (known !== part) return known;
    }
    return null;
  }
}

function countKey(keys: Map<string, Set<string>>, path: string, step: number): void {
  const key = taskKey(path);
  if (key === null) return;
  const paths = keys.get(key) ?? new Set();
  if (step > 0) paths.add(path);
  else paths.delete(path);
  keys.set(key, paths);
}

function countFolded(folded: Map<string, Map<string, number>>, path: string, step: number): void {
  for (const part of withParents(path)) {
    const key = foldName(part);
    const spellings = folded.get(key) ?? new Map<string, number>();
    const count = (spellings.get(part) ?? 0) + step;
    if (count > 0) spellings.set(part, count);
    else spellings.delete(part);
    folded.set(key, spellings);
  }
}

function* withParents(path: string): Generator<string> {
  for (let part = path; part !== ""; part = folderOf(part)) yield part;
}
