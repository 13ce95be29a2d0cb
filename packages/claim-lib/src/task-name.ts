import { sha256Hex } from "./canonical-json.ts";
import { fail } from "./errors.ts";
import { MAX_FILE_NAME_BYTES } from "./limits.ts";
import { nameOf } from "./vault-paths.ts";

/** What a task note's file name says. On a phone the file list is the queue, so it must say enough. */
export interface TaskName {
  /** `2026-11-21` */
  date: string;
  who: string;
  subject: string;
  id: string;
  rev: number;
}

const ID = "[a-z]{2}_[0-9a-v]{16}";
const NAME = new RegExp(`^(\\d{4}-\\d{2}-\\d{2}) (.+?) - (.*) ~(${ID})-r([1-9]\\d?)\\.md$`);
const ID_ONLY = new RegExp(`^${ID}$`);
// Printable ASCII without what a file system, Obsidian's links or a shell gives a meaning.
const SAFE_TEXT = /^[A-Za-z0-9 ._@()+,'&=!-]+$/;

const MAX_WHO_CHARS = 28;

/** `em_` and 80 bits, from the provider's own identity of the item: two watchers make the same id. */
export function deriveTaskId(prefix: string, ...identity: string[]): string {
  const digest = Buffer.from(sha256Hex(identity.join("\n")), "hex");
  return `${prefix}_${base32(digest).slice(0, 16)}`;
}

/** The id of the task that an item of an account's makes: a mail, by the provider's own name for it. */
export function itemTaskId(prefix: string, account: string, item: string): string {
  return deriveTaskId(prefix, account.toLowerCase(), item);
}

/** True for `em_` and 16 characters of `0-9a-v`. */
export function isTaskId(value: string): boolean {
  return ID_ONLY.test(value);
}

/** Makes the file name; `who` and `subject` may be anything a stranger wrote. */
export function makeTaskName(name: TaskName): string {
  const tail = ` ~${name.id}-r${name.rev}.md`;
  const who = toSafeText(name.who, MAX_WHO_CHARS) || "unknown";
  const head = `${name.date} ${who} - `;
  const room = MAX_FILE_NAME_BYTES - head.length - tail.length;
  const file = head + (toSafeText(name.subject, room) || "no subject") + tail;
  if (parseTaskName(file) === null) {
    throw fail("NAME_MALFORMED", `A file name could not be made for task ${name.id}; nothing was written.`);
  }
  return file;
}

/** Reads a task note's file name; null for every other file. */
export function parseTaskName(file: string): TaskName | null {
  const match = NAME.exec(file);
  if (!match || file.length > MAX_FILE_NAME_BYTES) return null;
  const [, date = "", who = "", subject = "", id = "", rev = ""] = match;
  if (!SAFE_TEXT.test(who) || !SAFE_TEXT.test(subject)) return null;
  return { date, who, subject, id, rev: Number(rev) };
}

/** One task note's identity wherever it lies: `<id>-r<rev>`; null when the path is not a task note's. */
export function taskKey(path: string): string | null {
  const name = parseTaskName(nameOf(path));
  return name ? `${name.id}-r${name.rev}` : null;
}

const LETTERS: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  Æ: "Ae",
  ø: "o",
  Ø: "O",
  œ: "oe",
  Œ: "Oe",
  ł: "l",
  Ł: "L",
  đ: "d",
  Đ: "D",
  þ: "th",
  "–": "-",
  "—": "-",
  "’": "'",
  "€": "EUR",
};

function toSafeText(text: string, maxChars: number): string {
  const plain = text
    .slice(0, 500)
    .replace(/[ßæÆøØœŒłŁđĐþ–—’€]/g, (letter) => LETTERS[letter] ?? "")
    .normalize("NFKD")
    .replace(/[^\x20-\x7e]/g, "")
    .replace(/[^A-Za-z0-9 ._@()+,'&=!-]/g, " ")
    .replace(/\s+/g, " ")
    .replace(/( -)+ /g, " ")
    .trim();
  return plain.slice(0, Math.max(0, maxChars)).replace(/^[ .-]+|[ .-]+$/g, "");
}

function base32(bytes: Uint8Array): string {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  let text = "";
  for (let i = 0; i + 5 <= bits.length; i += 5) text += Number.parseInt(bits.slice(i, i + 5), 2).toString(32);
  return text;
}
