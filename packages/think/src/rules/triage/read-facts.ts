import type { MailInput } from "../../schemas.ts";
import { ownWords, sentencesOf } from "../own-words.ts";
import { fold } from "./fold.ts";
import { AUTO_REPLY, COLD_SALES, MARKETING, NOTICE } from "./kind-cues.ts";
import { URGENCY_CUES } from "./urgency-cues.ts";

/** Who is behind a mail, by its header and its sender's address. */
type SenderKind = "auto_reply" | "machine" | "bulk" | "list" | "person";

/** What the judges look at; texts are folded, see fold.ts. */
export interface TriageFacts {
  sender: SenderKind;
  /** For the owner: what shows the sender's kind. */
  senderReason: string;
  subject: string;
  isReply: boolean;
  /** The header says which mail it answers. */
  inThread: boolean;
  /** The address is an office's, not a person's. */
  isRole: boolean;
  /** The sender's own sentences of this mail; the subject is not among them. */
  sentences: string[];
  /** The same, as they were written. */
  written: string[];
  text: string;
  /** What is quoted or forwarded below. */
  quoted: string;
  isOnlyInCopy: boolean;
  sentMs: number;
}

/** What is read of a mail; a longer one says what it wants in its beginning. */
const MAX_OWN_CHARS = 8_000;
const MAX_SENTENCES = 60;
const MAX_SENTENCE_CHARS = 600;

/** Addresses of links and pictures, and the tags of HTML that was sent as plain text: nobody wrote them. */
const NOISE = /(?:https?:)?\/\/[^\s\])>]{1,2000}|<[^<>]{0,500}>|&(?:nbsp|zwnj|shy|#\d{1,6});|[-_=*]{6,}/g;

const NO_REPLY =
  /^(?:[\w.+-]{0,40}[-_.+])?(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|noreply|donotreply|mailer-daemon|postmaster|bounces?|newsletter|notifications?|notify|alerts?|alarm|nicht-?antworten|keine-?antwort|ne-?pas-?repondre|no-?responder|no-?contestar|no-?responda|cron|root|daemon|nagios|monitor(?:ing)?|robot|bot|automat|automailer|system|backup)(?:[-_.+][\w.+-]{0,60})?$/i;
const ROLE =
  /^(?:info|office|contact|kontakt|contacto|hello|hallo|hola|bonjour|team|sales|verkauf|ventas?|commercial|ventes|support|service|help|admin|accounts?|billing|invoices?|rechnung(?:en)?|facturas?|factures|facturacion|comptabilite|buchhaltung|contabilidad|orders?|bestellung(?:en)?|pedidos?|commandes?|versand|shipping|delivery|reception|empfang|kanzlei|praxis|cabinet|etude|poststelle|werkstatt|marketing|news|newsletter|angebote?|offers?|ofertas?|aktion|promo|events?|stands?|jobs|hr|bauleitung|leitung|direccion|direction|secretariat|sekretariat|administracion|boletin|rundmail|shop|store|booking|book|reservas|transport|tracking|status|customs|avisos?)(?:[-_.+\d].*)?$/i;
const REPLY_PREFIX = /^(?:\s*(?:re|aw|antw|sv|rv|rép|odp)(?:\[\d+\])?\s*:\s*)+/i;
const FORWARD_PREFIX = /^\s*(?:fwd?|wg|tr|rv|i)\s*:\s*/i;

/** Reads a mail once for all judges. */
export function readFacts(mail: MailInput, ownerAddress: string): TriageFacts {
  const text = mail.text.slice(0, MAX_OWN_CHARS * 2);
  const own = ownWords(text).slice(0, MAX_OWN_CHARS);
  const written = sentencesOf(own)
    .slice(0, MAX_SENTENCES)
    .map((sentence) => sentence.slice(0, MAX_SENTENCE_CHARS));
  const subject = fold(mail.subject.slice(0, 300).replace(REPLY_PREFIX, "").replace(FORWARD_PREFIX, ""));
  const sentences = written.map((sentence) => flat(fold(sentence)));
  const [sender, senderReason] = refine(judgeSender(mail, subject), [flat(subject), ...sentences], mail);
  return {
    sender,
    senderReason,
    subject: flat(subject),
    isReply: REPLY_PREFIX.test(mail.subject),
    inThread: Boolean(mail.header.in_reply_to) || mail.header.in_reply_to === undefined,
    isRole: ROLE.test(mail.from.address.slice(0, 320).split("@")[0] ?? ""),
    written,
    sentences,
    text: flat(fold(own.replace(NOISE, " "))),
    quoted: flat(fold(text.slice(own.length, own.length + 3_000))),
    isOnlyInCopy: isOnlyInCopy(mail, ownerAddress),
    sentMs: timeOf(mail),
  };
}

/** The mail's own date; where it is missing or unreadable, the time it arrived. */
function timeOf(mail: MailInput): number {
  const written = mail.header.date ?? null;
  const match = written === null ? null : /([+-])(\d\d):?(\d\d)\s*(?:\(.{0,40}\))?$/.exec(written);
  // The sender's own clock: "today" is his day.
  const offsetMs = match ? Number(`${match[1]}1`) * (Number(match[2]) * 60 + Number(match[3])) * 60_000 : 0;
  const sentMs = Date.parse(written ?? "");
  const receivedMs = Date.parse(mail.received_at);
  const ms = Number.isNaN(sentMs) ? receivedMs : sentMs + offsetMs;
  return Number.isNaN(ms) ? 0 : ms;
}

function judgeSender(mail: MailInput, subject: string): [SenderKind, string] {
  const { list_id: listId, list_unsubscribe: unsubscribe, precedence, auto_submitted: auto } = mail.header;
  const isAutomatic = auto !== null && !/^\s*no\s*(;|$)/i.test(auto);
  if (AUTO_REPLY.test(subject) || (isAutomatic && /replied/i.test(auto ?? "")))
    return ["auto_reply", "It is an automatic answer."];
  if (listId !== null && !/^\s*(?:bulk|junk)/i.test(precedence ?? ""))
    return ["list", "It came through a mailing list."];
  if (isAutomatic && unsubscribe === null) return ["machine", "A machine sent it (Auto-Submitted)."];
  if (unsubscribe !== null) return ["bulk", "It has an unsubscribe header."];
  if (/^\s*(?:bulk|junk)/i.test(precedence ?? "")) {
    return ["bulk", `It is marked as ${(precedence ?? "").trim().slice(0, 20)} mail.`];
  }
  if (/^\s*list/i.test(precedence ?? "")) return ["list", "It came through a mailing list."];
  if (mail.header.feedback_id) return ["bulk", "It was sent by a mailing service."];
  if (NO_REPLY.test(mail.from.address.slice(0, 320).split("@")[0] ?? "")) {
    return ["machine", "Its sender takes no replies."];
  }
  return ["person", "A person wrote it."];
}

/** Parcel services and monitors have unsubscribe headers too: what tells of one thing and sells none is a notice. */
function refine(
  judged: [SenderKind, string],
  sentences: readonly string[],
  mail: MailInput,
): [SenderKind, string] {
  if (judged[0] !== "bulk" || /^\s*(?:bulk|junk)/i.test(mail.header.precedence ?? "")) return judged;
  const has = (pattern: RegExp) => sentences.some((sentence) => pattern.test(sentence));
  const isNotice = has(NOTICE) || URGENCY_CUES.some((cue) => cue.fromMachines && has(cue.pattern));
  return isNotice && !has(MARKETING) && !has(COLD_SALES)
    ? ["machine", "It is a notice of a service you use."]
    : judged;
}

function isOnlyInCopy(mail: MailInput, owner: string): boolean {
  const has = (list: MailInput["to"]) =>
    list.some((one) => one.address.toLowerCase() === owner.toLowerCase());
  return !has(mail.to) && has(mail.cc);
}

function flat(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
