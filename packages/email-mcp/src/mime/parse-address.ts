import { MAX_HEADER_ADDRESSES } from "../limits.ts";
import { decodeWords } from "./decode-words.ts";
import { parseAddrSpec } from "./parse-addr-spec.ts";

export interface MailAddress {
  name: string;
  /** A bare `local@domain`, the domain in small letters; empty when a line held none that is plain. */
  address: string;
}

export interface ParsedAddresses {
  addresses: MailAddress[];
  /** What was left out, and why, in plain words. */
  rejected: { text: string; why: string }[];
}

/** Reads one address line. Each entry stands for itself: what is not plain is named and left out, never expanded. */
export function parseAddressList(value: string): ParsedAddresses {
  const result: ParsedAddresses = { addresses: [], rejected: [] };
  for (const entry of splitEntries(value)) {
    const text = entry.text.trim();
    if (text === "") continue;
    const read = entry.why ? { why: entry.why } : readEntry(text);
    if (result.addresses.length >= MAX_HEADER_ADDRESSES) {
      result.rejected.push({
        text: "the rest of the line",
        why: `there are more than ${MAX_HEADER_ADDRESSES} addresses`,
      });
      break;
    }
    if ("why" in read) result.rejected.push({ text: show(text), why: read.why });
    else result.addresses.push(read);
  }
  return result;
}

interface Entry {
  text: string;
  why: string | null;
}

const GROUP = "it is a group of addresses";

/** Cuts at commas outside quotes, brackets and comments. A group stays one entry, whatever is in it. */
function splitEntries(value: string): Entry[] {
  const entries: Entry[] = [];
  let entry: Entry = { text: "", why: null };
  let quoted = false;
  let angle = false;
  let comments = 0;
  const end = () => {
    entries.push(entry);
    entry = { text: "", why: null };
  };
  for (let index = 0; index < value.length; index += 1) {
    const char = value.charAt(index);
    const inside = quoted || comments > 0;
    if (char === "\\" && inside) {
      entry.text += char + value.charAt((index += 1));
      continue;
    }
    if (char === '"' && comments === 0) quoted = !quoted;
    else if (char === "(" && !quoted) comments += 1;
    else if (char === ")" && !quoted) comments = Math.max(0, comments - 1);
    else if (!inside && (char === "<" || char === ">")) angle = char === "<";
    else if (!inside && !angle && char === ":") entry.why = GROUP;
    if (!inside && !angle && ((char === "," && entry.why !== GROUP) || char === ";")) end();
    else entry.text += char;
  }
  if (quoted || angle || comments > 0) entry.why ??= "its quotes or brackets are not closed";
  end();
  return entries;
}

/** An address has at most 254 characters; the rest is room for an encoded name. */
const MAX_ENTRY_CHARS = 1500;

function readEntry(text: string): MailAddress | { why: string } {
  if (text.length > MAX_ENTRY_CHARS) return { why: "it is far too long" };
  // eslint-disable-next-line no-control-regex -- exactly these must not pass
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text))
    return { why: "it holds a line break or another control character" };
  const outside = text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  if (/[()]/.test(outside)) return { why: "it holds a comment" };
  const match = /^([^<>]*)<([^<>]*)>$/.exec(outside) ? splitAngle(text) : null;
  if (!match && /[<>]/.test(outside)) return { why: "its brackets are not in order" };
  const written = match ? match.address : text;
  if (written.startsWith('"')) return { why: "its part before the @ is in quotes" };
  if (/[^ -~]/.test(written)) return { why: "it holds letters outside plain ASCII" };
  const address = parseAddrSpec(written);
  if (!address) return { why: "it is not one plain address" };
  const name = match ? readName(match.name) : "";
  // Unquoted, an @ may not stand in a name: a lenient reader could take the name for the address.
  const isTrick =
    match !== null && !match.name.includes('"') && showsOtherAddress({ name: match.name, address });
  if (isTrick) return { why: "its name is written as another address" };
  return { name, address };
}

/** True when the name says it is an address, but not this one. */
export function showsOtherAddress(entry: MailAddress): boolean {
  const shown = /[^\s<>"']+@[^\s<>"']+\.[^\s<>"']+/.exec(entry.name)?.[0];
  return shown !== undefined && shown.toLowerCase() !== entry.address.toLowerCase();
}

function splitAngle(text: string): { name: string; address: string } {
  const open = text.lastIndexOf("<");
  return { name: text.slice(0, open), address: text.slice(open + 1, -1).trim() };
}

function readName(written: string): string {
  const unquoted = written.replace(/"((?:[^"\\]|\\.)*)"/g, (_, inner: string) =>
    inner.replace(/\\(.)/g, "$1"),
  );
  return cleanName(decodeWords(unquoted));
}

/** One line, no control characters, no invisible or direction-changing ones. */
export function cleanName(text: string, maxChars = 200): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, maxChars)
    .toWellFormed();
}

function show(text: string): string {
  return cleanName(text).slice(0, 120);
}
