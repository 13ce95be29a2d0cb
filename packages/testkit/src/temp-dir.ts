import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TempDir {
  path: string;
  /** Removes the folder with everything in it; harmless when it is gone already. */
  remove(): Promise<void>;
}

/** Names carry the process id, so that a leak check sees its own folders and no other test's. */
export const TEMP_DIR_PREFIX = `nightdesk-${process.pid}-`;

/** A fresh folder, mode 0700. Whoever makes it removes it; `withTempDir` does both. */
export async function createTempDir(purpose = "test"): Promise<TempDir> {
  const made = await mkdtemp(join(tmpdir(), `${TEMP_DIR_PREFIX}${purpose}-`));
  // On macOS the temp folder is behind a link, and git answers with the real path.
  const path = await realpath(made);
  return {
    path,
    // A process that is just ending may still write into it.
    remove: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }),
  };
}

/** Runs `work` with a fresh folder that is gone afterwards, also when the work fails. */
export async function withTempDir<T>(work: (path: string) => Promise<T>): Promise<T> {
  const folder = await createTempDir();
  try {
    return await work(folder.path);
  } finally {
    await folder.remove();
  }
}
