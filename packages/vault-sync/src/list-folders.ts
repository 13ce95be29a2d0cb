import { doneFolder, FOLDERS, isSafeName } from "@nightdesk/claim-lib";
import type { FolderListing, VaultDisk } from "./disk.ts";

/** As deep as the table of areas goes. */
const MAX_FOLDER_DEPTH = 4;

/** A change in the same moment as the look would leave the time as it was: FAT counts in 2 s. */
const FRESH_MS = 2_000;

/** Files of quiet folders looked at again in one full look: 100,000 are through in 100 minutes, for 0.1 % of a core. */
const QUIET_FILES_A_LOOK = 5_000;

const TOP_FOLDERS: readonly string[] = Object.values(FOLDERS);

/** Where things happen; what is finished, merged or recorded lies elsewhere and only grows. */
export function isLiveFolder(folder: string): boolean {
  const [top = "", , third] = folder.split("/");
  return top !== FOLDERS.done && top !== FOLDERS.logs && third !== "archive";
}

export interface Listed {
  folder: string;
  /** Null when there is no such folder; undefined when it was not listed: nothing can have come or gone there, or the disk refused. */
  listing: FolderListing | null | undefined;
}

/** Lists one folder; undefined when the disk refuses. */
export type ListFolder = (folder: string) => Promise<FolderListing | null | undefined>;

interface Seen {
  /** When names last came or went, if nothing can have changed since without a trace; else null. */
  changedAtMs: number | null;
  files: number;
  folders: string[];
}

/**
 * Lists the vault's folders, the quiet ones (archives, records) only when they may have changed: a folder's
 * own time tells when names come or go. What was changed in place there is found by looking at some of
 * them each time.
 */
export class FolderLister {
  readonly #disk: VaultDisk;
  readonly #list: ListFolder;
  /** Quiet folders as they were listed last, the longest ago first. */
  readonly #seen = new Map<string, Seen>();
  #isFirst = true;

  constructor(disk: VaultDisk, list: ListFolder) {
    this.#disk = disk;
    this.#list = list;
  }

  /** Every folder that may hold what syncs; the first time all of them. */
  async *listAll(nowMs: number): AsyncGenerator<Listed> {
    const due = this.#isFirst ? null : this.#longestAgo();
    yield* this.#walk("", 0, nowMs, (folder) => due === null || due.has(folder));
    this.#isFirst = false;
  }

  /** Folders where things happen, and the month's that is being filled. */
  async *listLive(nowMs: number): AsyncGenerator<Listed> {
    yield* this.#walk("", 0, nowMs, () => false, isLiveFolder);
    const folder = doneFolder(nowMs);
    yield { folder, listing: await this.#list(folder) };
  }

  /** Every folder but the quiet ones into which nothing can have come since they were listed. */
  listChanged(nowMs: number): AsyncGenerator<Listed> {
    return this.#walk("", 0, nowMs, () => false);
  }

  /** @param isDue true for a folder that is listed whatever its time says */
  async *#walk(
    folder: string,
    depth: number,
    nowMs: number,
    isDue: (folder: string) => boolean,
    isWanted: (folder: string) => boolean = () => true,
  ): AsyncGenerator<Listed> {
    const known = isLiveFolder(folder) ? undefined : this.#seen.get(folder);
    let names = known?.folders;
    const changedAtMs = isLiveFolder(folder) ? null : await this.#changedAtMs(folder);
    if (!known || isDue(folder) || known.changedAtMs === null || known.changedAtMs !== changedAtMs) {
      const listing = await this.#list(folder);
      names = listing?.folders ?? [];
      this.#seen.delete(folder);
      if (listing && !isLiveFolder(folder)) {
        const isFresh = changedAtMs === null || Math.abs(nowMs - changedAtMs) < FRESH_MS;
        const { files, folders } = listing;
        this.#seen.set(folder, { changedAtMs: isFresh ? null : changedAtMs, files: files.length, folders });
      }
      yield { folder, listing };
    } else yield { folder, listing: undefined };
    if (depth >= MAX_FOLDER_DEPTH) return;
    for (const name of names ?? []) {
      const path = folder === "" ? name : `${folder}/${name}`;
      if (!(folder === "" ? TOP_FOLDERS.includes(name) : isSafeName(name)) || !isWanted(path)) continue;
      yield* this.#walk(path, depth + 1, nowMs, isDue, isWanted);
    }
  }

  async #changedAtMs(folder: string): Promise<number | null> {
    // What the disk refuses is told of when the folder is listed.
    return (await this.#disk.changedAtMs?.(folder).catch(() => null)) ?? null;
  }

  #longestAgo(): Set<string> {
    const due = new Set<string>();
    let files = 0;
    for (const [folder, seen] of this.#seen) {
      if (files >= QUIET_FILES_A_LOOK) break;
      files += seen.files;
      due.add(folder);
    }
    return due;
  }
}
