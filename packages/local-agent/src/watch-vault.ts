import { basename, join, relative, sep } from "node:path";
import { CLOUD_STATUS, FOLDERS, STOP_FILE, SYNC_STATUS_FILE, type Channel } from "@nightdesk/claim-lib";
import { watchFolders, type FolderWatch } from "@nightdesk/daemon-kit/watch-folders";
import type { PartName } from "./agent.ts";
import { pendingFolder } from "./notes.ts";

export interface WatchVaultOptions {
  vaultPath: string;
  statePath: string;
  channels: readonly Channel[];
  ring(part: PartName): void;
  onError(error: unknown): void;
}

const PRESENTED_FILE = "presented.jsonl";

/** Rings the parts of the flow a change concerns. Only folders that hold today's work are watched. */
export async function watchVault(options: WatchVaultOptions): Promise<FolderWatch[]> {
  const { vaultPath, statePath, onError } = options;
  const folders: Record<string, readonly PartName[]> = {
    [FOLDERS.approved]: ["approve", "dashboard"],
    [`${FOLDERS.inProgress}/local`]: ["reconcile", "dashboard"],
    [FOLDERS.scheduled]: ["approve", "dashboard"],
    [FOLDERS.snoozed]: ["present", "dashboard"],
    [FOLDERS.expired]: ["present", "dashboard"],
    [FOLDERS.rejected]: ["dashboard"],
    [FOLDERS.needsAttention]: ["dashboard"],
    [`${FOLDERS.updates}/cloud`]: ["dashboard"],
    [`${FOLDERS.signals}/cloud`]: ["dashboard"],
    ...Object.fromEntries(
      options.channels.map((channel) => [pendingFolder(channel), ["present", "dashboard"]]),
    ),
  };
  const ringAll = (parts: readonly PartName[]) => parts.forEach(options.ring);
  const work = await watchFolders({
    folders: Object.keys(folders).map((folder) => join(vaultPath, folder)),
    onChange: (path) => ringAll(folders[folderIn(vaultPath, path)] ?? []),
    onError,
  });
  const top = await watchFolders({
    folders: [vaultPath],
    onChange: (path) => {
      const name = basename(path);
      if (name.toLowerCase() === STOP_FILE.toLowerCase()) ringAll(["approve", "reconcile", "dashboard"]);
      if (name === CLOUD_STATUS) ringAll(["dashboard"]);
    },
    onError,
  });
  const state = await watchFolders({
    folders: [statePath],
    onChange: (path) => {
      if (basename(path) === PRESENTED_FILE) ringAll(["present"]);
      if (basename(path) === SYNC_STATUS_FILE) ringAll(["dashboard"]);
    },
    onError,
  });
  return [work, top, state];
}

function folderIn(vaultPath: string, path: string): string {
  return relative(vaultPath, join(path, "..")).split(sep).join("/");
}
