import { readdirSync, watch, type FSWatcher } from "node:fs";
import { join } from "node:path";

/** Which machine's vault. */
export type ZoneName = "cloud" | "local";

/** A file's name came to be, or was no more, in one of the two vaults. Times are of one monotonic clock. */
export interface Sighting {
  zone: ZoneName;
  path: string;
  kind: "appeared" | "vanished";
  atMs: number;
}

export interface VaultWatch {
  /** The files that are there now, with `/` between the parts, sorted. */
  paths(): string[];
  close(): void;
}

/** The net below the watchers, for an event the system dropped. */
const LOOK_EVERY_MS = 250;

/**
 * Watches a vault from outside, by names alone: one system watcher per folder, each event answered by
 * listing that folder at once. What is there at the start is known and not told.
 */
export function watchVault(
  zone: ZoneName,
  root: string,
  nowMs: () => number,
  tell: (sighting: Sighting) => void,
): VaultWatch {
  const folders = new Map<string, { watcher: FSWatcher; files: Set<string> }>();
  let known = false;

  const look = (folder: string): void => {
    // The watcher first, then the list: a file that comes between the two is seen twice, never missed.
    const before = folders.get(folder)?.files ?? open(folder);
    const entries = list(join(root, folder));
    if (before === null || entries === null) return forget(folder);
    const now = new Set(entries.filter((entry) => entry.isFile()).map((entry) => entry.name));
    const atMs = nowMs();
    for (const name of now) if (!before.has(name)) note(folder, name, "appeared", atMs);
    for (const name of before) if (!now.has(name)) note(folder, name, "vanished", atMs);
    before.clear();
    for (const name of now) before.add(name);
    for (const entry of entries) {
      const inner = join2(folder, entry.name);
      if (entry.isDirectory() && !folders.has(inner)) look(inner);
    }
  };
  const open = (folder: string): Set<string> | null => {
    try {
      const watcher = watch(join(root, folder), { persistent: false }, () => look(folder));
      watcher.on("error", () => forget(folder));
      const files = new Set<string>();
      folders.set(folder, { watcher, files });
      return files;
    } catch {
      return null;
    }
  };
  const forget = (folder: string): void => {
    const entry = folders.get(folder);
    if (!entry) return;
    entry.watcher.close();
    folders.delete(folder);
    for (const name of entry.files) note(folder, name, "vanished", nowMs());
  };
  const note = (folder: string, name: string, kind: Sighting["kind"], atMs: number): void => {
    if (known) tell({ zone, path: join2(folder, name), kind, atMs });
  };

  look("");
  known = true;
  const timer = setInterval(() => [...folders.keys()].forEach(look), LOOK_EVERY_MS);
  return {
    paths: () =>
      [...folders].flatMap(([folder, { files }]) => [...files].map((name) => join2(folder, name))).sort(),
    close() {
      clearInterval(timer);
      for (const { watcher } of folders.values()) watcher.close();
      folders.clear();
    },
  };
}

/** Hidden files are temporary ones of a writer, or Obsidian's own: neither is part of the story. */
function list(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((entry) => !entry.name.startsWith("."));
  } catch {
    return null;
  }
}

function join2(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}
