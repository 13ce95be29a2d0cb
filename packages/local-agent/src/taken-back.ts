import { FOLDERS, toFieldLine, type TaskName } from "@nightdesk/claim-lib";
import { recordAudit } from "./audit.ts";
import { findCopies, pendingFolder, readActionNote, readFile } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { writePresented } from "./put-before-owner.ts";
import { rewriteNote } from "./rewrite-note.ts";
import { targetsOf } from "./targets.ts";

/** Where this program puts notes itself, or where nobody decides any more: that was not the owner's doing. */
const NOT_OURS = [`${FOLDERS.needsAttention}/`, `${FOLDERS.inProgress}/`, `${FOLDERS.done}/`] as const;
/** On top of a note the owner took back; they know of it, so it is no news. */
export const TAKEN_BACK = "You took this back before it was carried out; nothing was sent.";

/**
 * An approved note is gone from where it waited, and this program did not take it: the owner changed
 * their mind. It is written down, and where the note waits for a decision again, on top of it.
 * @param sinceMs since when it was approved
 */
export async function tellTakenBack(ports: Ports, name: TaskName, sinceMs: number): Promise<void> {
  const nowMs = ports.clock.now();
  const last = ports.ledger.lastStay(name.id, name.rev);
  // Two parts of the flow may see it; it is told once.
  if (last?.type === "taken_back" && Date.parse(last.at) >= sinceMs) return;
  const ending = `~${name.id}-r${name.rev}.md`;
  const places = (await findCopies(ports, name.id, nowMs, nowMs)).filter((path) => path.endsWith(ending));
  if (places.some((path) => NOT_OURS.some((folder) => path.startsWith(folder)))) return;
  const at = new Date(nowMs).toISOString();
  await ports.ledger.addDecision({ type: "taken_back", id: name.id, rev: name.rev, at });
  await recordAudit(ports, {
    action_type: "approval_taken_back",
    target: name.id,
    parameters: { rev: name.rev, now_in: places },
    approval_status: "pending",
    result:
      places.length === 0
        ? "the note was removed before it was carried out; nothing was sent"
        : "taken back before it was carried out; nothing was sent",
  });
  const pending = places.find((path) =>
    ports.channels.some((channel) => path.startsWith(`${pendingFolder(channel)}/`)),
  );
  if (pending !== undefined && places.length === 1) await showTakenBack(ports, pending);
}

async function showTakenBack(ports: Ports, path: string): Promise<void> {
  const found = await readFile(ports, path);
  if (!found) return;
  const read = readActionNote(path.slice(path.lastIndexOf("/") + 1), found.text, ports);
  if (!read.ok) return;
  const { name, note, action } = read.note;
  const later =
    note.fields.send_at === undefined ? "" : " Its send_at still stands; empty it to send at once.";
  const fields = { ...note.fields, notice: toFieldLine(TAKEN_BACK + later) };
  const text = rewriteNote(found.text, note, fields, ports.kinds);
  await writePresented(ports, found, text, name, targetsOf(fields, action));
}
