import { fail } from "../errors.ts";
import type { Oid } from "./oid.ts";

export interface TreeEntry {
  /** As written in the tree, for instance `100644` (file), `40000` (folder), `120000` (link), `160000` (submodule). */
  mode: string;
  /** A name that is not UTF-8 comes out with a NUL in front, which no name rule accepts. */
  name: string;
  oid: Oid;
}

export const FILE_MODE = "100644";
export const FOLDER_MODE = "40000";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads a tree object strictly: any slip makes it OBJECT_MALFORMED. */
export function parseTree(bytes: Uint8Array): TreeEntry[] {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: TreeEntry[] = [];
  const names = new Set<string>();
  let at = 0;
  while (at < data.length) {
    const space = data.indexOf(0x20, at);
    const nul = space < 0 ? -1 : data.indexOf(0, space);
    if (space - at < 5 || space - at > 6 || nul <= space + 1 || nul + 21 > data.length) throw malformed();
    const mode = data.toString("latin1", at, space);
    if (!/^[1-7][0-7]{4,5}$/.test(mode)) throw malformed();
    const name = decodeName(data.subarray(space + 1, nul));
    if (names.has(name) || name.includes("/")) throw malformed();
    names.add(name);
    entries.push({ mode, name, oid: data.toString("hex", nul + 1, nul + 21) });
    at = nul + 21;
  }
  return entries;
}

function decodeName(bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    return `\0${Buffer.from(bytes).toString("hex")}`;
  }
}

function malformed() {
  return fail("OBJECT_MALFORMED", "A folder in the remote's history is damaged; it was left out.");
}

/** The bytes of a tree object; entries may come in any order. */
export function encodeTree(entries: readonly TreeEntry[]): Uint8Array {
  const sorted = entries
    .map((entry) => ({ entry, key: Buffer.from(entry.mode === FOLDER_MODE ? `${entry.name}/` : entry.name) }))
    .sort((a, b) => Buffer.compare(a.key, b.key));
  return Buffer.concat(
    sorted.flatMap(({ entry }) => [
      Buffer.from(`${entry.mode} ${entry.name}\0`, "utf8"),
      Buffer.from(entry.oid, "hex"),
    ]),
  );
}
