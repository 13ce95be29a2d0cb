import { deflateSync, inflateSync } from "node:zlib";
import { NightdeskError } from "@nightdesk/claim-lib";
import {
  encodeTree,
  hashObject,
  parseCommit,
  parseTree,
  writeLooseObject,
  type Commit,
  type ObjectStore,
  type TreeEntry,
} from "@nightdesk/vault-sync";
import { findNode } from "./disk-state.ts";
import type { SimDisk } from "./sim-disk.ts";

export interface StoredObject {
  type: "blob" | "tree" | "commit";
  bytes: Buffer;
  /** As it lies on a disk. */
  packed: Buffer;
}

export const GIT_DIR = "/state/git";
const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/** What a file's bytes hold, kept by the bytes themselves: a cut file is another buffer. */
const unpacked = new WeakMap<Buffer, { oid: string; object: StoredObject } | "damaged">();
/** Parsed once for all worlds: names are made from content, so they never mean anything else. */
const trees = new Map<string, readonly TreeEntry[]>([[EMPTY_TREE, []]]);
const commits = new Map<string, Commit>();

export function objectPath(oid: string): string {
  return `${GIT_DIR}/objects/${oid.slice(0, 2)}/${oid.slice(2)}`;
}

/** The object as it lies on the disk; null when it is not there, or not whole. */
export function readStored(disk: SimDisk, oid: string): StoredObject | null {
  const packed = findNode(disk.peek(), objectPath(oid))?.bytes;
  if (!packed) return null;
  let found = unpacked.get(packed);
  if (found === undefined) {
    found = unpack(packed);
    unpacked.set(packed, found);
  }
  return found !== "damaged" && found.oid === oid ? found.object : null;
}

function unpack(packed: Buffer): { oid: string; object: StoredObject } | "damaged" {
  try {
    const data = inflateSync(packed);
    const nul = data.indexOf(0);
    const [type, size] = data.toString("latin1", 0, nul).split(" ");
    const bytes = data.subarray(nul + 1);
    if ((type !== "blob" && type !== "tree" && type !== "commit") || Number(size) !== bytes.length)
      return "damaged";
    return { oid: hashObject(type, bytes), object: { type, bytes, packed } };
  } catch {
    return "damaged";
  }
}

/** An object made by somebody else, as the remote keeps it. */
export function packObject(
  type: StoredObject["type"],
  bytes: Uint8Array,
): { oid: string; object: StoredObject } {
  const content = Buffer.from(bytes);
  const packed = deflateSync(Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]), {
    level: 1,
  });
  return { oid: hashObject(type, content), object: { type, bytes: content, packed } };
}

export function entriesOf(oid: string, object: StoredObject): readonly TreeEntry[] {
  let entries = trees.get(oid);
  if (!entries) {
    entries = parseTree(object.bytes);
    trees.set(oid, entries);
  }
  return entries;
}

export function commitOf(oid: string, object: StoredObject): Commit {
  let commit = commits.get(oid);
  if (!commit) {
    commit = parseCommit(object.bytes);
    commits.set(oid, commit);
  }
  return commit;
}

/** Git's objects on a simulated disk: written by the real code, read as git would. */
export function createSimStore(disk: SimDisk): ObjectStore {
  const safe = new Set<string>();
  const need = (
    oid: string,
    type: StoredObject["type"],
    maxBytes = Number.POSITIVE_INFINITY,
  ): StoredObject => {
    const object = readStored(disk, oid);
    if (object?.type !== type) throw new NightdeskError("OBJECT_MISSING", `The ${type} ${oid} is missing.`);
    if (object.bytes.length > maxBytes) throw new NightdeskError("OBJECT_TOO_LARGE", `${oid} is too large.`);
    return object;
  };
  return {
    async blobSize(oid) {
      const object = readStored(disk, oid);
      return object?.type === "blob" ? object.bytes.length : null;
    },
    readBlob: async (oid, maxBytes) => need(oid, "blob", maxBytes).bytes,
    readTree: async (oid) => (oid === EMPTY_TREE ? [] : entriesOf(oid, need(oid, "tree"))),
    readCommit: async (oid) => commitOf(oid, need(oid, "commit")),
    writeBlob: (bytes) => writeLooseObject(GIT_DIR, "blob", bytes, disk, safe),
    writeTree: (entries) => writeLooseObject(GIT_DIR, "tree", encodeTree(entries), disk, safe),
    writeCommit: (bytes) => writeLooseObject(GIT_DIR, "commit", bytes, disk, safe),
  };
}
