import { readdirSync } from "node:fs";
import { FOLDERS, STOP_FILE } from "@nightdesk/claim-lib";
import { join } from "node:path";

/** What one walk over the vault folder finds. Paths are those of the vault. */
export interface VaultScan {
  files: number;
  links: string[];
  repositories: string[];
  approved: string[];
  scheduled: string[];
  executing: string[];
  aside: string[];
  done: string[];
  isStopped: boolean;
}

const HIDDEN_OF_OBSIDIAN = ".obsidian";
/** Deeper than any folder of the vault; plugins' own folders are not walked. */
const MAX_DEPTH = 8;

/** Walks the vault once, names only. Follows no link. */
export function scanVault(vaultPath: string): VaultScan {
  const scan: VaultScan = {
    files: 0,
    links: [],
    repositories: [],
    approved: [],
    scheduled: [],
    executing: [],
    aside: [],
    done: [],
    isStopped: false,
  };
  walk(vaultPath, "", 1, scan);
  return scan;
}

function walk(vaultPath: string, folder: string, depth: number, scan: VaultScan): void {
  for (const entry of readFolder(join(vaultPath, folder))) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isSymbolicLink()) scan.links.push(path);
    else if (entry.name === ".git") scan.repositories.push(path);
    else if (entry.isDirectory()) {
      if (entry.name !== HIDDEN_OF_OBSIDIAN && depth < MAX_DEPTH) walk(vaultPath, path, depth + 1, scan);
    } else if (entry.isFile()) {
      scan.files += 1;
      place(path, scan);
    }
  }
}

function readFolder(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch {
    return [];
  }
}

function place(path: string, scan: VaultScan): void {
  if (path === STOP_FILE) scan.isStopped = true;
  if (!path.endsWith(".md")) return;
  const inFolder = (folder: string) => path.startsWith(`${folder}/`);
  if (inFolder(FOLDERS.approved)) scan.approved.push(path);
  else if (inFolder(FOLDERS.scheduled)) scan.scheduled.push(path);
  else if (inFolder(`${FOLDERS.inProgress}/local`)) scan.executing.push(path);
  else if (inFolder(FOLDERS.needsAttention) && !path.includes("/WHY ")) scan.aside.push(path);
  else if (inFolder(FOLDERS.done)) scan.done.push(path);
}
