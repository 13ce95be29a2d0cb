import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { FOLDERS } from "@nightdesk/claim-lib";

/** The record files in the vault folder, by their path in the vault. Links are none. */
export async function listRecords(vaultPath: string): Promise<Set<string>> {
  const found = new Set<string>();
  const folders = await readdir(join(vaultPath, FOLDERS.logs), { withFileTypes: true }).catch(() => []);
  for (const folder of folders.filter((entry) => entry.isDirectory())) {
    const path = `${FOLDERS.logs}/${folder.name}`;
    for (const entry of await readdir(join(vaultPath, path), { withFileTypes: true })) {
      if (entry.isFile() && entry.name.endsWith(".jsonl")) found.add(`${path}/${entry.name}`);
    }
  }
  return found;
}

/** The file's bytes; null when there is no such plain file. */
export async function readRecord(vaultPath: string, path: string): Promise<Uint8Array | null> {
  const file = join(vaultPath, path);
  try {
    return (await lstat(file)).isFile() ? await readFile(file) : null;
  } catch {
    return null;
  }
}
