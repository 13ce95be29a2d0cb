import type { SearchObject } from "imapflow";
import { fail } from "../errors.ts";
import type { FolderRole } from "./list-folders.ts";

/** A search in Gmail's words, as an IMAP server understands it. */
export interface ParsedQuery {
  /** Folders by what they are for; null: everywhere but spam and trash. */
  role: FolderRole | null;
  /** Every one of them must hold. */
  terms: SearchObject[];
}

const DAY_MS = 86_400_000;
const UNIT_MS: Readonly<Record<string, number>> = { h: DAY_MS, d: DAY_MS, m: 31 * DAY_MS, y: 366 * DAY_MS };
const PLACES: Readonly<Record<string, FolderRole | null>> = {
  inbox: "INBOX",
  sent: "SENT",
  drafts: "DRAFT",
  draft: "DRAFT",
  spam: "SPAM",
  trash: "TRASH",
  anywhere: null,
};
const FLAGS: Readonly<Record<string, SearchObject>> = {
  unread: { seen: false },
  read: { seen: true },
  starred: { flagged: true },
};

/** `key:value`, `key:"two words"`, `word`, `"two words"`, each with a minus before it if wanted. */
const TERM = /(-?)(?:([a-z_0-9]+):)?(?:"([^"]*)"|([^\s"]+))/gi;

/**
 * Reads the part of Gmail's search that IMAP can answer exactly or, for times, a day too widely.
 * Throws SEARCH_UNSUPPORTED for anything else: a search that quietly left a word out would mislead.
 */
export function parseQuery(query: string, nowMs: number): ParsedQuery {
  const parsed: ParsedQuery = { role: null, terms: [] };
  for (const [, minus = "", key, quoted, plain] of query.matchAll(TERM)) {
    const value = quoted ?? plain ?? "";
    if (key?.toLowerCase() === "in" && minus === "") {
      const role = PLACES[value.toLowerCase()];
      if (role === undefined) throw unsupported(`in:${value}`);
      parsed.role = role;
      continue;
    }
    const term = toTerm(key?.toLowerCase() ?? null, value, nowMs);
    parsed.terms.push(minus === "" ? term : { not: term });
  }
  return parsed;
}

function toTerm(key: string | null, value: string, nowMs: number): SearchObject {
  switch (key) {
    case null:
      if (/^(?:OR|AND|\{|\(|\)|\})$/.test(value)) throw unsupported(value);
      return { text: value };
    case "from":
    case "to":
    case "cc":
    case "bcc":
    case "subject":
      return { [key]: value };
    case "rfc822msgid":
      return { header: { "message-id": value } };
    case "is":
    case "label": {
      const flag = FLAGS[value.toLowerCase()];
      if (!flag) throw unsupported(`${key}:${value}`);
      return flag;
    }
    case "newer_than":
      return { since: new Date(nowMs - ageMs(value) - DAY_MS) };
    case "older_than":
      return { before: new Date(nowMs - ageMs(value) + DAY_MS) };
    case "after":
      return { since: new Date(instant(value) - DAY_MS) };
    case "before":
      return { before: new Date(instant(value) + DAY_MS) };
    default:
      throw unsupported(`${key}:${value}`);
  }
}

function ageMs(value: string): number {
  const match = /^(\d{1,5})([hdmy])$/i.exec(value);
  const unitMs = UNIT_MS[match?.[2]?.toLowerCase() ?? ""];
  if (!match || unitMs === undefined) throw unsupported(value);
  return Number(match[1]) * unitMs;
}

/** `2026/11/21`, `2026-11-21` or seconds since 1970. */
function instant(value: string): number {
  const ms = /^\d{9,11}$/.test(value) ? Number(value) * 1000 : Date.parse(value.replaceAll("/", "-"));
  if (Number.isNaN(ms)) throw unsupported(value);
  return ms;
}

function unsupported(text: string) {
  return fail(
    "SEARCH_UNSUPPORTED",
    `This mailbox cannot be searched for "${text.replace(/[^ -~]/g, "?").slice(0, 80)}"; nothing was searched. ` +
      "Words, from:, to:, cc:, subject:, in:, is:unread, newer_than:7d, after:2026/11/21 and rfc822msgid: work.",
  );
}
