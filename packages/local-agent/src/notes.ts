import {
  describeError,
  FOLDERS,
  NightdeskError,
  parseNote,
  parseTaskName,
  sha256Hex,
  type Channel,
  type KindAction,
  type Kinds,
  type TaskName,
  type TaskNote,
} from "@nightdesk/claim-lib";
import type { Ports } from "./ports.ts";

/** A note with an action, read from its bytes. */
export interface ActionNote {
  name: TaskName;
  note: TaskNote;
  action: KindAction;
  channel: Channel;
}

export type ReadResult = { ok: true; note: ActionNote } | { ok: false; code: string; sentence: string };

/** Reads a note that could be carried out; what stands against it is a sentence for the owner. */
export function readActionNote(
  file: string,
  text: string,
  ports: { kinds: Kinds; channels: readonly Channel[] },
): ReadResult {
  const name = parseTaskName(file);
  if (!name)
    return refuse(
      "NAME_MALFORMED",
      "Its file name is not the one it was given, so it is not clear which task it is. Give it its old name back.",
    );
  let note: TaskNote;
  try {
    note = parseNote(text, ports.kinds);
  } catch (error) {
    return NightdeskError.is(error)
      ? refuse(error.code, error.message)
      : refuse("NOTE_MALFORMED", describeError(error));
  }
  if (note.fields.id !== name.id || note.fields.rev !== name.rev) {
    return refuse("NAME_MALFORMED", "Its file name and the details at its top name different tasks.");
  }
  const kind = ports.kinds.get(note.fields.kind);
  const channel = ports.channels.find(({ kinds }) => kinds.some((known) => known === kind));
  if (!kind?.action || !channel) {
    return refuse("PAYLOAD_INCOMPLETE", "There is nothing in this note that could be carried out yet.");
  }
  return { ok: true, note: { name, note, action: kind.action, channel } };
}

function refuse(code: string, sentence: string): ReadResult {
  return { ok: false, code, sentence };
}

/** A file as it lay there at one moment. */
export interface FoundFile {
  path: string;
  text: string;
  sha256: string;
}

/** The file at a path with its hash; null when there is none. */
export async function readFile(ports: Pick<Ports, "files">, path: string): Promise<FoundFile | null> {
  const text = await ports.files.read(path);
  return text === null ? null : { path, text, sha256: sha256Hex(text) };
}

/** Where a note of this channel waits for the owner. */
export function pendingFolder(channel: Channel): string {
  return `${FOLDERS.pending}/${channel.name}`;
}

/** True when a file of this name waits for the owner already. */
export async function isWaiting(ports: Pick<Ports, "files" | "channels">, file: string): Promise<boolean> {
  for (const channel of ports.channels)
    if ((await ports.files.stat(`${pendingFolder(channel)}/${file}`)) !== null) return true;
  return false;
}

/** Every folder a task note can lie in. Months of Done/ from the note's creation on, at most two years. */
function lifecycleFolders(channels: readonly Channel[], createdMs: number, nowMs: number): string[] {
  return [
    ...channels.map((channel) => `${FOLDERS.needsAction}/${channel.needsAction}`),
    `${FOLDERS.inProgress}/cloud`,
    `${FOLDERS.inProgress}/local`,
    ...channels.map(pendingFolder),
    FOLDERS.approved,
    FOLDERS.rejected,
    FOLDERS.scheduled,
    FOLDERS.snoozed,
    FOLDERS.expired,
    FOLDERS.needsAttention,
    ...monthsBetween(createdMs, nowMs).map((month) => `${FOLDERS.done}/${month}`),
  ];
}

const MAX_MONTHS = 24;

function monthsBetween(fromMs: number, toMs: number): string[] {
  const months: string[] = [];
  const at = new Date(toMs);
  const first = new Date(Math.min(fromMs, toMs)).toISOString().slice(0, 7);
  for (let count = 0; count < MAX_MONTHS; count += 1) {
    const month = at.toISOString().slice(0, 7);
    months.push(month);
    if (month <= first) break;
    at.setUTCDate(1);
    at.setUTCMonth(at.getUTCMonth() - 1);
  }
  return months;
}

/** The paths of all task notes with this id, wherever they lie. */
export async function findCopies(
  ports: Pick<Ports, "files" | "channels">,
  id: string,
  createdMs: number,
  nowMs: number,
): Promise<string[]> {
  const folders = lifecycleFolders(ports.channels, createdMs, nowMs);
  const lists = await Promise.all(
    folders.map(async (folder) => ({ folder, names: await ports.files.list(folder) })),
  );
  return lists.flatMap(({ folder, names }) =>
    names.filter((name) => parseTaskName(name)?.id === id).map((name) => `${folder}/${name}`),
  );
}
