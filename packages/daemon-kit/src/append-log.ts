import { sha256Hex } from "@nightdesk/claim-lib";
import { appendDurably, errnoOf } from "./durable-write.ts";
import { fail } from "./errors.ts";
import { nodeFileSystem, type FileSystem } from "./file-system.ts";

/**
 * An append-only file of records that several processes may write and read at the same time.
 *
 * Each record is written as `\n{"r":<record>,"c":"<checksum>"}\n` in one write call. The newline in
 * front ends whatever a killed process may have left half written, so nobody has to look at the end
 * of the file first or cut anything away. A line that is cut short therefore has no newline of its
 * own: it is followed directly by the next record, or by the end of the file. A whole record is
 * followed by an empty line. That is how a reader tells a record that was never acknowledged (left
 * out) from one that was damaged later (LEDGER_CORRUPT).
 */
export interface AppendLog {
  /** Resolves when the record is on the disk. After APPEND_FAILED it may or may not be. */
  append(record: Readonly<Record<string, unknown>>): Promise<void>;
  /** All records in the order of the file. */
  readAll(): Promise<Record<string, unknown>[]>;
}

/**
 * More than a note can make of one: 40 recipients of 254 characters are 10 KB. A write of several pages can be
 * split by SIGKILL; what it leaves is a line cut short, as after a power cut.
 */
const MAX_LINE_BYTES = 32 * 1024;

/** @param path the file; its folder must exist. It is created, mode 0600, by the first append. */
export function openAppendLog(path: string, disk: FileSystem = nodeFileSystem): AppendLog {
  let last: Promise<unknown> = Promise.resolve();
  return {
    append(record) {
      const bytes = encode(record, path);
      // One after the other, so that the file has the order of the calls.
      const next = last.then(() => appendDurably(path, bytes, {}, disk));
      last = next.catch(() => undefined);
      return next;
    },
    async readAll() {
      return decode(await readOrEmpty(disk, path), path);
    },
  };
}

function encode(record: Readonly<Record<string, unknown>>, path: string): Buffer {
  const json = JSON.stringify(record);
  const bytes = Buffer.from(`\n{"r":${json},"c":"${checksum(json)}"}\n`, "utf8");
  if (bytes.length > MAX_LINE_BYTES) {
    throw fail(
      "RECORD_TOO_LARGE",
      `A record of ${bytes.length} bytes is too long for ${path}; nothing was written.`,
      {
        data: { path, size: bytes.length, limit: MAX_LINE_BYTES },
      },
    );
  }
  return bytes;
}

function checksum(json: string): string {
  return sha256Hex(json).slice(0, 16);
}

const LINE = /^\{"r":(\{.*\}),"c":"([0-9a-f]{16})"\}$/s;

/** The records of a log's text. Exported for tests and for `repair`. */
export function decode(text: string, path: string): Record<string, unknown>[] {
  const lines = text.split("\n");
  const records: Record<string, unknown>[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === "") continue;
    const record = decodeLine(line);
    if (record) records.push(record);
    else if (!isCutShort(line, lines, index)) throw corrupt(path, index + 1);
  }
  return records;
}

function decodeLine(line: string): Record<string, unknown> | null {
  const match = LINE.exec(line);
  const json = match?.[1];
  if (json === undefined || checksum(json) !== match?.[2]) return null;
  const value: unknown = JSON.parse(json);
  return isRecord(value) ? value : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * True for the beginning of a record whose own newline was never written. After a power cut the
 * missing bytes may read as zeros.
 */
function isCutShort(line: string, lines: readonly string[], index: number): boolean {
  const isLast = index === lines.length - 1;
  const runsIntoNext = index + 1 < lines.length && lines[index + 1] !== "";
  // The last record's own newline leaves one empty entry after it.
  if (!isLast && !runsIntoNext) return false;
  const written = line.replace(/\0+$/, "");
  return !written.includes("\0") && !/"c":"[0-9a-f]{16}"\}/.test(written) && beginsLikeRecord(written);
}

function beginsLikeRecord(written: string): boolean {
  const opening = '{"r":{';
  return written.startsWith(opening) || opening.startsWith(written);
}

function corrupt(path: string, lineNumber: number) {
  return fail(
    "LEDGER_CORRUPT",
    `${path} is damaged at line ${lineNumber}. Nothing was done with it, and nothing will be sent until it is repaired: ` +
      "restore the state folder from a backup, or ask for help before deleting anything.",
    { data: { path, line: lineNumber } },
  );
}

async function readOrEmpty(disk: FileSystem, path: string): Promise<string> {
  try {
    return (await disk.readFile(path)).toString("utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return "";
    throw fail("FILE_FAILED", `${path} could not be read (${errnoOf(error)}); nothing was changed.`, {
      cause: error,
      data: { path },
    });
  }
}
