import { watch, type FSWatcher } from "node:fs";
import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { FOLDERS } from "@nightdesk/claim-lib";
import { TEMP_PREFIX } from "@nightdesk/daemon-kit/durable-write";

/** Folders whose own files are watched. */
const FLAT: readonly string[] = [
  "",
  FOLDERS.inbox,
  FOLDERS.approved,
  FOLDERS.rejected,
  FOLDERS.scheduled,
  FOLDERS.snoozed,
  FOLDERS.expired,
  FOLDERS.needsAttention,
  FOLDERS.accounting,
  FOLDERS.briefings,
];
/** Folders with one more level: a domain or an agent each. */
const NESTED: readonly string[] = [
  FOLDERS.needsAction,
  FOLDERS.inProgress,
  FOLDERS.plans,
  FOLDERS.pending,
  FOLDERS.updates,
  FOLDERS.signals,
];

/** A rename is one event in each of two folders; a round that saw only one would look for the other. */
const GATHER_MS = 5;
/** A folder that was replaced, or that the system had no watcher left for, is looked at this often. */
const NET_MS = 60_000;

export interface WatchVaultOptions {
  vaultPath: string;
  /** A folder of the vault, with `/`. */
  onChange: (folder: string) => void;
  /** Told once for a kind of trouble; the folder is then looked at once a minute. */
  onError: (error: unknown) => void;
  /** Paths that are not worth a round of their own. */
  isQuiet: (path: string) => boolean;
}

interface Watched {
  watcher: FSWatcher;
  /** Which folder it is; one of the same name may have taken its place. */
  identity: string;
}

/**
 * Watches the folders where things happen, each with one watcher of the system's, however many files it
 * holds. Done/, archives and logs only grow: what goes there is seen by its leaving where it was.
 * Missing folders are made: one that appears later is easily missed.
 */
export async function watchVault(options: WatchVaultOptions): Promise<{ close(): Promise<void> }> {
  const watch = new VaultWatch(options);
  for (const folder of [...FLAT, ...NESTED])
    await mkdir(join(options.vaultPath, folder), { recursive: true });
  await watch.refresh();
  return { close: () => watch.close() };
}

class VaultWatch {
  readonly #options: WatchVaultOptions;
  readonly #watched = new Map<string, Watched>();
  readonly #changed = new Set<string>();
  readonly #net: NodeJS.Timeout;
  #gathering: NodeJS.Timeout | undefined;
  #refreshing: Promise<void> = Promise.resolve();
  /** A folder may have come or gone since the last refresh. */
  #isStale = false;
  #isStarted = false;
  #isClosed = false;
  #lastError = "";

  constructor(options: WatchVaultOptions) {
    this.#options = options;
    this.#net = setInterval(() => void this.refresh(), NET_MS);
  }

  /** Makes the watchers those of the folders that are there now. */
  refresh(): Promise<void> {
    this.#refreshing = this.#refreshing
      .then(() => this.#refresh())
      .catch((error: unknown) => this.#tell(error));
    return this.#refreshing;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#net);
    clearTimeout(this.#gathering);
    await this.#refreshing;
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  async #refresh(): Promise<void> {
    this.#isStale = false;
    const folders = [...FLAT, ...NESTED];
    for (const parent of NESTED) {
      const entries = await readdir(join(this.#options.vaultPath, parent), { withFileTypes: true }).catch(
        () => [],
      );
      for (const entry of entries)
        if (entry.isDirectory() && !entry.name.startsWith(".")) folders.push(`${parent}/${entry.name}`);
    }
    for (const folder of this.#watched.keys()) if (!folders.includes(folder)) this.#forget(folder);
    for (const folder of folders) await this.#watchFolder(folder);
    this.#isStarted = true;
    if (this.#changed.size > 0 && !this.#isClosed) this.#gather();
  }

  async #watchFolder(folder: string): Promise<void> {
    const path = join(this.#options.vaultPath, folder);
    const found = await stat(path).catch(() => null);
    const identity = found?.isDirectory() === true ? `${found.dev}:${found.ino}` : null;
    const known = this.#watched.get(folder);
    if (this.#isClosed || (known !== undefined && known.identity === identity)) return;
    this.#forget(folder);
    if (identity === null) return;
    // Whatever lies in a folder that appeared was not told by anybody.
    if (this.#isStarted) this.#changed.add(folder);
    try {
      const watcher = watch(path, (_event, name) => this.#seen(folder, name));
      watcher.on("error", (error) => {
        this.#forget(folder);
        this.#tell(error);
      });
      this.#watched.set(folder, { watcher, identity });
    } catch (error) {
      // The system's number of watchers is limited; the net looks at this folder from now on.
      this.#tell(error);
    }
  }

  #forget(folder: string): void {
    this.#watched.get(folder)?.watcher.close();
    this.#watched.delete(folder);
  }

  #seen(folder: string, name: string | null): void {
    // Ours that are not finished, and what starts with a dot: neither is a note.
    if (name !== null && (name.startsWith(TEMP_PREFIX) || name.startsWith("."))) return;
    const path = folder === "" ? (name ?? "") : `${folder}/${name ?? ""}`;
    // A folder may have come or gone.
    if (folder === "" || NESTED.includes(folder) || this.#watched.has(path)) this.#isStale = true;
    if (name === null || !this.#options.isQuiet(path)) this.#changed.add(folder);
    if (this.#isStale || this.#changed.size > 0) this.#gather();
  }

  #gather(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      if (this.#isStale) void this.refresh();
      const folders = [...this.#changed];
      this.#changed.clear();
      for (const one of folders) this.#options.onChange(one);
    }, GATHER_MS);
  }

  #tell(error: unknown): void {
    const text = String(error);
    if (text === this.#lastError) return;
    this.#lastError = text;
    this.#options.onError(error);
  }
}
