import type { Commit } from "./commit-codec.ts";
import type { Oid } from "./oid.ts";
import type { TreeEntry } from "./tree-codec.ts";

/** Git's objects, read and written one by one. What is written is durable when the promise resolves. */
export interface ObjectStore {
  /** Bytes of a blob, or null when there is no such blob. Reads no content. */
  blobSize(oid: Oid): Promise<number | null>;
  /** Throws OBJECT_TOO_LARGE before anything over `maxBytes` is held in memory, OBJECT_MISSING. */
  readBlob(oid: Oid, maxBytes: number): Promise<Uint8Array>;
  readTree(oid: Oid): Promise<readonly TreeEntry[]>;
  readCommit(oid: Oid): Promise<Commit>;
  writeBlob(bytes: Uint8Array): Promise<Oid>;
  writeTree(entries: readonly TreeEntry[]): Promise<Oid>;
  /** @param bytes an encoded commit */
  writeCommit(bytes: Uint8Array): Promise<Oid>;
}
