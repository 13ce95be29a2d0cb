import {
  findActiveContent,
  MAX_NOTE_BYTES,
  NightdeskError,
  parseNote,
  parseTaskName,
  nameOf,
  FOLDERS,
  renderNote,
  type Area,
  type Kinds,
} from "@nightdesk/claim-lib";
import type { ObjectStore } from "./git/object-store.ts";
import type { Oid } from "./git/oid.ts";
import { MAX_FILE_BYTES, MAX_LOG_BYTES } from "./limits.ts";

/** Fields only the laptop or the owner may set: from the cloud they would be a claim nobody checked, or a decision. */
const LAPTOP_FIELDS = ["checked", "approved_at", "send_at", "snooze_until"] as const;
/** In a note that waits these, too: it would say that it was carried out already, or what the owner thinks of it. */
const NOT_WHILE_WAITING = ["outcome", "outcome_at", "outcome_ref", "reached_at", "feedback"] as const;

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export type BlobReader = Pick<ObjectStore, "blobSize" | "readBlob">;

/** The largest file that may lie at a path. */
export function maxBytesOf(area: Area): number {
  if (area.holds === "log") return MAX_LOG_BYTES;
  return area.holds === "task" ? MAX_NOTE_BYTES : MAX_FILE_BYTES;
}

/** Size alone, from the object's header: nothing over the limit is ever read. A sentence, or null when it is fine. */
export async function judgeSize(store: BlobReader, area: Area, oid: Oid): Promise<string | null> {
  const size = await store.blobSize(oid);
  if (size === null) return "its content was not sent along";
  return size > maxBytesOf(area) ? `it is larger than ${Math.floor(maxBytesOf(area) / 1024)} KB` : null;
}

/**
 * Whether what the cloud wrote may stand in front of the owner: a task note must parse, belong to its
 * file name and be inert; one that waits for approval must be exactly what its meaning renders to.
 * A sentence, or null when it is fine.
 */
export async function judgeCloudContent(
  store: BlobReader,
  kinds: Kinds,
  path: string,
  area: Area,
  oid: Oid,
): Promise<string | null> {
  const tooLarge = await judgeSize(store, area, oid);
  if (tooLarge !== null) return tooLarge;
  const text = decode(await store.readBlob(oid, maxBytesOf(area)));
  if (text === null) return "it is not text";
  if (area.holds === "log") return path.endsWith(".jsonl") ? null : "only .jsonl files lie there";
  if (!path.endsWith(".md")) return "only notes lie there";
  if (Buffer.byteLength(text) > MAX_NOTE_BYTES) return `it is larger than ${MAX_NOTE_BYTES / 1024} KB`;
  const active = findActiveContent(text);
  if (active.length > 0)
    return `it holds something Obsidian would run, load or hide (${active.slice(0, 3).join(", ")})`;
  return area.holds === "task" ? judgeTask(text, kinds, path) : null;
}

function judgeTask(text: string, kinds: Kinds, path: string): string | null {
  try {
    const note = parseNote(text, kinds);
    const name = parseTaskName(nameOf(path));
    if (note.fields.id !== name?.id || note.fields.rev !== name.rev)
      return "its content belongs to another file name";
    const waits = path.startsWith(`${FOLDERS.pending}/`);
    const claimed = [...LAPTOP_FIELDS, ...(waits ? NOT_WHILE_WAITING : [])].find(
      (field) => note.fields[field] !== undefined,
    );
    if (claimed !== undefined) return `it says "${claimed}", which only this laptop may say`;
    if (waits && note.feedback !== "") return "it holds feedback, which only the owner writes";
    if (renderNote(note, kinds) !== text) return "what it shows is not exactly what it would do";
    if (waits && kinds.get(note.fields.kind)?.action == null) return "there is nothing in it to approve";
    return null;
  } catch (error) {
    if (!NightdeskError.is(error)) throw error;
    return `it cannot be read: ${error.message}`;
  }
}

/** True when a log was only added to. Both are under the limit by then. */
export async function isAppended(store: BlobReader, before: Oid, after: Oid): Promise<boolean> {
  const old = Buffer.from(await store.readBlob(before, MAX_LOG_BYTES));
  const now = Buffer.from(await store.readBlob(after, MAX_LOG_BYTES));
  return now.length >= old.length && now.subarray(0, old.length).equals(old);
}

function decode(bytes: Uint8Array): string | null {
  try {
    return UTF8.decode(bytes);
  } catch {
    return null;
  }
}
