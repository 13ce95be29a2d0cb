import { MAX_RECIPIENTS } from "@nightdesk/claim-lib";
import { MAX_DETAILS, MAX_SUBJECT_CHARS } from "../limits.ts";
import { decodeWords } from "./decode-words.ts";
import { cleanName, parseAddressList, showsOtherAddress, type MailAddress } from "./parse-address.ts";
import { firstHeader, type Headers } from "./parse-headers.ts";

export interface ReplyAddresses {
  to: string[];
  cc: string[];
  subject: string;
  /** What the owner should know about the recipients, in plain words. */
  warnings: string[];
}

/**
 * Who a reply goes to, out of the original's own header lines: to Reply-To (else From), in copy to its
 * other To and Cc recipients, never to the owner. Only plain addresses count; anything else is named in
 * the warnings and left out.
 */
export function composeReply(headers: Headers, ownAddresses: readonly string[]): ReplyAddresses {
  const warnings: string[] = [];
  // Kept apart and told last: a sender can fill these with any amount of text.
  const details: string[] = [];
  const own = new Set(ownAddresses.map(foldAddress));
  const read = (name: string, label: string) => readLine(headers, name, label, details);
  const from = readSender(headers, read("from", "From"), warnings);
  const replyTo = read("reply-to", "Reply-To");
  const to = read("to", "To");
  const cc = read("cc", "Cc");
  warnAboutReplyTo(headers, from, replyTo, warnings);

  const targets = replyTo.length > 0 ? replyTo : from;
  // An answer to a mail of the owner's own goes where that mail went.
  const isOwnMail = targets.length > 0 && targets.every((address) => own.has(foldAddress(address)));
  const primary = isOwnMail ? to : targets;
  const copies = isOwnMail ? cc : [...to, ...cc];

  const seen = new Set<string>();
  const take = (addresses: readonly string[]) =>
    addresses.filter((address) => {
      const isNew = !own.has(foldAddress(address)) && !seen.has(address.toLowerCase());
      seen.add(address.toLowerCase());
      return isNew;
    });
  const reply = limit({ to: take(primary), cc: take(copies) }, warnings);
  if (reply.to.length === 0)
    warnings.push("No recipient could be read from the original; write one in yourself.");
  for (const address of [...reply.to, ...reply.cc]) {
    if (/[@.]xn--/.test(address)) {
      warnings.push(
        `The address ${address} is written in international letters; check that it is the right one.`,
      );
    }
  }
  return {
    ...reply,
    subject: replySubject(firstHeader(headers, "subject") ?? ""),
    warnings: [...new Set([...warnings, ...cutDetails(details)])],
  };
}

function cutDetails(details: readonly string[]): string[] {
  const rest = details.length - MAX_DETAILS;
  return rest <= 0
    ? [...details]
    : [...details.slice(0, MAX_DETAILS), `${rest} more oddities in its address lines.`];
}

function readLine(headers: Headers, name: string, label: string, details: string[]): string[] {
  return (headers.get(name) ?? []).flatMap((value) => {
    const { addresses, rejected } = parseAddressList(value);
    for (const { text, why } of rejected) {
      details.push(`Left out of the reply, from the ${label} line, because ${why}: ${text}`);
    }
    for (const entry of addresses) warnAboutName(entry, label, details);
    return addresses.map(({ address }) => address);
  });
}

function warnAboutName(entry: MailAddress, label: string, details: string[]): void {
  if (!showsOtherAddress(entry)) return;
  details.push(
    `The name in the ${label} line shows another address than the real one, which is ${entry.address}.`,
  );
}

/** Two senders, or two From lines, are how one address is shown and another answered. */
function readSender(headers: Headers, senders: string[], warnings: string[]): string[] {
  const lines = headers.get("from")?.length ?? 0;
  if (lines <= 1 && senders.length <= 1) return senders;
  warnings.push(`The mail names more than one sender (${senders.join(", ")}); none of them was taken.`);
  return [];
}

function warnAboutReplyTo(headers: Headers, from: string[], replyTo: string[], warnings: string[]): void {
  if (!headers.has("reply-to")) return;
  if (replyTo.length === 0) {
    warnings.push(
      "The mail asks for answers to an address that could not be read; the reply goes to its sender.",
    );
    return;
  }
  const senders = new Set(from.map((address) => address.toLowerCase()));
  if (replyTo.every((address) => senders.has(address.toLowerCase()))) return;
  warnings.push(
    `Reply-To differs from From: the mail is from ${from.join(", ") || "an unreadable sender"}, the reply goes to ${replyTo.join(", ")}.`,
  );
}

function limit(reply: { to: string[]; cc: string[] }, warnings: string[]): { to: string[]; cc: string[] } {
  const to = reply.to.slice(0, MAX_RECIPIENTS);
  const cc = reply.cc.slice(0, MAX_RECIPIENTS - to.length);
  const dropped = reply.to.length + reply.cc.length - to.length - cc.length;
  if (dropped > 0)
    warnings.push(`${dropped} more recipients were left out; a reply goes to ${MAX_RECIPIENTS} at most.`);
  return { to, cc };
}

/** Prefixes of other mail programs and languages that mean the same as `Re:`. */
const REPLY_PREFIX = /^(?:(?:re|aw|sv|antw)\s*(?:\[\d{1,3}\])?\s*:\s*)+/i;

/** `Re:` exactly once. */
export function replySubject(original: string): string {
  const bare = cleanSubject(original).replace(REPLY_PREFIX, "");
  return `Re: ${bare}`.slice(0, MAX_SUBJECT_CHARS).toWellFormed().trim();
}

function cleanSubject(value: string): string {
  return cleanName(decodeWords(value.slice(0, 4000)), MAX_SUBJECT_CHARS);
}

const GOOGLE_DOMAINS = new Set(["gmail.com", "googlemail.com"]);

/** The same for all spellings of one mailbox: `A.B+tag@googlemail.com` is `ab@gmail.com`. */
export function foldAddress(address: string): string {
  const at = address.lastIndexOf("@");
  const local = address.slice(0, at).toLowerCase().replace(/\+.*$/, "");
  const domain = address.slice(at + 1).toLowerCase();
  return GOOGLE_DOMAINS.has(domain) ? `${local.replaceAll(".", "")}@gmail.com` : `${local}@${domain}`;
}
