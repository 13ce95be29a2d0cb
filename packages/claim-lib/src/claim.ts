import type { Published } from "./published.ts";
import type { VaultFiles } from "./ports.ts";
import { parseTaskName, type TaskName } from "./task-name.ts";
import { FOLDERS, nameOf, vaultPath } from "./vault-paths.ts";

export interface FoundTask {
  path: string;
  name: TaskName;
}

/** The task notes in one folder; files that are not task notes are left out. */
export async function listTasks(files: VaultFiles, folder: string): Promise<FoundTask[]> {
  const names = await files.list(folder);
  return names.flatMap((file) => {
    const name = parseTaskName(file);
    return name ? [{ path: `${folder}/${file}`, name }] : [];
  });
}

/**
 * Claims a task by one rename into In_Progress/<agent>/; returns the new path.
 * Atomic on this disk: the second mover finds no source. Across machines the claim counts only once the
 * published tip holds it (`isConfirmed`). Throws CLAIM_LOST or CLAIM_TARGET_EXISTS.
 */
export async function claimTask(files: VaultFiles, path: string, agent: string): Promise<string> {
  const target = vaultPath(FOLDERS.inProgress, agent, nameOf(path));
  await files.move(path, target);
  return target;
}

/** Gives a claimed task back for anyone to take. */
export async function releaseTask(files: VaultFiles, path: string, domain: string): Promise<string> {
  const target = vaultPath(FOLDERS.needsAction, domain, nameOf(path));
  await files.move(path, target);
  return target;
}

/** True once the claim stands on the published tip: nobody else can hold it. */
export function isConfirmed(published: Published | null, path: string): boolean {
  return published?.paths.includes(path) ?? false;
}
