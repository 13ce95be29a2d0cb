import {
  FOLDERS,
  listTasks,
  nameOf,
  NightdeskError,
  sha256Hex,
  type TaskFields,
  type TaskName,
} from "@nightdesk/claim-lib";
import { removeOwnTwin } from "./check-approval.ts";
import {
  findCopies,
  pendingFolder,
  readActionNote,
  readFile,
  type ActionNote,
  type FoundFile,
} from "./notes.ts";
import type { Ports } from "./ports.ts";
import { rewriteNote } from "./rewrite-note.ts";
import { targetsOf, type Targets } from "./targets.ts";

/**
 * Writes new bytes of a note that waits for the owner: first the ledger, then the note. False when the
 * owner edited or moved it meanwhile; nothing was written then.
 */
export async function writePresented(
  ports: Ports,
  found: FoundFile,
  text: string,
  { id, rev }: TaskName,
  targets: Targets,
): Promise<boolean> {
  if ((await readFile(ports, found.path))?.sha256 !== found.sha256) return false;
  const now = ports.clock.now();
  const record = {
    type: "presented" as const,
    id,
    rev,
    sha256: sha256Hex(text),
    path: found.path,
    at: new Date(now).toISOString(),
    from: "local" as const,
    targets,
  };
  await ports.ledger.addPresented(record);
  // Making that durable takes milliseconds, in which an editor may have saved.
  if ((await readFile(ports, found.path))?.sha256 !== found.sha256) return false;
  await ports.files.write(found.path, text);
  // Moved by the owner in that moment: what they moved has the bytes that stood here. Any other copy is no
  // twin of it, and the words of the owner that were rewritten here may lie nowhere else.
  const copies = await findCopies(ports, id, now, now);
  for (const copy of copies.filter((one) => one !== found.path && one.endsWith(`-r${rev}.md`))) {
    if ((await readFile(ports, copy))?.sha256 !== found.sha256) continue;
    await removeOwnTwin(ports, found.path, [record], copy);
    break;
  }
  return true;
}

/**
 * Moves a note back to where it waits for the owner, with other details at its top. False when the owner
 * saved something else meanwhile: then it lies where it lay, as it was saved.
 * @param text the bytes the details were judged by
 */
export async function putBack(
  ports: Ports,
  path: string,
  text: string,
  action: ActionNote,
  fields: TaskFields,
): Promise<boolean> {
  const written = rewriteNote(text, action.note, fields, ports.kinds);
  const target = `${pendingFolder(action.channel)}/${nameOf(path)}`;
  await ports.files.move(path, target);
  try {
    await ports.ledger.addPresented({
      type: "presented",
      id: action.name.id,
      rev: action.name.rev,
      sha256: sha256Hex(written),
      path: target,
      at: new Date(ports.clock.now()).toISOString(),
      from: "local",
      targets: targetsOf(fields, action.action),
    });
  } catch (error) {
    // Else it would lie there without a word, and look as if the owner had taken it back.
    await ports.files.move(target, path);
    throw error;
  }
  if ((await ports.files.read(target)) !== text) {
    await ports.files.move(target, path);
    return false;
  }
  await ports.files.write(target, written);
  if (ports.ledger.lastStay(action.name.id, action.name.rev) !== null) await recordReturn(ports, action.name);
  return true;
}

/** It waits for the owner's decision again, as at first. */
export async function recordReturn(ports: Ports, { id, rev }: Pick<TaskName, "id" | "rev">): Promise<void> {
  await ports.ledger.addDecision({
    type: "returned",
    id,
    rev,
    at: new Date(ports.clock.now()).toISOString(),
  });
}

/** A folder dragged as a whole into Pending_Approval/, or notes put at its top, lie in no channel's folder. */
const STRAY_FOLDERS = [
  FOLDERS.pending,
  `${FOLDERS.pending}/${FOLDERS.expired}`,
  `${FOLDERS.pending}/${FOLDERS.snoozed}`,
] as const;

/** Brings such notes into the folder of their channel. What cannot be read, or is there already, stays. */
export async function gatherStrays(ports: Ports): Promise<void> {
  for (const folder of STRAY_FOLDERS) {
    for (const { path, name } of await listTasks(ports.files, folder)) {
      try {
        const text = await ports.files.read(path);
        const read = text === null ? null : readActionNote(nameOf(path), text, ports);
        if (!read?.ok) continue;
        await ports.files.move(path, `${pendingFolder(read.note.channel)}/${nameOf(path)}`);
      } catch (error) {
        if (!NightdeskError.is(error)) throw error;
        ports.log.warn({ event: "stray.stays", id: name.id, error });
      }
    }
  }
}
