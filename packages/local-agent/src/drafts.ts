import type { TaskName } from "@nightdesk/claim-lib";
import { readActionNote, readFile } from "./notes.ts";
import type { Ports } from "./ports.ts";

/**
 * The text of each note as it was first put before the owner, in the state folder until the owner has
 * decided. The presented ledger holds its hash only, and the note itself is the owner's to change.
 */
const KEPT_MS = 60 * 86_400_000;

function draftFile({ id, rev }: Pick<TaskName, "id" | "rev">): string {
  return `${id}-r${rev}.txt`;
}

/** Keeps the text of a note that still has the bytes it was presented with. Called at every first sight of one. */
export async function keepDraft(
  ports: Ports,
  name: TaskName,
  found: { path: string; sha256: string },
): Promise<void> {
  const [first] = (await ports.ledger.presented(name.id)).filter(({ rev }) => rev === name.rev);
  if (first?.sha256 !== found.sha256) return;
  if ((await ports.drafts.stat(draftFile(name))) !== null) return;
  const file = await readFile(ports, found.path);
  if (file?.sha256 !== found.sha256) return;
  const read = readActionNote(found.path.slice(found.path.lastIndexOf("/") + 1), file.text, ports);
  if (read.ok) await ports.drafts.write(draftFile(name), read.note.note.text ?? "");
}

/** The text as it was first put before the owner; null when it is not known. */
export async function readDraft(
  ports: Pick<Ports, "drafts">,
  name: Pick<TaskName, "id" | "rev">,
): Promise<string | null> {
  return ports.drafts.read(draftFile(name));
}

/** The effect of it is recorded; nobody asks for it again. */
export async function dropDraft(
  ports: Pick<Ports, "drafts">,
  name: Pick<TaskName, "id" | "rev">,
): Promise<void> {
  await ports.drafts.remove(draftFile(name));
}

/** Takes away what was kept for notes that were never carried out. */
export async function pruneDrafts(ports: Pick<Ports, "drafts" | "clock">): Promise<void> {
  for (const file of await ports.drafts.list("")) {
    const stat = await ports.drafts.stat(file);
    if (stat && ports.clock.now() - stat.mtimeMs > KEPT_MS) await ports.drafts.remove(file);
  }
}
