import { createHash } from "node:crypto";

/** A git object's name: 40 hex digits. */
export type Oid = string;

export type ObjectType = "blob" | "tree" | "commit";

/** The tree without entries. */
export const EMPTY_TREE: Oid = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

export function isOid(value: unknown): value is Oid {
  return typeof value === "string" && /^[0-9a-f]{40}$/.test(value);
}

/** The name git gives these bytes. */
export function hashObject(type: ObjectType, bytes: Uint8Array): Oid {
  return createHash("sha1").update(`${type} ${bytes.length}\0`).update(bytes).digest("hex");
}
