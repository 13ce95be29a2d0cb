import { findActiveContent, findPlaceholder } from "@nightdesk/claim-lib";
import type { Draft, DraftInput } from "../schemas.ts";
import { followFeedback, type Followed } from "./follow-feedback.ts";
import { guessLanguage, type Language } from "./language.ts";
import { ownWords, sentencesOf } from "./own-words.ts";

interface Template {
  greet(name: string | null): string;
  acknowledge(subject: string | null): string;
  close: string;
}

const TEMPLATES: Readonly<Record<Language, Template>> = {
  en: {
    greet: (name) => (name === null ? "Hello," : `Hello ${name},`),
    acknowledge: (subject) =>
      `thank you for your message${subject === null ? "" : ` about "${subject}"`}. I have received it and will get back to you with a full answer shortly.`,
    close: "Best regards",
  },
  de: {
    greet: (name) => (name === null ? "Guten Tag," : `Guten Tag ${name},`),
    acknowledge: (subject) =>
      `vielen Dank für Ihre Nachricht${subject === null ? "" : ` zu „${subject}“`}. Ich habe sie erhalten und melde mich in Kürze mit einer ausführlichen Antwort.`,
    close: "Mit freundlichen Grüßen",
  },
  es: {
    greet: (name) => (name === null ? "Buenos días:" : `Hola, ${name}:`),
    acknowledge: (subject) =>
      `Gracias por su mensaje${subject === null ? "" : ` sobre «${subject}»`}. Lo he recibido y le responderé con detalle en breve.`,
    close: "Un saludo",
  },
  fr: {
    greet: (name) => (name === null ? "Bonjour," : `Bonjour ${name},`),
    acknowledge: (subject) =>
      `je vous remercie de votre message${subject === null ? "" : ` au sujet de « ${subject} »`}. Je l'ai bien reçu et je vous répondrai en détail très prochainement.`,
    close: "Cordialement",
  },
};

/**
 * A reply from a template, ready to send as it is: it confirms that the mail has arrived and promises
 * an answer, nothing more. What was asked is listed for the owner.
 * @param ownerWords what the owner said about earlier versions, oldest first. A template takes the words
 *   it is told to write and the language; anything else is left as a gap that says so.
 */
export function draftReply({ mail, owner }: DraftInput, ownerWords: readonly string[] = []): Draft {
  const words = ownWords(mail.text);
  const followed = followFeedback(ownerWords.at(-1) ?? "");
  const language = followed.language ?? guessLanguage(`${mail.subject}\n${words}`);
  const template = TEMPLATES[language];
  const greeting = template.greet(greetingName(mail.from.name, language));
  const closing = owner.name === "" ? template.close : `${template.close}\n${owner.name}`;
  const compose = (subject: string | null) =>
    `${greeting}\n\n${bodyOf(followed, template.acknowledge(subject))}\n\n${closing}`;
  const text = compose(quotableSubject(mail.subject));
  const questions = sentencesOf(words).filter((sentence) => sentence.endsWith("?"));
  return {
    text: findPlaceholder(text) === null || followed.open !== "" ? text : compose(null),
    questions: questions.slice(0, 10).map((question) => question.slice(0, 300).toWellFormed()),
    // Without feedback nothing has to be filled in: the note says that it is a template.
    gaps: followed.remarks,
  };
}

function bodyOf({ say, open }: Followed, acknowledge: string): string {
  const parts = [say === "" ? acknowledge : say, ...(open === "" ? [] : [`[gap: ${open}]`])];
  return parts.join("\n\n");
}

/** A name a stranger chose is put into the owner's reply only when it looks like one. */
function greetingName(name: string, language: Language): string | null {
  const [last = "", first = ""] = name.split(",").map((part) => part.trim());
  const whole = (first === "" ? name : `${first} ${last}`).normalize("NFC").trim();
  if (!/^\p{L}[\p{L}\p{M}'’.-]*(?: \p{L}[\p{L}\p{M}'’.-]*){0,3}$/u.test(whole) || whole.length > 50)
    return null;
  if (/\.\p{L}/u.test(whole)) return null;
  if (
    /\b(gmbh|ag|kg|ltd|inc|llc|team|support|sales|info|service|office|sarl|sa|sl|newsletter)\b/i.test(whole)
  )
    return null;
  // German greets strangers by their whole name, the others by the first.
  return language === "de" ? whole : (whole.split(" ")[0] ?? null);
}

const REPLY_PREFIX = /^(?:\s*(?:re|fwd?|aw|wg|rv|tr)(?:\[\d+\])?\s*:\s*)+/i;

/** The subject as it may be quoted; null when it is empty, long, or holds what should not be sent back. */
function quotableSubject(subject: string): string | null {
  const plain = subject.replace(REPLY_PREFIX, "").replace(/\s+/g, " ").trim();
  const odd = plain === "" || plain.length > 100 || findActiveContent(plain).length > 0;
  return odd || /:\/\/|www\.|[<>"„“«»‹›@]|\.\w{2,}\//i.test(plain) ? null : plain;
}
