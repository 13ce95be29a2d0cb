import { hash } from "node:crypto";
import { folderOf, taskKey } from "@nightdesk/claim-lib";
import { PackedRows } from "./packed-rows.ts";

/** A task key's hash and a folder's number. */
const ROW_BYTES = 8;

/**
 * In which folders each task of a vault lies, in 8 bytes a task. A hint only: two keys may share a hash, so
 * whoever asks looks into the folder.
 */
export class TaskPlaces {
  readonly #rows = new PackedRows(ROW_BYTES);
  readonly #folders: string[] = [];
  readonly #numbers = new Map<string, number>();

  add(path: string): void {
    const key = taskKey(path);
    if (key === null) return;
    const at = this.#rows.add(hashOf(key));
    this.#rows.data.writeUInt32LE(this.#numberOf(folderOf(path)), at + 4);
  }

  /** Takes back one `add` of this path. */
  remove(path: string): void {
    const key = taskKey(path);
    if (key === null) return;
    const folder = this.#numberOf(folderOf(path));
    let at = this.#rows.first(hashOf(key));
    while (at >= 0 && this.#rows.data.readUInt32LE(at + 4) !== folder) at = this.#rows.next(at);
    if (at >= 0) this.#rows.remove(at);
  }

  /** Folders this task may lie in; one stands there as often as it may hold the task. */
  foldersOf(key: string): string[] {
    const folders: string[] = [];
    for (let at = this.#rows.first(hashOf(key)); at >= 0; at = this.#rows.next(at)) {
      folders.push(this.#folders[this.#rows.data.readUInt32LE(at + 4)] ?? "");
    }
    return folders;
  }

  #numberOf(folder: string): number {
    const known = this.#numbers.get(folder);
    if (known !== undefined) return known;
    this.#numbers.set(folder, this.#folders.length);
    return this.#folders.push(folder) - 1;
  }
}

const lastHash = Buffer.alloc(4);

function hashOf(key: string): number {
  // A buffer for each would cost more than the hash.
  lastHash.write(hash("sha256", key, "binary"), "latin1");
  return lastHash.readUInt32LE(0);
}
