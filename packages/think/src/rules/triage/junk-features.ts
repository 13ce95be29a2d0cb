import type { MailInput } from "../../schemas.ts";
import { BRANDS } from "./brands.ts";
import {
  CHEAP_ENDINGS,
  domainOf,
  isFreeMail,
  isLureDomain,
  isOddHost,
  PAGE_HOSTS,
  registeredDomain,
  SHORTENERS,
} from "./domains.ts";
import { countInvisible, fold } from "./fold.ts";
import { JUNK_CUES, type JunkCue } from "./junk-cues.ts";
import type { TriageFacts } from "./read-facts.ts";

/** Named facts for and against junk; most are 0 or 1. */
export type JunkFeatures = Readonly<Record<string, number>>;

/** Reads everything the judges of spam and phishing look at. */
export function readJunkFeatures(whole: MailInput, facts: TriageFacts): JunkFeatures {
  // Decoded mails have shorter ones; a caller may give anything.
  const from = { name: whole.from.name.slice(0, 200), address: whole.from.address.slice(-MAX_ADDRESS_CHARS) };
  const mail = { ...whole, from, subject: whole.subject.slice(0, MAX_SUBJECT_CHARS) };
  const found: Record<string, number> = {
    ...readCues(facts),
    ...readSender(mail, facts),
    ...readTransport(mail),
    ...readLinks(mail),
    ...readForm(mail, facts),
  };
  const isUnproven = found["dmarc_failed"] === 1 || found["auth_none"] === 1 || found["spf_failed"] === 1;
  // Neither alone says much: servers are set up badly, and newsletters count clicks elsewhere.
  found["unproven_links"] = isUnproven && found["foreign_links"] === 1 && found["in_thread"] === 0 ? 1 : 0;
  return found;
}

const MAX_SUBJECT_CHARS = 500;
/** RFC 5321: 64 of the mailbox, 255 of the domain. */
const MAX_ADDRESS_CHARS = 320;
const SHORT_CHARS = 2_000;

const COUNTED = Object.fromEntries(
  Object.entries(JUNK_CUES).map(([name, pattern]) => [name, new RegExp(pattern.source, "g")]),
) as Record<JunkCue, RegExp>;
const MAX_TIMES = 4;

/** How many different things of a kind a text says, at most four. */
function timesIn(text: string, pattern: RegExp): number {
  const said = new Set<string>();
  for (const [words] of text.matchAll(pattern)) {
    said.add(words);
    if (said.size >= MAX_TIMES) break;
  }
  return said.size;
}

function readCues({
  subject,
  text: own,
  quoted,
}: TriageFacts): Record<JunkCue | `subject_${JunkCue}`, number> {
  const found: Record<string, number> = {};
  // Somebody who forwards without a word of his own says what he forwards.
  const text = own.length < 40 ? `${own} ${quoted}` : own;
  // In a long text every word occurs once; newsletters are the longest.
  const share = Math.max(0.3, Math.min(1, SHORT_CHARS / Math.max(1, text.length)));
  for (const [name, pattern] of Object.entries(JUNK_CUES)) {
    const inSubject = pattern.test(subject);
    const times = timesIn(text, COUNTED[name as JunkCue]);
    found[name] = times === 0 ? (inSubject ? 1 : 0) : share * (1 + 0.35 * (times - 1));
    found[`subject_${name}`] = inSubject ? 1 : 0;
  }
  return found as Record<JunkCue | `subject_${JunkCue}`, number>;
}

/** A capital I read as an l, and the other way round: ParceIHop, Iog in, WlN. */
const LOOK_ALIKE =
  /\p{Ll}I(?:\p{Ll}|\p{Lu}\p{Ll})|\bI(?:og|ogin|ink|ast|imited|oan|ose|ive|ottery|icense|ocked|etter)\b|\b[A-Z]{1,8}l[A-Z]{1,8}\b|\blD\b/u;
/** Cyrillic, Greek or Cherokee letters in a Latin word, and letters made for mathematics or phonetics. */
const MIXED_SCRIPT =
  /[a-z](?=[\p{L}\d-]{0,30}[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Cherokee}])|[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Cherokee}](?=[\p{L}\d-]{0,30}[a-z])|[\u{1d400}-\u{1d7ff}]|[\u1d00-\u1d2b]{2}|\p{L}(?:\u034f|[\u{e0100}-\u{e01ef}])/iu;
const MIXED_WORDS = new RegExp(MIXED_SCRIPT.source, "giu");
/** Further on it is the subject of a magazine, not its sender. */
const MAX_BRAND_AT = 9;
const GENERIC_NAME =
  /\b(?:security|support|service|team|alert|notification|notice|admin(?:istrator)?|helpdesk|help desk|customer|account|billing|mailbox|webmaster|it department|sicherheit|kundenservice|kundendienst|seguridad|soporte|securite|assistance)\b/;

function readSender({ from, reply_to: replyTo, subject }: MailInput, facts: TriageFacts) {
  const name = from.name.slice(0, 200);
  const domain = domainOf(from.address);
  const own = registeredDomain(domain);
  const answer = replyTo?.[0]?.address ?? "";
  const answerDomain = registeredDomain(domainOf(answer));
  const folded = fold(name);
  const named = /[\w.+-]+@([\w-]+(?:\.[\w-]+)+)/.exec(name);
  const brand = BRANDS.find(
    ([pattern]) => folded.search(pattern) >= 0 && folded.search(pattern) <= MAX_BRAND_AT,
  );
  const beginning = `${facts.subject} ${facts.text.slice(0, 400)}`;
  const spokenOf = BRANDS.find(([pattern, domains]) => pattern.test(beginning) && !domains.test(domain));
  const local = from.address.split("@")[0] ?? "";
  return {
    brand_elsewhere: brand && !brand[1].test(domain) ? 1 : 0,
    brand_at_home: brand?.[1].test(own) ? 1 : 0,
    brand_in_text: spokenOf ? 1 : 0,
    look_alike_name: LOOK_ALIKE.test(name) || LOOK_ALIKE.test(subject.slice(0, 200)) ? 1 : 0,
    mixed_script: MIXED_SCRIPT.test(name) || MIXED_SCRIPT.test(domain) || domain.includes("xn--") ? 1 : 0,
    random_domain: isRandom(own.split(".")[0] ?? "") ? 1 : 0,
    page_sender: PAGE_HOSTS.test(domain) ? 1 : 0,
    name_is_other_address: named && registeredDomain(named[1] ?? "") !== own ? 1 : 0,
    generic_name: GENERIC_NAME.test(folded) ? 1 : 0,
    lure_domain: isLureDomain(domain) ? 1 : 0,
    cheap_domain: CHEAP_ENDINGS.test(domain) ? 1 : 0,
    free_mail: isFreeMail(domain) ? 1 : 0,
    office_at_free_mail: isFreeMail(domain) && GENERIC_NAME.test(folded) ? 1 : 0,
    random_sender: /\d{4,}|^[a-z]*\d+[a-z]+\d+|[bcdfghjklmnpqrstvwxz]{6,}/i.test(local) ? 1 : 0,
    reply_elsewhere: answer !== "" && answerDomain !== own ? 1 : 0,
    reply_to_free_mail: answer !== "" && answerDomain !== own && isFreeMail(answerDomain) ? 1 : 0,
    shouting_name: /^[^a-z]*[A-Z]{4,}[^a-z]*$/.test(name) || /[!$]/.test(name) ? 1 : 0,
  };
}

/** Letters and digits in turn, or more consonants in a row than a language has. */
function isRandom(label: string): boolean {
  return /[a-z]\d+[a-z]+\d|\d[a-z]+\d[a-z]|[bcdfghjklmnpqrstvwxz]{6,}/i.test(label) && label.length >= 6;
}

function readTransport({ header, to, from }: MailInput) {
  const results = (header.authentication_results ?? "").toLowerCase();
  const spf = (header.received_spf ?? "").toLowerCase();
  const failed = (what: string) =>
    new RegExp(`\\b${what}=(?:fail|softfail|permerror|temperror)`).test(results);
  const passed = (what: string) => new RegExp(`\\b${what}=pass`).test(results);
  return {
    spf_failed: failed("spf") || /^(?:fail|softfail)/.test(spf) ? 1 : 0,
    dkim_failed: failed("dkim") ? 1 : 0,
    dmarc_failed: failed("dmarc") || /compauth=fail/.test(results) ? 1 : 0,
    auth_none: /(?:spf|dkim|dmarc)=none/.test(results) && !passed("spf") && !passed("dkim") ? 1 : 0,
    auth_passed: passed("dmarc") || (passed("spf") && passed("dkim")) ? 1 : 0,
    to_self: to.some((one) => one.address !== "" && one.address === from.address) ? 1 : 0,
    no_message_id: header.message_id === null ? 1 : 0,
    urgent_flag: /^(?:high|1)\b/i.test(header.importance ?? "") ? 1 : 0,
    bulk_tool:
      /\b(?:phpmailer|php|the bat|foxmail|advanced mass|group mail|mass|leaf|bulk|dynamailer|swift|rapid)\b/i.test(
        header.mailer ?? "",
      )
        ? 1
        : 0,
  };
}

function readLinks(mail: MailInput) {
  const links = mail.links ?? [];
  const own = registeredDomain(domainOf(mail.from.address));
  const hosts = links.map((link) => link.host);
  const any = (test: (host: string) => boolean) => (hosts.some(test) ? 1 : 0);
  const mismatched = links.some(
    (link) => link.shown_host !== "" && registeredDomain(link.shown_host) !== registeredDomain(link.host),
  );
  const foreign = hosts.filter((host) => registeredDomain(host) !== own);
  return {
    has_link: links.length > 0 ? 1 : 0,
    many_links: links.length > 15 ? 1 : 0,
    foreign_links: links.length > 0 && foreign.length === links.length ? 1 : 0,
    own_links: links.length > 0 && foreign.length < links.length / 2 ? 1 : 0,
    odd_host: any(isOddHost),
    shortener: any((host) => SHORTENERS.test(host)),
    page_host: any((host) => PAGE_HOSTS.test(host)),
    lure_link: any(isLureDomain),
    cheap_link: any((host) => CHEAP_ENDINGS.test(host)),
    mismatch: mismatched ? 1 : 0,
    redirect: links.some((link) => link.redirects) ? 1 : 0,
    plain_http: links.some((link) => link.scheme === "http") ? 1 : 0,
    script_link: links.some((link) => link.scheme === "javascript" || link.scheme === "data") ? 1 : 0,
  };
}

const DANGEROUS =
  /\.(?:exe|scr|com|bat|cmd|pif|js|jse|vbs|vbe|wsf|hta|jar|iso|img|vhd|lnk|ps1|msi|docm|xlsm|pptm|ace|cab|r\d\d|one)$/i;

function readForm(mail: MailInput, facts: TriageFacts) {
  const { subject, html, attachments } = mail;
  const text = mail.text.slice(0, 6_000);
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const capitals = text.match(/\p{Lu}/gu)?.length ?? 0;
  const subjectLetters = subject.replace(/[^\p{L}]/gu, "");
  return {
    html_form: (html?.forms ?? 0) > 0 ? 1 : 0,
    html_script: (html?.scripts ?? 0) > 0 ? 1 : 0,
    hidden_text: html && html.hidden_chars > 300 && html.hidden_chars > letters / 4 ? 1 : 0,
    picture_only: html && html.images > 0 && letters < 150 ? 1 : 0,
    short_with_link: letters < 300 && (mail.links?.length ?? 0) > 0 ? 1 : 0,
    invisible: Math.min(1, countInvisible(text + subject) / 5),
    mixed_words:
      (text.slice(0, 3_000).match(MIXED_WORDS)?.length ?? 0) > 4 || MIXED_SCRIPT.test(subject) ? 1 : 0,
    spaced_letters:
      /(?:\b\p{L}[ ._*-]){5,}\p{L}\b/u.test(text) || /(?:\b\p{L}[ ._*-]){4,}\p{L}\b/u.test(subject) ? 1 : 0,
    disguised: /\b(?=\w{4,}\b)[a-z]+[0@$!1][a-z]*[0@$!1]?[a-z]+\b/i.test(subject) ? 1 : 0,
    capitals: letters > 80 && capitals / letters > 0.35 ? 1 : 0,
    shouting_subject: subjectLetters.length > 8 && subjectLetters === subjectLetters.toUpperCase() ? 1 : 0,
    exclamations: Math.min(1, (text.match(/!/g)?.length ?? 0) / 8),
    subject_exclamation: /!/.test(subject) ? 1 : 0,
    subject_money: /[$£€]|\d ?%/.test(subject) ? 1 : 0,
    subject_gap: /\s{6,}\S/.test(subject) ? 1 : 0,
    subject_emoji: /\p{Extended_Pictographic}/u.test(subject) ? 1 : 0,
    money: Math.min(1, (text.match(/[$£€] ?\d|\d ?(?:€|EUR|USD)/g)?.length ?? 0) / 4),
    dangerous_file: attachments.some(({ name }) => DANGEROUS.test(name)) ? 1 : 0,
    html_file: attachments.some(({ name }) => /\.(?:s?html?|svg|xht|mht)$/i.test(name)) ? 1 : 0,
    empty_subject: facts.subject === "" ? 1 : 0,
    fake_reply:
      facts.isReply && mail.header.in_reply_to === null && (mail.header.names?.length ?? 0) > 0 ? 1 : 0,
    in_thread: mail.header.in_reply_to ? 1 : 0,
  };
}

const WORD = /[a-z]{2,20}|[$£€] ?\d|\d{2,}/g;
const NOT_WORDS =
  /https?:\/\/\S{1,2000}|www\.\S{1,500}|(?<![\w.+-])[\w.+-]{1,64}@[\w.-]{1,255}|\b[\w-]{1,63}(?:\.[\w-]{2,63}){1,4}\b/g;
const TIME_WORDS =
  /^(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|july|august|september|october|november|december|mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday|am|pm|gmt|est|pst|pdt|edt)$/;
const MAX_WORDS = 900;

/** The words of a mail and their pairs, once each: without addresses, numbers and names of days. */
export function readWords(subject: string, text: string): Set<string> {
  const words = new Set<string>();
  for (const [prefix, from] of [
    ["s:", subject],
    ["", text],
  ] as const) {
    let before = "";
    let count = 0;
    for (const [word] of fold(from.slice(0, 8_000)).replace(NOT_WORDS, " ").matchAll(WORD)) {
      const token = /\d/.test(word) ? (/[$£€]/.test(word) ? "$#" : "#") : word;
      if (TIME_WORDS.test(token)) continue;
      words.add(prefix + token);
      if (before !== "" && prefix === "") words.add(`${before} ${token}`);
      before = token;
      if ((count += 1) >= MAX_WORDS) break;
    }
  }
  return words;
}

/** FNV-1a, 32 bits. */
export function hashWord(word: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at += 1) {
    hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}
