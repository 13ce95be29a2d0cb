import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { FOLDERS, mayDo, taskKey } from "@nightdesk/claim-lib";
import { createNodeVaultFiles } from "@nightdesk/daemon-kit/node-vault-files";

/** Where a cloud's work lies that the laptop may not have seen yet. */
const CLOUD_WORK = [FOLDERS.needsAction, FOLDERS.inProgress, FOLDERS.pending];

/** Every file of a vault folder, relative and with `/`; hidden ones are left out. */
export async function listVaultPaths(vaultPath: string): Promise<string[]> {
  const entries = await readdir(vaultPath, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(vaultPath.length + 1)
        .replaceAll("\\", "/"),
    );
}

/**
 * Copies the cloud's own work out of the vault that was put aside, where the new one knows nothing of the
 * task: it had not gone out yet. Returns the paths. A laptop that has carried such a task out refuses it.
 */
export async function carryOver(oldVault: string, newVault: string): Promise<string[]> {
  const known = new Set((await listVaultPaths(newVault)).map(taskKey));
  const from = createNodeVaultFiles(oldVault);
  const to = createNodeVaultFiles(newVault);
  const carried: string[] = [];
  for (const path of await listVaultPaths(oldVault)) {
    const key = taskKey(path);
    const isWork = CLOUD_WORK.some((folder) => path.startsWith(`${folder}/`));
    if (!isWork || key === null || known.has(key) || !mayDo("cloud", "create", path)) continue;
    const text = await from.read(path);
    if (text === null) continue;
    await to.write(path, text);
    carried.push(path);
  }
  return carried;
}
