import { hashObject, MAX_LOG_BYTES, type VaultHistory } from "@nightdesk/vault-sync";
import type { LogVersion } from "./gather-versions.ts";

/** A version of a record that does not go on where the one before ended. */
export interface Offence {
  path: string;
  kind: "changed" | "removed lines" | "removed file" | "no plain file";
  /** The first line that is not as it was, counted from 1. */
  line: number;
  /** How many lines are not as they were. */
  lines: number;
  /** What that line said, as written. */
  was: string;
  /** The commit that did it; null for the file in the vault folder. */
  by: Pick<LogVersion, "commit" | "atMs" | "author"> | null;
  /** The later commit with which the record stood whole again; null when it never did. */
  putBackBy: string | null;
}

export interface ProvenFile {
  offences: Offence[];
  /** The record as far as it holds: what is committed, and what this machine has added since. */
  bytes: Uint8Array;
}

type Reader = Pick<VaultHistory, "sizesOf" | "readBlob">;

/**
 * Checks that every version of a record begins with the one before it, the file on this disk included.
 *
 * A version that is a beginning of the file on the disk has the git name of that many of its bytes: so one
 * reading of one file proves all its versions, and no version is unpacked unless something is wrong.
 * @param onDisk null when there is no such file
 */
export async function proveFile(
  path: string,
  versions: readonly LogVersion[],
  onDisk: Uint8Array | null,
  reader: Reader,
): Promise<ProvenFile> {
  if (onDisk !== null && (await areBeginnings(versions, onDisk, reader)))
    return { offences: [], bytes: onDisk };
  return compareVersions(path, versions, onDisk, reader);
}

async function areBeginnings(
  versions: readonly LogVersion[],
  whole: Uint8Array,
  reader: Reader,
): Promise<boolean> {
  if (versions.some(({ oid, mode }) => oid === null || mode !== PLAIN_FILE)) return false;
  const sizes = await reader.sizesOf(versions.flatMap(({ oid }) => oid ?? []));
  let before = 0;
  for (const { oid } of versions) {
    const size = sizes.get(oid ?? "") ?? null;
    if (size === null || size < before || size > whole.length) return false;
    if (hashObject("blob", whole.subarray(0, size)) !== oid) return false;
    before = size;
  }
  return true;
}

const PLAIN_FILE = "100644";

/** Version by version, to say which one is wrong and where. */
async function compareVersions(
  path: string,
  versions: readonly LogVersion[],
  onDisk: Uint8Array | null,
  reader: Reader,
): Promise<ProvenFile> {
  const offences: Offence[] = [];
  let good: Uint8Array = new Uint8Array();
  let open: Offence | null = null;
  for (const version of versions) {
    const found = await readVersion(version, reader);
    if (found instanceof Uint8Array && beginsWith(found, good)) {
      good = found;
      if (open) open.putBackBy = version.commit;
      open = null;
    } else if (open === null) {
      open = describe(path, good, found, version);
      offences.push(open);
    }
  }
  if (onDisk !== null && beginsWith(onDisk, good)) good = onDisk;
  // What the history holds against a file is not told again of the disk, which follows it.
  else if (open === null) offences.push(describe(path, good, onDisk, null));
  return { offences, bytes: good };
}

type Found = Uint8Array | "no plain file" | null;

async function readVersion({ oid, mode }: LogVersion, reader: Reader): Promise<Found> {
  if (oid === null) return null;
  return mode === PLAIN_FILE ? reader.readBlob(oid, MAX_READ_BYTES) : "no plain file";
}

/** Longer than any record that syncs: one that was blown up is still told as what it is. */
const MAX_READ_BYTES = 4 * MAX_LOG_BYTES;

function beginsWith(bytes: Uint8Array, beginning: Uint8Array): boolean {
  return (
    bytes.length >= beginning.length && Buffer.compare(bytes.subarray(0, beginning.length), beginning) === 0
  );
}

function describe(path: string, good: Uint8Array, bytes: Found, by: Offence["by"]): Offence {
  const before = linesOf(good);
  const offence = { path, by, putBackBy: null };
  if (!(bytes instanceof Uint8Array)) {
    const kind = bytes ?? "removed file";
    return { ...offence, kind, line: 1, lines: before.length, was: before[0] ?? "" };
  }
  const after = linesOf(bytes);
  const first = before.findIndex((line, index) => line !== after[index]);
  const at = first < 0 ? Math.max(0, before.length - 1) : first;
  const there = new Set(after);
  const lost = before.slice(at).filter((line) => !there.has(line)).length;
  const kind = after.length < before.length ? "removed lines" : "changed";
  return { ...offence, kind, line: at + 1, lines: Math.max(1, lost), was: before[at] ?? "" };
}

function linesOf(bytes: Uint8Array): string[] {
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
