import { hash } from "node:crypto";
import type { FileStat } from "@nightdesk/claim-lib";
import type { Oid } from "./git/oid.ts";
import { PackedRows } from "./packed-rows.ts";

/** Enough of a path's SHA-256 that nobody finds two paths with the same: 2^64 tries. */
const KEY_BYTES = 16;
const SIZE_AT = KEY_BYTES;
const MTIME_AT = SIZE_AT + 8;
const INODE_AT = MTIME_AT + 8;
const OID_AT = INODE_AT + 8;
const ROW_BYTES = OID_AT + 20;

/** What a file held when it was taken, and what it looked like then. */
export interface DiskRow {
  oid: Oid;
  stat: FileStat;
}

/** Every file of the vault folder: path -> what it held. Paths are kept as hashes, so it cannot list them. */
export class DiskRows {
  readonly #rows = new PackedRows(ROW_BYTES);

  /** Reads what `toBytes` wrote; null when it is not that. */
  static fromBytes(bytes: Buffer): DiskRows | null {
    if (bytes.length % ROW_BYTES !== 0) return null;
    const rows = new DiskRows();
    for (let at = 0; at < bytes.length; at += ROW_BYTES) {
      const offset = rows.#rows.add(bytes.readUInt32LE(at));
      bytes.copy(rows.#rows.data, offset, at, at + ROW_BYTES);
    }
    return rows;
  }

  toBytes(): Buffer {
    const bytes = Buffer.alloc(this.#rows.size * ROW_BYTES);
    let at = 0;
    for (const offset of this.#rows.offsets()) {
      this.#rows.data.copy(bytes, at, offset, offset + ROW_BYTES);
      at += ROW_BYTES;
    }
    return bytes;
  }

  oidOf(path: string): Oid | undefined {
    const at = this.#find(keyOf(path));
    return at < 0 ? undefined : this.#oidAt(at);
  }

  statOf(path: string): FileStat | undefined {
    const at = this.#find(keyOf(path));
    if (at < 0) return undefined;
    const { data } = this.#rows;
    return {
      size: data.readDoubleLE(at + SIZE_AT),
      mtimeMs: data.readDoubleLE(at + MTIME_AT),
      inode: data.readDoubleLE(at + INODE_AT),
    };
  }

  /** Takes over what `from` has for this path, and says what the file held. */
  copy(from: DiskRows, path: string): Oid | undefined {
    const key = keyOf(path);
    const source = from.#find(key);
    if (source < 0) return undefined;
    const known = this.#find(key);
    const at = known < 0 ? this.#rows.add(key.readUInt32LE(0)) : known;
    from.#rows.data.copy(this.#rows.data, at, source, source + ROW_BYTES);
    return this.#oidAt(at);
  }

  has(path: string): boolean {
    return this.#find(keyOf(path)) >= 0;
  }

  set(path: string, { oid, stat }: DiskRow): void {
    const key = keyOf(path);
    const known = this.#find(key);
    const at = known < 0 ? this.#rows.add(key.readUInt32LE(0)) : known;
    const { data } = this.#rows;
    key.copy(data, at, 0, KEY_BYTES);
    data.writeDoubleLE(stat.size, at + SIZE_AT);
    data.writeDoubleLE(stat.mtimeMs, at + MTIME_AT);
    data.writeDoubleLE(stat.inode, at + INODE_AT);
    data.write(oid, at + OID_AT, "hex");
  }

  delete(path: string): void {
    const at = this.#find(keyOf(path));
    if (at >= 0) this.#rows.remove(at);
  }

  #oidAt(at: number): Oid {
    return this.#rows.data.toString("hex", at + OID_AT, at + OID_AT + 20);
  }

  #find(key: Buffer): number {
    const { data } = this.#rows;
    let at = this.#rows.first(key.readUInt32LE(0));
    while (at >= 0 && key.compare(data, at, at + KEY_BYTES, 0, KEY_BYTES) !== 0) at = this.#rows.next(at);
    return at;
  }
}

/** One for all: a buffer for each of the hashes of a start was a third of its time [m]. */
const lastKey = Buffer.alloc(32);

/** Good until the next call. */
function keyOf(path: string): Buffer {
  lastKey.write(hash("sha256", path, "binary"), "latin1");
  return lastKey;
}
