import { parseCommit } from "../../src/git/commit-codec.ts";
import type { ObjectStore } from "../../src/git/object-store.ts";
import { EMPTY_TREE, hashObject, type ObjectType, type Oid } from "../../src/git/oid.ts";
import { encodeTree, parseTree, type TreeEntry } from "../../src/git/tree-codec.ts";
import { fail } from "../../src/errors.ts";

export interface MemoryStore extends ObjectStore {
  /** How many objects were asked for, by kind. */
  reads: { trees: number; blobs: number };
  /** A tree of any entries, nested folders given as objects. */
  tree(content: Folder): Promise<Oid>;
}

export interface Folder {
  [name: string]: string | Uint8Array | Folder | { mode: string; oid: Oid };
}

/** Git objects in memory; the same names as git's. */
export function createMemoryStore(): MemoryStore {
  const objects = new Map<Oid, { type: ObjectType; bytes: Uint8Array }>([
    [EMPTY_TREE, { type: "tree", bytes: new Uint8Array() }],
  ]);
  const reads = { trees: 0, blobs: 0 };
  const put = (type: ObjectType, bytes: Uint8Array) => {
    const oid = hashObject(type, bytes);
    objects.set(oid, { type, bytes });
    return Promise.resolve(oid);
  };
  const get = (oid: Oid, type: ObjectType) => {
    const found = objects.get(oid);
    if (found?.type !== type) throw fail("OBJECT_MISSING", `no ${type} ${oid}`);
    return found.bytes;
  };
  const store: MemoryStore = {
    reads,
    blobSize: (oid) => Promise.resolve(objects.get(oid)?.type === "blob" ? get(oid, "blob").length : null),
    async readBlob(oid, maxBytes) {
      reads.blobs += 1;
      const bytes = get(oid, "blob");
      if (bytes.length > maxBytes) throw fail("OBJECT_TOO_LARGE", "too large");
      return bytes;
    },
    async readTree(oid) {
      reads.trees += 1;
      return parseTree(get(oid, "tree"));
    },
    readCommit: async (oid) => parseCommit(get(oid, "commit")),
    writeBlob: (bytes) => put("blob", bytes),
    writeTree: (entries) => put("tree", encodeTree(entries)),
    writeCommit: (bytes) => put("commit", bytes),
    async tree(content) {
      const entries: TreeEntry[] = [];
      for (const [name, value] of Object.entries(content)) {
        if (typeof value === "string" || value instanceof Uint8Array) {
          entries.push({ mode: "100644", name, oid: await store.writeBlob(Buffer.from(value)) });
        } else if (isEntry(value)) entries.push({ ...value, name });
        else entries.push({ mode: "40000", name, oid: await store.tree(value) });
      }
      return store.writeTree(entries);
    },
  };
  return store;
}

function isEntry(value: Folder | { mode: string; oid: Oid }): value is { mode: string; oid: Oid } {
  return typeof value["mode"] === "string" && typeof value["oid"] === "string";
}
