import { errnoOf } from "@nightdesk/daemon-kit/durable-write";
import { chmod, link, mkdir, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { fail } from "../errors.ts";
import { renderEnvTemplate } from "./env-template.ts";
import type { Zone } from "./zone.ts";

/**
 * Writes a new settings file for the zone, mode 0600. One that is there is never lost: without `force`
 * it throws ENV_EXISTS, with it the old one is kept beside the new one.
 */
export async function writeEnvFile(
  file: string,
  zone: Zone,
  options: { home: string | null; force: boolean },
): Promise<{ keptAs: string | null }> {
  try {
    await mkdir(dirname(file), { recursive: true });
    const keptAs = options.force ? await putAside(file) : null;
    const handle = await open(file, "wx", 0o600);
    try {
      await handle.writeFile(renderEnvTemplate(zone, options.home));
      await handle.sync();
    } finally {
      await handle.close();
    }
    return { keptAs };
  } catch (error) {
    throw explain(file, error);
  }
}

/** Moves the old file to the first free name `.env.old`, `.env.old2`, ... */
async function putAside(file: string): Promise<string | null> {
  for (let number = 1; ; number += 1) {
    const name = `${file}.old${number === 1 ? "" : number}`;
    try {
      // A link fails where a name is taken; a rename would overwrite.
      await link(file, name);
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return null;
      if (errnoOf(error) === "EEXIST") continue;
      throw error;
    }
    await chmod(name, 0o600);
    await unlink(file);
    return name;
  }
}

function explain(file: string, error: unknown) {
  if (errnoOf(error) === "EEXIST") {
    return fail(
      "ENV_EXISTS",
      `${file} is already there and was left as it is. ` +
        "Check it with: npm run nightdesk -- init --check. With --force a new one is written and this one kept beside it.",
      { data: { file } },
    );
  }
  return fail(
    "INIT_FAILED",
    `${file} could not be written (${errnoOf(error)}); what was there is unchanged.`,
    {
      cause: error,
      data: { file },
    },
  );
}
