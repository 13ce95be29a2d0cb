import type { MailInput } from "../../schemas.ts";
import { guessLanguage } from "../language.ts";
import { readJunkFeatures, readWords, type JunkFeatures } from "./junk-features.ts";
import type { TriageFacts } from "./read-facts.ts";
import { scoreSpamWords } from "./spam-model.ts";

/** Whether a mail is spam or phishing, and why. */
export interface Junk {
  spam: boolean;
  phishing: boolean;
  confidence: number;
  reason: string;
}

/** A feature's points and its name for the owner. */
type Weights = Readonly<Record<string, readonly [points: number, reason: string]>>;

/** Set by hand and measured on the named corpora, see docs/triage.md: no word of those mails is in here. */
const PHISHING: Weights = {
  credential: [2, "it asks for a login or payment details"],
  subject_credential: [0.8, ""],
  threat: [1.2, "it threatens to close something"],
  subject_threat: [0.8, ""],
  lure: [1, "it promises or claims a parcel, a refund or a prize"],
  subject_lure: [0.8, ""],
  boss: [2.6, "it asks for gift cards or names a new bank account"],
  subject_boss: [0.8, ""],
  extortion: [3.5, "it blackmails"],
  brand_elsewhere: [3, "its sender uses a known name from a foreign domain"],
  brand_in_text: [1.2, "it speaks for a firm whose domain it does not come from"],
  look_alike_name: [1.8, "its sender's name is spelled with look-alike letters"],
  mixed_script: [3, "its sender's name mixes alphabets"],
  mixed_words: [2.5, "its words mix alphabets"],
  random_domain: [0.9, "its sender's domain is a random name"],
  page_sender: [1.6, "it was sent through a page anybody can put up"],
  unproven_links: [1.3, "nothing proves its sender, and its links lead elsewhere"],
  urgent_flag: [0.3, ""],
  gambling: [0.6, ""],
  fortune: [0.8, "it promises a fortune"],
  subject_fortune: [0.5, ""],
  many_links: [-1.5, ""],
  name_is_other_address: [0.8, "its sender's name shows another address"],
  generic_name: [0.6, ""],
  lure_domain: [2.2, "its sender's domain is made up of words such as login or service"],
  cheap_domain: [0.6, ""],
  office_at_free_mail: [1.5, "an office writes from a free mail account"],
  random_sender: [0.4, ""],
  reply_elsewhere: [0.5, "answers would go elsewhere"],
  reply_to_free_mail: [0.8, ""],
  spf_failed: [0.8, "its server may not send for that domain (SPF)"],
  dkim_failed: [0.5, ""],
  dmarc_failed: [1.5, "its sender's address is not proven (DMARC)"],
  auth_none: [0.3, ""],
  auth_passed: [-0.6, ""],
  foreign_links: [0.5, "its links lead to another domain"],
  odd_host: [1.5, "a link leads to a bare number"],
  shortener: [1, "a link hides where it leads"],
  page_host: [1, "a link leads to a page anybody can put up"],
  lure_link: [1.8, "a link's domain is made up of words such as login or service"],
  cheap_link: [0.8, ""],
  mismatch: [1, "a link shows another address than it opens"],
  redirect: [0.4, ""],
  script_link: [1, ""],
  html_form: [0.5, ""],
  html_file: [1.8, "a web page is attached"],
  dangerous_file: [3, "a program is attached"],
  hidden_text: [0.6, "it holds hidden text"],
  invisible: [1, "it holds invisible letters"],
  spaced_letters: [0.5, ""],
  brand_at_home: [-4, ""],
  own_links: [-1, ""],
  in_thread: [-2, ""],
};
const LURES = [
  "credential",
  "threat",
  "lure",
  "boss",
  "extortion",
  "brand_elsewhere",
  "mixed_script",
  "dangerous_file",
  "gambling",
  "brand_in_text",
  "look_alike_name",
  "mixed_words",
  "page_sender",
  "lure_domain",
  "fortune",
];

/** Spam by what it speaks of, in every language; the words model knows English only. */
const SPAM: Weights = {
  fortune: [1.7, "it promises a fortune"],
  subject_fortune: [1.2, ""],
  drugs: [1.3, "it sells medicine or slimming"],
  subject_drugs: [1.2, ""],
  adult: [0.7, ""],
  subject_adult: [1.8, "it is about sex"],
  gambling: [1.4, "it is about gambling"],
  subject_gambling: [1.8, ""],
  credit: [1.2, "it offers credit"],
  subject_credit: [1.3, ""],
  riches: [1.8, "it promises easy money"],
  subject_riches: [1.5, ""],
  webspam: [2, "it sells ranks in search engines"],
  subject_webspam: [1.2, ""],
  hype: [0.5, ""],
  subject_hype: [0.5, ""],
  optout: [0.3, ""],
  lure: [0.5, ""],
  subject_lure: [0.7, ""],
  cheap_domain: [0.6, ""],
  free_mail: [0.3, ""],
  random_sender: [0.3, ""],
  reply_elsewhere: [0.2, ""],
  reply_to_free_mail: [0.8, ""],
  shouting_name: [0.4, ""],
  to_self: [0.8, "it pretends to come from its reader"],
  dmarc_failed: [0.8, ""],
  spf_failed: [0.4, ""],
  auth_passed: [-0.3, ""],
  odd_host: [1, "a link leads to a bare number"],
  shortener: [0.6, ""],
  cheap_link: [0.5, ""],
  bulk_tool: [0.4, ""],
  hidden_text: [0.7, "it holds hidden text"],
  picture_only: [0.4, ""],
  unproven_links: [0.8, "nothing proves its sender, and its links lead elsewhere"],
  random_domain: [0.8, ""],
  page_sender: [1, ""],
  look_alike_name: [1, "it is spelled with look-alike letters"],
  mixed_words: [1.2, "its words mix alphabets"],
  own_links: [-1, ""],
  many_links: [-1.2, ""],
  invisible: [0.5, ""],
  spaced_letters: [1, "its words are spaced out to get past filters"],
  capitals: [0.5, "it shouts"],
  shouting_subject: [0.5, "it shouts"],
  exclamations: [0.6, "it shouts"],
  subject_exclamation: [0.3, ""],
  subject_money: [0.4, ""],
  subject_emoji: [0.2, ""],
  money: [0.4, ""],
  fake_reply: [0.8, "it pretends to be an answer"],
  in_thread: [-2, ""],
};

const NOTHING_KNOWN = -9;
/** A short mail has room for one sign or two: each of them weighs more. */
const SHORT_CHARS = 600;
const SHORT_POINTS = 0.8;
const PHISHING_POINTS = 3.6;
const SPAM_POINTS = 3.4;
/** What the words model must say alone, and what it may add to the cues (log odds). */
const SPAM_WORDS_POINTS = 3.5;

/** Judges by what is known of the sender, the way, the links and the words. */
export function judgeJunk(mail: MailInput, facts: TriageFacts): Junk {
  const features = readJunkFeatures(mail, facts);
  const phishing = scorePhishing(features);
  const { points, words } = scoreSpam(mail, facts, features);
  const isPhishing = phishing >= PHISHING_POINTS;
  const isSpam = isSpamBy(points + (facts.text.length < SHORT_CHARS ? SHORT_POINTS : 0), words);
  const best = isPhishing ? reasonsOf(PHISHING, features) : reasonsOf(SPAM, features);
  const why = best.length > 0 ? best.join(", and ") : "it is worded like spam";
  const over = isPhishing
    ? phishing - PHISHING_POINTS
    : Math.max(points - SPAM_POINTS, words - SPAM_WORDS_POINTS);
  return {
    // Phishing is sent in bulk to people who did not ask for it: it is spam too.
    spam: isSpam || isPhishing,
    phishing: isPhishing,
    confidence: 0.6 + Math.min(0.38, Math.max(0, over) * 0.08),
    reason: `${isPhishing ? "Phishing" : "Spam"}: ${why}.`,
  };
}

/**
 * Either judge alone when it is sure, or both together. The limits are those at which the cross-check of
 * scripts/train-spam-model.ts calls under 1 % of the hard ham spam.
 */
export function isSpamBy(points: number, words: number): boolean {
  if (words === NOTHING_KNOWN) return points >= SPAM_POINTS;
  const doubt = Math.max(-1.5, Math.min(0, words * 0.3));
  return points + doubt >= SPAM_POINTS + 0.6 || words >= SPAM_WORDS_POINTS || (words >= 2 && points >= 2.4);
}

function scorePhishing(features: JunkFeatures): number {
  return LURES.some((name) => (features[name] ?? 0) > 0) ? sum(PHISHING, features) : 0;
}

/** Points of the cues, and the log odds of the words model with part of the cues. */
function scoreSpam(mail: MailInput, facts: TriageFacts, features: JunkFeatures) {
  // The words model has seen English only.
  const isEnglish = guessLanguage(facts.text) === "en";
  return {
    points: scoreSpamCues(features),
    words: isEnglish ? scoreSpamWords(readWords(mail.subject, facts.text), features) : NOTHING_KNOWN,
  };
}

/** Points of the cues alone; the training script sets the limits by them. */
export function scoreSpamCues(features: JunkFeatures): number {
  return sum(SPAM, features);
}

function sum(weights: Weights, features: JunkFeatures): number {
  let total = 0;
  for (const name of Object.keys(weights)) total += (features[name] ?? 0) * (weights[name]?.[0] ?? 0);
  return total;
}

function reasonsOf(weights: Weights, features: JunkFeatures): string[] {
  return Object.entries(weights)
    .filter(([name, [points, reason]]) => points > 0 && reason !== "" && (features[name] ?? 0) > 0.5)
    .toSorted(([, [a]], [, [b]]) => b - a)
    .slice(0, 2)
    .map(([, [, reason]]) => reason);
}
