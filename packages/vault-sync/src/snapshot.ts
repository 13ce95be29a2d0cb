import type { ObjectStore } from "./git/object-store.ts";
import { EMPTY_TREE, type Oid } from "./git/oid.ts";
import { diffTrees } from "./tree-diff.ts";
import { VaultIndex } from "./vault-index.ts";
import { fail } from "./errors.ts";

/** A tree object together with what it holds. */
export interface Snapshot {
  tree: Oid;
  index: VaultIndex;
}

export const EMPTY_SNAPSHOT: Snapshot = { tree: EMPTY_TREE, index: new VaultIndex() };

/** The content of a tree that was built here (never of one as it came in), read as the difference to a known one. */
export async function loadSnapshot(
  store: Pick<ObjectStore, "readTree">,
  tree: Oid,
  known: Snapshot = EMPTY_SNAPSHOT,
): Promise<Snapshot> {
  if (tree === known.tree) return known;
  const diff = await diffTrees(store, known.tree, tree, { left: Number.POSITIVE_INFINITY });
  if (diff.broken !== null || diff.refused.length > 0) {
    throw fail(
      "STATE_CORRUPT",
      "The record of what was synced last is damaged; nothing was changed. Ask for help before deleting anything.",
      { data: { tree } },
    );
  }
  const index = known.index.clone();
  for (const change of diff.changes) index.apply(change);
  return { tree, index };
}
