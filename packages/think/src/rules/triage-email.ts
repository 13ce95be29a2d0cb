import type { MailInput, Triage, TriageInput } from "../schemas.ts";
import { ownWords, sentencesOf } from "./own-words.ts";

const NO_REPLY =
  /^(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|noreply|donotreply|mailer-daemon|postmaster|bounces?|newsletter|notifications?|alerts?|nicht-?antworten|ne-pas-repondre|no-responder)(?:[-_.+].*)?$/i;
const URGENT =
  /\b(urgent|urgently|asap|immediately|right away|emergency|dringend|eilt|eilig|sofort|umgehend|notfall|urgente|urgencia|inmediatamente|de inmediato|urgence|immédiatement|au plus vite)\b/i;
const REQUEST =
  /\b(please|could you|can you|would you|let me know|get back to me|looking forward to your (?:reply|answer)|bitte|könnten sie|können sie|kannst du|könntest du|um rückmeldung|por favor|podría|puede usted|me puede|quedo a la espera|s'il vous pla[iî]t|merci de|pourriez-vous|pouvez-vous|dans l'attente)(?![\p{L}])/iu;
const NO_ANSWER_WANTED =
  /\b(no (?:reply|answer|response|action) (?:is )?(?:needed|necessary|required)|for your information|\bfyi\b|zur (?:info|kenntnis|information)|keine antwort (?:nötig|erforderlich|notwendig)|no (?:es necesario|hace falta) (?:responder|contestar)|para su información|pas besoin de répondre|pour (?:votre )?information)(?![\p{L}])/iu;
const THANKS = /^(?:many |vielen |muchas )?(?:thanks|thank you|danke|dank|gracias|merci)\b/i;

/** Longer than a word of thanks gets; beyond this there may be a matter in it. */
const MAX_THANKS_CHARS = 120;

/**
 * Judges a mail by fixed rules. In doubt it asks for a reply: a draft too many costs the owner a
 * glance, a mail wrongly put away costs a customer.
 */
export function triageEmail({ mail, owner }: TriageInput): Triage {
  const words = ownWords(mail.text);
  const sentences = sentencesOf(words);
  const asks = sentences.find((sentence) => /[?？]\s*["')]*$/.test(sentence));
  const request = sentences.find((sentence) => REQUEST.test(sentence));
  const automatic = judgeAutomatic(mail);
  const say = summarise(mail, asks, request, sentences[0]);
  if (automatic) return { ...automatic, needs_reply: false, summary: say };
  const answer = (category: Triage["category"], needsReply: boolean, confidence: number, reason: string) => ({
    category,
    needs_reply: needsReply,
    summary: say,
    confidence,
    reason,
  });
  if (URGENT.test(`${mail.subject}\n${words}`))
    return answer("urgent", true, 0.75, "It uses a word of urgency.");
  if (asks !== undefined) return answer("needs_reply", true, 0.85, "It asks a question.");
  if (request !== undefined && !NO_ANSWER_WANTED.test(words)) {
    return answer("needs_reply", true, 0.75, "It asks for something.");
  }
  if (NO_ANSWER_WANTED.test(`${mail.subject}\n${words}`))
    return answer("fyi", false, 0.8, "It says that it needs no answer.");
  if (THANKS.test(sentences[0] ?? "") && words.length <= MAX_THANKS_CHARS) {
    return answer("personal", false, 0.6, "It only says thank you.");
  }
  if (isOnlyInCopy(mail, owner.address))
    return answer("fyi", false, 0.6, "You are only in copy, and nothing is asked.");
  return answer("personal", true, 0.5, "A person wrote to you; no question was recognised.");
}

function judgeAutomatic(mail: MailInput): Pick<Triage, "category" | "confidence" | "reason"> | null {
  const { list_id: listId, list_unsubscribe: unsubscribe, precedence, auto_submitted: auto } = mail.header;
  if (unsubscribe !== null)
    return { category: "promotion", confidence: 0.9, reason: "It has an unsubscribe header." };
  if (/^\s*(bulk|junk)/i.test(precedence ?? "")) {
    return {
      category: "promotion",
      confidence: 0.9,
      reason: `It is marked as ${(precedence ?? "").trim().slice(0, 20)} mail.`,
    };
  }
  if (listId !== null || /^\s*list/i.test(precedence ?? "")) {
    return { category: "fyi", confidence: 0.85, reason: "It came through a mailing list." };
  }
  if (auto !== null && !/^\s*no\s*(;|$)/i.test(auto)) {
    return { category: "fyi", confidence: 0.9, reason: "A machine sent it (Auto-Submitted)." };
  }
  if (NO_REPLY.test(mail.from.address.split("@")[0] ?? "")) {
    return { category: "fyi", confidence: 0.85, reason: "Its sender takes no replies." };
  }
  return null;
}

function isOnlyInCopy(mail: MailInput, owner: string): boolean {
  const has = (list: MailInput["to"]) =>
    list.some((one) => one.address.toLowerCase() === owner.toLowerCase());
  return !has(mail.to) && has(mail.cc);
}

function summarise(mail: MailInput, asks?: string, request?: string, first?: string): string {
  const undecoded = mail.problems.length > 0 ? "Part of it could not be decoded. " : "";
  const gist =
    asks !== undefined ? `Asks: ${asks}` : (request ?? first ?? (mail.subject.trim() || "An empty mail"));
  const line = `${undecoded}${gist}`.replace(/\s+/g, " ").trim();
  return line.length <= 160 ? line : `${line.slice(0, 157).toWellFormed()}...`;
}
