import { join, relative, sep } from "node:path";
import { FOLDERS, folderOf } from "@nightdesk/claim-lib";
import { watchFolders } from "@nightdesk/daemon-kit/watch-folders";

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
  `${FOLDERS.updates}/cloud`,
  `${FOLDERS.signals}/cloud`,
];
/** Folders with one more level: a domain or an agent each. */
const NESTED: readonly string[] = [FOLDERS.needsAction, FOLDERS.inProgress, FOLDERS.plans, FOLDERS.pending];

/** Renames come as one event a folder; the round that follows looks for itself. */
const SETTLE_MS = 15;

export interface WatchVaultOptions {
  vaultPath: string;
  /** A folder of the vault, with `/`. */
  onChange: (folder: string) => void;
  onError: (error: unknown) => void;
  /** Paths that are not worth a round of their own. */
  isQuiet: (path: string) => boolean;
}

/**
 * Watches the folders where things happen. Done/, archives and logs only grow, and their watchers would
 * hold more memory than everything else: what goes there is seen by its leaving where it was.
 */
export async function watchVault(options: WatchVaultOptions): Promise<{ close(): Promise<void> }> {
  const { vaultPath, onChange, onError, isQuiet } = options;
  const tell = (absolute: string) => {
    const path = relative(vaultPath, absolute).split(sep).join("/");
    if (!isQuiet(path)) onChange(folderOf(path));
  };
  const watch = (folders: readonly string[], depth: number) =>
    watchFolders({
      folders: folders.map((folder) => join(vaultPath, folder)),
      depth,
      settleMs: SETTLE_MS,
      onChange: tell,
      onError,
    });
  const watches = await Promise.all([watch(FLAT, 0), watch(NESTED, 1)]);
  return {
    async close() {
      await Promise.all(watches.map((one) => one.close()));
    },
  };
}
