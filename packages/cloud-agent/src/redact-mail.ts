import { neutralise, NightdeskError } from "@nightdesk/claim-lib";
import { findSecrets } from "@nightdesk/daemon-kit/find-secrets";
import type { Mail } from "./mail-port.ts";

/** Five times what a note or a model gets of a mail: a key that is cut by those limits is still known whole here. */
const MAX_TEXT_CHARS = 100_000;

/** Taking one out can join the ends of another; more rounds than any mail needs. */
const MAX_ROUNDS = 5;

interface Span {
  rule: string;
  start: number;
  end: number;
}

/**
 * A mail whose one-time codes, reset links, keys and passwords are replaced by `[hidden: <rule>]`. It is done
 * where mails come in, so that no note, file name, summary or model's prompt is made from them; the mailbox
 * holds the real text. Without it sync would withhold the whole note.
 */
export async function redactMail(mail: Mail): Promise<Mail> {
  const [subject, name, text, attachments] = await Promise.all([
    redactText(mail.subject),
    redactText(mail.from.name),
    redactText(mail.text.slice(0, MAX_TEXT_CHARS)),
    Promise.all(mail.attachments.map(async (one) => ({ ...one, name: await redactText(one.name) }))),
  ]);
  return { ...mail, subject, text, from: { ...mail.from, name }, attachments };
}

/** The rules named in a text that was redacted. */
export function hiddenRules(text: string): string[] {
  return [...new Set([...text.matchAll(/\[hidden: ([a-z0-9-]{1,60})\]/g)].map(([, rule = ""]) => rule))];
}

async function redactText(text: string): Promise<string> {
  const redacted = await hideUntilClean(text);
  const inert = inertOrNull(redacted);
  return inert === null || (await findSecrets("mail.md", inert)).length === 0
    ? redacted
    : hideUntilClean(inert);
}

/** What the note will hold: without the invisible characters that can split a key for the eyes of a rule. */
function inertOrNull(text: string): string | null {
  try {
    return neutralise(text);
  } catch (error) {
    // No note is made from such a text.
    if (NightdeskError.is(error, "NOTE_NOT_INERT")) return null;
    throw error;
  }
}

async function hideUntilClean(text: string): Promise<string> {
  let current = text;
  let spans = [...findCodes(text), ...(await findSecrets("mail.md", text))];
  for (let round = 0; spans.length > 0; round += 1) {
    // No place of it can be told apart any more: then nothing of it is shown.
    if (round === MAX_ROUNDS) return hide(spans[0]?.rule ?? "");
    current = replaceSpans(current, spans);
    spans = await findSecrets("mail.md", current);
  }
  return current;
}

function hide(rule: string): string {
  return `[hidden: ${rule}]`;
}

function replaceSpans(text: string, spans: readonly Span[]): string {
  let result = "";
  let at = 0;
  for (const { rule, start, end } of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (end <= at) continue;
    // Of two that overlap the second continues the first.
    if (start >= at) result += text.slice(at, start) + hide(rule);
    at = end;
  }
  return result + text.slice(at);
}

/** Words that stand beside a one-time code, in English and German. A bare "code" is no sign: vouchers have one. */
const CUE =
  "(?:verification|security|login|log-?in|sign-?in|authentication|access|two[- ]factor|2fa|one[- ]time)[ -]?(?:code|passcode|password|pin)" +
  "|(?:your|ihr|dein) (?:[\\w.]{1,20} )?(?:confirmation |einmal)?code|passcode|\\bOTP\\b|\\bTAN\\b" +
  "|(?:best[äa]tigungs|sicherheits|anmelde|einmal|verifizierungs|zugangs|freigabe)-?(?:code|kennwort|passwort|pin)";

/** Four to eight digits, perhaps in two groups, that are no amount, no year, no telephone number and no time span. */
const DIGITS =
  "(?<![\\d.,/+€$£-]|\\d )(?:[A-Z]-)?(?!(?:19|20)\\d\\d(?!\\d))(?:\\d{4,8}|\\d{3}[ -]\\d{3})(?![\\d/€$%]|[.,:]\\d| ?-?\\d| ?(?:€|EUR|USD|CHF|GBP|Euro|Uhr|min|h\\b|Stund|hour|second|day|Tag))";

/** Six to eight letters and digits mixed, all in capitals, right after a colon or a verb. */
const MIXED = "(?=[A-Z]*\\d)(?=\\d*[A-Z])[A-Z\\d]{6,8}(?![\\w-])";

const CODES: readonly RegExp[] = [
  new RegExp(`(?:${CUE})[^\\d\\n]{0,40}\\n{0,3}[^\\d\\n]{0,20}?(${DIGITS})`, "gid"),
  new RegExp(`(${DIGITS})[^\\d\\n]{0,12} (?:is|ist|lautet) (?:[\\w.]{1,20} ){0,3}(?:${CUE}|code)`, "gid"),
  new RegExp(`(?:${CUE})(?::| is:?| lautet:?)\\s{0,4}(${MIXED})`, "gd"),
];

/**
 * An address that opens an account for whoever holds it: it speaks of a password or a sign-in, and carries
 * something long and random.
 */
const LINK =
  /\bh(?:tt|xx)ps?:\/\/[^\s<>"')\]]{0,400}?(?:reset|recover|verif|confirm(?!ation)|activat|magic|passwor[dt]|one-?time|sign-?in|log-?in|invit)[^\s<>"')\]]{0,2000}/gi;
const RANDOM_PART = /(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9_-]{16,}|(?:token|code|key|otp)=[^&\s]{6,}/i;

function findCodes(text: string): Span[] {
  const spans: Span[] = [];
  for (const pattern of CODES) {
    for (const { indices } of text.matchAll(pattern)) {
      const [start, end] = indices?.[1] ?? [0, 0];
      if (end > start) spans.push({ rule: "one-time-code", start, end });
    }
  }
  for (const { 0: link, index } of text.matchAll(LINK)) {
    if (RANDOM_PART.test(link)) spans.push({ rule: "account-link", start: index, end: index + link.length });
  }
  return spans;
}
