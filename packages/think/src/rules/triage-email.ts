import type { MailInput, Triage, TriageInput } from "../schemas.ts";
import { countSales, findSigns, type Kind, type Sign } from "./triage/judge-kind.ts";
import { judgeJunk, type Junk } from "./triage/judge-junk.ts";
import { judgeUrgency, URGENT_POINTS, type Urgency } from "./triage/judge-urgency.ts";
import { readFacts, type TriageFacts } from "./triage/read-facts.ts";

/**
 * Judges a mail by fixed rules: signs with weights, each with its reason. In doubt it asks for a reply: a draft
 * too many costs the owner a glance, a mail wrongly put away costs a customer.
 */
export function triageEmail({ mail, owner }: TriageInput): Triage {
  const facts = readFacts(mail, owner.address);
  const junk = judgeJunk(mail, facts);
  const signs = findSigns(facts);
  const urgency = judgeUrgency(facts, countSales(facts));
  const [kind, lead] = strongest(signs);
  const flags = { summary: summarise(mail, facts, junk), spam: junk.spam, phishing: junk.phishing };
  if (junk.phishing || junk.spam) return { ...flags, ...judgeFlagged(junk, kind, facts) };
  const isUrgent = urgency.points >= URGENT_POINTS && kind !== "promotion";
  if (isUrgent) return { ...flags, ...sayUrgent(urgency, facts) };
  return {
    ...flags,
    category: kind,
    needs_reply: needsReply(kind, facts),
    confidence: round(0.5 + Math.min(0.45, lead * 0.12)),
    reason: reasonFor(kind, signs),
  };
}

type Judgement = Pick<Triage, "category" | "needs_reply" | "confidence" | "reason">;

function sayUrgent({ points, reason }: Urgency, facts: TriageFacts): Judgement {
  return {
    category: "urgent",
    // A machine takes no answer, but its word goes to the top of the owner's list.
    needs_reply: facts.sender === "person",
    confidence: round(0.55 + Math.min(0.4, (points - URGENT_POINTS) * 0.1)),
    reason: `Urgent: ${reason}.`.slice(0, 300),
  };
}

/** From here on spam is put away without a draft; below it the owner sees it as any letter. */
const SURE = 0.8;

/**
 * Spam is advertising, phishing is news for the owner. What looks like a person's letter is still brought before the
 * owner, with the warning in its summary: a glance costs less than a customer taken for a swindler.
 */
function judgeFlagged({ phishing, confidence, reason }: Junk, kind: Kind, facts: TriageFacts): Judgement {
  return {
    category: phishing ? "fyi" : "promotion",
    needs_reply: (phishing || confidence < SURE) && facts.sender === "person" && needsReply(kind, facts),
    confidence: round(confidence),
    reason: reason.slice(0, 300),
  };
}

/** A letter of a person is answered, unless it says that it need not be or is only a word of thanks. */
function needsReply(kind: Kind, facts: TriageFacts): boolean {
  if (kind === "needs_reply") return true;
  return kind === "personal" && facts.sender === "person" && !facts.isOnlyInCopy && !isThanks(facts);
}

function isThanks({ text }: TriageFacts): boolean {
  return (
    text.length <= 120 &&
    /^(?:many |vielen |muchas )?(?:thanks|thank you|danke|dank|gracias|merci)\b/.test(text)
  );
}

/** The kind with the most weight, and how far it leads. */
function strongest(signs: readonly Sign[]): [Kind, number] {
  const kinds: Kind[] = ["needs_reply", "personal", "fyi", "promotion"];
  const scores = kinds.map((kind) => ({ kind, score: scoreOf(kind, signs) }));
  const [first, second] = scores.toSorted((a, b) => b.score - a.score);
  return [first?.kind ?? "needs_reply", (first?.score ?? 0) - (second?.score ?? 0)];
}

function scoreOf(kind: Kind, signs: readonly Sign[]): number {
  return signs.reduce((sum, { weights }) => sum + (weights[kind] ?? 0), 0);
}

function reasonFor(kind: Kind, signs: readonly Sign[]): string {
  const best = signs.toSorted((a, b) => (b.weights[kind] ?? 0) - (a.weights[kind] ?? 0))[0];
  return best?.reason ?? "";
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const ASKS = /[?？]\s*["')]*$/;

function summarise(mail: MailInput, { written }: TriageFacts, junk: Junk): string {
  const warning = junk.phishing ? "Looks like phishing. " : junk.spam ? "Looks like spam. " : "";
  const undecoded = mail.problems.length > 0 ? "Part of it could not be decoded. " : "";
  const asks = written.find((sentence) => ASKS.test(sentence));
  const gist =
    asks !== undefined ? `Asks: ${asks}` : (written[0] ?? (mail.subject.trim() || "An empty mail"));
  const line = `${warning}${undecoded}${gist}`.replace(/\s+/g, " ").trim();
  return line.length <= 160 ? line : `${line.slice(0, 157).toWellFormed()}...`;
}
