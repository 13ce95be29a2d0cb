import type { ObjectStore } from "./git/object-store.ts";
import { EMPTY_TREE, type Oid } from "./git/oid.ts";
import { FILE_MODE, FOLDER_MODE, type TreeEntry } from "./git/tree-codec.ts";
import type { TreeChange } from "./vault-index.ts";

/**
 * The tree with some paths changed. Only folders on the way to a change are read and written, so a
 * change costs what its folder costs, not what the vault costs. Folders that become empty go.
 */
export async function buildTree(
  store: Pick<ObjectStore, "readTree" | "writeTree">,
  from: Oid,
  changes: readonly TreeChange[],
): Promise<Oid> {
  if (changes.length === 0) return from;
  return (await buildFolder(store, from, changes.map(split))) ?? (await store.writeTree([]));
}

interface SplitChange {
  parts: readonly string[];
  oid: Oid | null;
}

function split({ path, oid }: TreeChange): SplitChange {
  return { parts: path.split("/"), oid };
}

async function buildFolder(
  store: Pick<ObjectStore, "readTree" | "writeTree">,
  from: Oid | null,
  changes: readonly SplitChange[],
): Promise<Oid | null> {
  const known = from === null || from === EMPTY_TREE ? [] : await store.readTree(from);
  const entries = new Map<string, TreeEntry>(known.map((entry) => [entry.name, entry]));
  const below = new Map<string, SplitChange[]>();
  for (const { parts, oid } of changes) {
    const [name = "", ...rest] = parts;
    if (rest.length > 0) {
      const inside = below.get(name);
      if (inside) inside.push({ parts: rest, oid });
      else below.set(name, [{ parts: rest, oid }]);
    } else if (oid !== null) entries.set(name, { mode: FILE_MODE, name, oid });
    else if (entries.get(name)?.mode === FILE_MODE) entries.delete(name);
  }
  // Side by side: each written folder waits for the disk.
  const built = [...below].map(async ([name, inside]) => {
    const was = entries.get(name);
    const oid = await buildFolder(store, was?.mode === FOLDER_MODE ? was.oid : null, inside);
    return { name, was, oid };
  });
  for (const { name, was, oid } of await Promise.all(built)) {
    if (oid !== null) entries.set(name, { mode: FOLDER_MODE, name, oid });
    else if (was?.mode === FOLDER_MODE) entries.delete(name);
  }
  return entries.size === 0 ? null : await store.writeTree([...entries.values()]);
}
