import { errnoOf } from "@nightdesk/daemon-kit/durable-write";
import { cp, mkdir, readdir } from "node:fs/promises";
import { basename } from "node:path";
import { fail } from "../errors.ts";

/** Fills an empty or missing vault with the template's folders and notes. One that holds anything is left alone. */
export async function seedVault(vaultPath: string, template: string): Promise<string[]> {
  try {
    await mkdir(vaultPath, { recursive: true });
    if ((await readdir(vaultPath)).length > 0) return [];
    await cp(template, vaultPath, {
      recursive: true,
      // They only keep empty folders in git.
      filter: (source) => basename(source) !== ".gitkeep",
    });
    return [`${vaultPath} with its folders`];
  } catch (error) {
    throw fail(
      "INIT_FAILED",
      `The vault ${vaultPath} could not be made (${errnoOf(error)}); nothing in it was replaced.`,
      {
        cause: error,
        data: { vaultPath },
      },
    );
  }
}
