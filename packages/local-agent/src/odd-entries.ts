import { recordAudit } from "./audit.ts";
import { isSystemFile } from "./check-approval.ts";
import type { Ports } from "./ports.ts";

const SENTENCE =
  "This is a link or a folder and not a note itself, so it was not read and is not carried out. Move the note here instead.";

/**
 * Looks for links and folders where notes are approved. Nothing of them is read or followed; the owner is
 * told why nothing happens, and each is audited once. Resolves with a sentence for each, by path.
 */
export function createOddEntries(
  ports: Pick<Ports, "files" | "clock" | "log">,
  folders: readonly string[],
): () => Promise<ReadonlyMap<string, string>> {
  let told: ReadonlyMap<string, string> = new Map();
  return async () => {
    const lists = await Promise.all(
      folders.map(async (folder) =>
        ((await ports.files.listOdd?.(folder)) ?? [])
          .filter((name) => !isSystemFile(name))
          .map((name) => `${folder}/${name}`),
      ),
    );
    const found = new Map(lists.flat().map((path) => [path, SENTENCE]));
    for (const path of found.keys()) {
      if (told.has(path)) continue;
      await recordAudit(ports, {
        action_type: "approval_refused",
        target: path,
        parameters: { code: "FILE_NOT_REGULAR" },
        approval_status: "refused",
        result: SENTENCE,
      });
    }
    told = found;
    return found;
  };
}
