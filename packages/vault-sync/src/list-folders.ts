import { doneFolder, FOLDERS, isSafeName } from "@nightdesk/claim-lib";
import type { VaultDisk } from "./disk.ts";

/** As deep as the table of areas goes. */
const MAX_FOLDER_DEPTH = 4;

const TOP_FOLDERS: readonly string[] = Object.values(FOLDERS);

/** Where things happen; what is finished, merged or recorded lies elsewhere and only grows. */
function isLiveFolder(folder: string): boolean {
  const [top = "", , third] = folder.split("/");
  return top !== FOLDERS.done && top !== FOLDERS.logs && third !== "archive";
}

/** Every folder of the vault that may hold what syncs; with `liveOnly` without the archives. */
export async function listFolders(disk: VaultDisk, liveOnly: boolean, nowMs: number): Promise<string[]> {
  const found = [""];
  const visit = async (folder: string, depth: number) => {
    const listing = await disk.list(folder);
    for (const name of listing?.folders ?? []) {
      const path = folder === "" ? name : `${folder}/${name}`;
      const wanted = folder === "" ? TOP_FOLDERS.includes(name) : isSafeName(name);
      if (!wanted || (liveOnly && !isLiveFolder(path))) continue;
      found.push(path);
      if (depth < MAX_FOLDER_DEPTH) await visit(path, depth + 1);
    }
  };
  await visit("", 1);
  if (liveOnly) found.push(doneFolder(nowMs));
  return found;
}
