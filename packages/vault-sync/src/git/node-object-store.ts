import { nodeFileSystem } from "@nightdesk/daemon-kit/file-system";
import { CatFile, type ReadObject } from "./cat-file.ts";
import { parseCommit } from "./commit-codec.ts";
import { gitEnvironment, type GitEnvironmentOptions } from "./git-environment.ts";
import { writeLooseObject } from "./loose-objects.ts";
import type { ObjectStore } from "./object-store.ts";
import { EMPTY_TREE, type ObjectType, type Oid } from "./oid.ts";
import { encodeTree, parseTree, type TreeEntry } from "./tree-codec.ts";
import { fail } from "../errors.ts";
import { REPAIR_HINT } from "../repair/repair-hint.ts";

/** 50,000 names in one folder; ours hold hundreds. */
const MAX_TREE_BYTES = 4 * 1024 * 1024;
/** A commit of ours is under 2 KB; one with a book in its message can still be judged and taken back. */
const MAX_COMMIT_BYTES = 16 * 1024 * 1024;
/** Entries of folders kept for the next question, 230 bytes each: the folders at work, and a full month or two. */
const TREE_CACHE_ENTRIES = 10_000;

export interface NodeObjectStore extends ObjectStore {
  /** Ends the git processes; they come back when needed. */
  close(): Promise<void>;
}

/** Git objects of a real git directory. */
export function createNodeObjectStore(options: GitEnvironmentOptions): NodeObjectStore {
  const env = gitEnvironment(options);
  const content = new CatFile(options.gitDir, env, true);
  const headers = new CatFile(options.gitDir, env, false);
  const trees = new Map<Oid, readonly TreeEntry[]>([[EMPTY_TREE, []]]);
  const { gitDir } = options;

  const safe = new Set<string>();
  const write = (type: ObjectType, bytes: Uint8Array) =>
    writeLooseObject(gitDir, type, bytes, nodeFileSystem, safe);
  const read = async (oid: Oid, type: ObjectType, maxBytes: number): Promise<Uint8Array> => {
    const found = await content.ask(oid, maxBytes);
    return bytesOf(found, oid, type, maxBytes);
  };

  let cachedEntries = 0;
  const keep = (oid: Oid, entries: readonly TreeEntry[]): readonly TreeEntry[] => {
    if (!trees.delete(oid)) cachedEntries += entries.length;
    trees.set(oid, entries);
    for (const [oldest, { length }] of trees) {
      if (cachedEntries <= TREE_CACHE_ENTRIES || oldest === oid) break;
      trees.delete(oldest);
      cachedEntries -= length;
    }
    return entries;
  };

  return {
    async blobSize(oid) {
      const header = await headers.ask(oid, 0);
      return header?.type === "blob" ? header.size : null;
    },
    readBlob: (oid, maxBytes) => read(oid, "blob", maxBytes),
    async readTree(oid) {
      const known = trees.get(oid);
      return keep(oid, known ?? parseTree(await read(oid, "tree", MAX_TREE_BYTES)));
    },
    readCommit: async (oid) => parseCommit(await read(oid, "commit", MAX_COMMIT_BYTES)),
    writeBlob: (bytes) => write("blob", bytes),
    async writeTree(entries) {
      const oid = await write("tree", encodeTree(entries));
      keep(oid, entries);
      return oid;
    },
    writeCommit: (bytes) => write("commit", bytes),
    async close() {
      await Promise.all([content.close(), headers.close()]);
    },
  };
}

function bytesOf(found: ReadObject | null, oid: Oid, type: ObjectType, maxBytes: number): Uint8Array {
  if (!found || found.type !== type) {
    throw fail(
      "OBJECT_MISSING",
      `The ${type} ${oid} is not in the git directory; nothing was changed. ${REPAIR_HINT}`,
      {
        data: { oid, type },
      },
    );
  }
  if (!found.bytes) {
    throw fail(
      "OBJECT_TOO_LARGE",
      `A ${type} of ${found.size} bytes is over the limit; it was not read. ${REPAIR_HINT}`,
      {
        data: { oid, size: found.size, limit: maxBytes },
      },
    );
  }
  return found.bytes;
}
