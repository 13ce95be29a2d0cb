import { join } from "node:path";
import { PUBLISHED_FILE, SYNC_STATUS_FILE } from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { errnoOf, syncFolder, writeDurably } from "@nightdesk/daemon-kit/durable-write";
import { nodeFileSystem, type FileSystem } from "@nightdesk/daemon-kit/file-system";
import { fail } from "./errors.ts";
import { REPAIR_HINT } from "./repair/repair-hint.ts";
import { BASE_REF, writeRef } from "./git/git-dir.ts";
import { isOid } from "./git/oid.ts";
import type { StateName, SyncState } from "./ports.ts";

/** Sync's own files in the state folder: `sync/` for itself, two reports beside it for the others. */
export async function openSyncState(
  statePath: string,
  gitDir: string,
  disk: FileSystem = nodeFileSystem,
): Promise<SyncState> {
  const folder = join(statePath, "sync");
  await disk.mkdir(folder, { recursive: true, mode: 0o700 });
  const ownCommits = openAppendLog(join(folder, "own-commits.jsonl"), disk);
  const file = (name: StateName) => join(folder, `${name}.json`);
  const write = (path: string, value: unknown) => writeDurably(path, JSON.stringify(value), {}, disk);
  return {
    read: (name) => readJson(disk, file(name)),
    write: (name, value) => write(file(name), value),
    async remove(name) {
      try {
        await disk.unlink(file(name));
        await syncFolder(folder, disk);
      } catch (error) {
        if (errnoOf(error) !== "ENOENT") throw refused(file(name), error);
      }
    },
    async ownCommits() {
      return (await ownCommits.readAll()).flatMap(({ commit }) => (isOid(commit) ? [commit] : []));
    },
    addOwnCommit: (commit, at) => ownCommits.append({ commit, at }),
    writePublished: (published) => write(join(statePath, PUBLISHED_FILE), published),
    writeStatus: (status) => write(join(statePath, SYNC_STATUS_FILE), status),
    keepCommit: (commit) => writeRef(gitDir, BASE_REF, commit, disk),
  };
}

async function readJson(disk: FileSystem, path: string): Promise<unknown> {
  let text: string;
  try {
    text = (await disk.readFile(path)).toString("utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return null;
    throw refused(path, error);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw fail("STATE_CORRUPT", `${path} is damaged; nothing was synced. ${REPAIR_HINT}`, {
      cause: error,
      data: { path },
    });
  }
}

function refused(path: string, cause: unknown) {
  return fail(
    "DISK_FAILED",
    `The disk refused ${path} (${errnoOf(cause)}); nothing was synced, and the next round tries again. Check free space and permissions of the state folder.`,
    { cause, data: { path, errno: errnoOf(cause) } },
  );
}
