import { mkdir } from "node:fs/promises";
import { basename } from "node:path";
import { watch } from "chokidar";
import { TEMP_PREFIX } from "./durable-write.ts";

export interface WatchOptions {
  /** Absolute paths. Missing folders are created: a folder that appears later is easily missed. */
  folders: readonly string[];
  /** How many levels below each folder; 0 is the folder's own files. */
  depth?: number;
  /** A path is reported once it has been quiet for so long. */
  settleMs?: number;
  /** A file appeared, changed or went. Look at the disk for which: events are hints. */
  onChange: (path: string) => void;
  onError: (error: unknown) => void;
}

export interface FolderWatch {
  close(): Promise<void>;
}

/** A rename is one event; a save in place can be several within a few milliseconds. */
const SETTLE_MS = 50;

/**
 * Watches a few folders. Resolves when the watch is on; what was there before is not reported.
 * A watcher can miss events (overflow, network disks), so a periodic look must stand beside it.
 */
export async function watchFolders(options: WatchOptions): Promise<FolderWatch> {
  for (const folder of options.folders) await mkdir(folder, { recursive: true });
  const timers = new Map<string, NodeJS.Timeout>();
  const report = (path: string) => {
    clearTimeout(timers.get(path));
    const timer = setTimeout(() => {
      timers.delete(path);
      options.onChange(path);
    }, options.settleMs ?? SETTLE_MS);
    timers.set(path, timer);
  };
  const watcher = watch([...options.folders], {
    depth: options.depth ?? 0,
    ignoreInitial: true,
    followSymlinks: false,
    // Its own folding of unlink + add into change delays every removal by 100 ms.
    atomic: false,
    ignored: (path) => basename(path).startsWith(TEMP_PREFIX),
  });
  watcher.on("add", report).on("change", report).on("unlink", report).on("error", options.onError);
  await new Promise<void>((resolve) => {
    watcher.once("ready", resolve);
  });
  return {
    async close() {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      await watcher.close();
    },
  };
}
