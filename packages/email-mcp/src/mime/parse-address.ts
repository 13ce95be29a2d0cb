import { MAX_HEADER_ADDRESSES } from "../limits.ts";
import { decodeWords } from "./decode-words.ts";

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

/**
 * The only form of an address taken anywhere: no quotes, comments, groups, routes or `%` relays, ASCII
 * alone. What a mail library could read as two addresses, or as another one, never gets that far.
 */
const LOCAL = /^[A-Za-z0-9!#$&'*+/=?^_{|}~-]+(?:\.[A-Za-z0-9!#$&'*+/=?^_{|}~-]+)*$/;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The address with its domain in small letters, or null when it is not exactly one plain address. */
export function parseAddrSpec(text: string): string | null {
  const at = text.lastIndexOf("@");
  if (at < 1 || text.length > 254) return null;
  const local = text.slice(0, at);
  const domain = text.slice(at + 1).toLowerCase();
  const labels = domain.split(".");
  const isPlain =
    local.length <= 64 &&
    LOCAL.test(local) &&
    labels.length >= 2 &&
    labels.every((label) => LABEL.test(label)) &&
    // An all-digit ending is an IP address, not a domain.
    !/^\d+$/.test(labels.at(-1) ?? "");
  return isPlain ? `${local}@${domain}` : null;
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
