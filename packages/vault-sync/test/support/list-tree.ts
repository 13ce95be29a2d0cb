import type { Oid } from "../../src/git/oid.ts";
import type { Snapshot } from "../../src/snapshot.ts";

/** All of a tree at once: path -> blob. */
export async function listTree(snapshot: Snapshot): Promise<Map<string, Oid>> {
  const files = new Map<string, Oid>();
  for await (const [path, oid] of snapshot.files()) files.set(path, oid);
  return files;
}
