import { constants } from "node:fs";
import { join } from "node:path";
import { FOLDERS } from "@nightdesk/claim-lib";
import { errnoOf, syncFolder } from "@nightdesk/daemon-kit/durable-write";
import { nodeFileSystem, type FileSystem } from "@nightdesk/daemon-kit/file-system";

/**
 * Where this program moves notes to comes before where it takes them from: a disk without a journal may write down
 * that a name went before it writes down where to.
 */
const FOLDERS_IN_ORDER = [
  FOLDERS.done,
  FOLDERS.needsAttention,
  FOLDERS.expired,
  FOLDERS.inProgress,
  FOLDERS.scheduled,
  FOLDERS.pending,
  FOLDERS.snoozed,
  FOLDERS.rejected,
  FOLDERS.approved,
  FOLDERS.logs,
] as const;

/** A day has at most four files; what is older than yesterday's was synced long ago. */
const NEWEST_LOGS = 8;

/**
 * A killed run may have left moves and lines that every program sees and no disk holds yet. Whatever this run
 * concludes from them ("it was moved", "it was audited") would be wrong after a power cut, so they are made
 * durable before anything is looked at. Costs a few dozen fsyncs of what is clean in nearly all cases.
 */
export async function makeDurable(
  vaultPath: string,
  statePath: string,
  disk: FileSystem = nodeFileSystem,
): Promise<void> {
  const logs = join(vaultPath, FOLDERS.logs, "local");
  const newest = (await namesIn(disk, logs, "file")).sort().slice(-NEWEST_LOGS);
  const records = ["journal.jsonl", "decisions.jsonl", "presented.jsonl"];
  for (const path of [
    ...newest.map((name) => join(logs, name)),
    ...records.map((name) => join(statePath, name)),
  ])
    await unlessMissing(() => syncFile(disk, path));
  for (const folder of [statePath, join(statePath, "drafts"), vaultPath])
    await unlessMissing(() => syncFolder(folder, disk));
  for (const folder of FOLDERS_IN_ORDER.map((name) => join(vaultPath, name))) {
    for (const name of await namesIn(disk, folder, "folder"))
      await unlessMissing(() => syncFolder(join(folder, name), disk));
    await unlessMissing(() => syncFolder(folder, disk));
  }
}

async function namesIn(disk: FileSystem, folder: string, kind: "file" | "folder"): Promise<string[]> {
  const entries = (await unlessMissing(() => disk.readdir(folder))) ?? [];
  return entries
    .filter((entry) => (kind === "file" ? entry.isFile() : entry.isDirectory()))
    .map(({ name }) => name);
}

async function syncFile(disk: FileSystem, path: string): Promise<void> {
  const file = await disk.open(path, constants.O_RDWR);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function unlessMissing<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errnoOf(error))) return null;
    throw error;
  }
}
