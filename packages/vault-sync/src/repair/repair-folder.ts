import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, syncFolder } from "@nightdesk/daemon-kit/durable-write";

/** Where a repair keeps what it replaces. Nothing is ever deleted. */
export interface RepairFolder {
  path: string;
  /** Moves a file or folder in here and returns where it lies now; null when there was none. */
  keep(path: string, name: string): Promise<string | null>;
}

/** @param atMs names the folder, so that two repairs never share one */
export async function makeRepairFolder(statePath: string, atMs: number): Promise<RepairFolder> {
  const path = join(statePath, `repair-${new Date(atMs).toISOString().replaceAll(":", "")}`);
  await mkdir(path, { recursive: true, mode: 0o700 });
  await syncFolder(statePath);
  return {
    path,
    async keep(from, name) {
      const place = join(path, name);
      try {
        await rename(from, place);
        return place;
      } catch (error) {
        if (errnoOf(error) === "ENOENT") return null;
        if (errnoOf(error) !== "EXDEV") throw error;
        // Another disk: it stays there, under another name.
        await rename(from, `${from}.repair-${atMs}`);
        return `${from}.repair-${atMs}`;
      }
    },
  };
}
