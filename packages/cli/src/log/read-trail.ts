import { auditSchema, nameOf, parseTaskName, type AuditRecord } from "@nightdesk/claim-lib";
import { listRecords, readRecord } from "../doctor/audit/read-records.ts";

/** A line of the audit that speaks of an item. */
export interface TrailLine extends AuditRecord {
  /** Whose folder under Logs/ it lies in. */
  agent: string;
}

/** One change of an item's file, as a sync record tells it. */
export interface SyncedChange {
  commit: string;
  at: string;
  agent: string;
  isPublished: boolean;
  /** Null: it was created, or removed. */
  from: string | null;
  to: string | null;
}

export interface Trail {
  lines: TrailLine[];
  synced: SyncedChange[];
}

/**
 * Every line of Logs/ that names the item, in the order of the files. The files are searched as bytes: ten
 * years of them are a few hundred MB. A line that a program is writing right now is not there yet.
 */
export async function readTrail(vaultPath: string, id: string): Promise<Trail> {
  const trail: Trail = { lines: [], synced: [] };
  for (const path of [...(await listRecords(vaultPath))].sort()) {
    const bytes = await readRecord(vaultPath, path);
    if (bytes === null) continue;
    const agent = path.split("/")[1] ?? "";
    for (const line of linesWith(bytes, id)) {
      const record = parseLine(line);
      if (record === null) continue;
      const synced = readSynced(record, agent, id);
      if (synced === null) trail.lines.push({ ...record, agent });
      else trail.synced.push(...synced);
    }
  }
  return trail;
}

/** The whole lines that hold a text. */
export function* linesWith(bytes: Uint8Array, text: string): Generator<string> {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const needle = Buffer.from(text, "utf8");
  let at = data.indexOf(needle);
  while (at >= 0) {
    const start = data.lastIndexOf(0x0a, at) + 1;
    const end = data.indexOf(0x0a, at);
    if (end < 0) return;
    yield data.toString("utf8", start, end);
    at = data.indexOf(needle, end);
  }
}

function parseLine(line: string): AuditRecord | null {
  try {
    return auditSchema.safeParse(JSON.parse(line)).data ?? null;
  } catch {
    return null;
  }
}

/** The changes of one item's files in a record of sync; null when the record is of another sort. */
function readSynced(record: AuditRecord, agent: string, id: string): SyncedChange[] | null {
  if (record.action_type !== "sync_published" && record.action_type !== "sync_applied") return null;
  const isPublished = record.action_type === "sync_published";
  const given = { commit: record.target, at: record.timestamp, agent, isPublished };
  const isOurs = (path: string) => parseTaskName(nameOf(path))?.id === id;
  const list = (kind: string) => {
    const found = record.parameters[kind];
    return Array.isArray(found) ? found.filter((path) => typeof path === "string") : [];
  };
  const changes: SyncedChange[] = [];
  for (const path of [...list("created"), ...list("changed")])
    if (isOurs(path)) changes.push({ ...given, from: null, to: path });
  for (const path of list("removed")) if (isOurs(path)) changes.push({ ...given, from: path, to: null });
  for (const move of list("moved")) {
    const [from = "", to = ""] = move.split(" -> ");
    if (isOurs(to)) changes.push({ ...given, from, to });
  }
  return changes;
}
