import type { CATEGORIES } from "../../schemas.ts";
import {
  BOILERPLATE,
  COLD_SALES,
  ENQUIRY,
  MARKETING,
  NO_ANSWER_WANTED,
  NOTICE,
  PERSONAL,
  REQUEST,
  WARM,
} from "./kind-cues.ts";
import type { TriageFacts } from "./read-facts.ts";

export type Kind = Exclude<(typeof CATEGORIES)[number], "urgent">;

/** One thing found in a mail, and what it says about the mail's kind. */
export interface Sign {
  /** One sentence for the owner. */
  reason: string;
  weights: Partial<Record<Kind, number>>;
}

const SENDER_WEIGHTS: Readonly<Record<TriageFacts["sender"], Sign["weights"]>> = {
  auto_reply: { fyi: 6 },
  machine: { fyi: 3.5, personal: -2, needs_reply: -3 },
  list: { fyi: 3.2, personal: -1, needs_reply: -3, promotion: 0.5 },
  bulk: { promotion: 3, fyi: 1.4, personal: -2, needs_reply: -3 },
  person: { needs_reply: 0.8, personal: 0.6 },
};

/** Every sign of a mail's kind, in the order it is looked for. */
export function findSigns(facts: TriageFacts): Sign[] {
  const counted = countCues(facts);
  const signs: Sign[] = [{ reason: facts.senderReason, weights: SENDER_WEIGHTS[facts.sender] }];
  const add = (isFound: boolean, reason: string, weights: Sign["weights"]) => {
    if (isFound) signs.push({ reason, weights });
  };
  const { questions, requests, personal, warm, marketing, sales, notices } = counted;
  const isPerson = facts.sender === "person";
  // One kind word in a long letter does not make it a private one.
  const share = Math.min(1, (warm * 3) / Math.max(1, facts.sentences.length));
  const selling = sales + marketing * 0.5;
  add(questions > 0, "It asks a question.", { needs_reply: 1.4 + Math.min(questions, 3) * 0.3 });
  add(requests > 0, "It asks for something.", { needs_reply: 0.9 + Math.min(requests, 4) * 0.35 });
  add(counted.isEnquiry, "It is an enquiry.", { needs_reply: 0.6 });
  add(counted.needsNoAnswer, "It says that it needs no answer.", {
    fyi: questions + requests > 0 ? 1.2 : 2.4,
    needs_reply: questions + requests > 0 ? -0.6 : -1.8,
  });
  add(notices > 0, "It is a notice.", { fyi: 0.9 + Math.min(notices, 3) * 0.6, personal: -0.6 });
  add(personal > 0, "It is a friendly word.", { personal: 0.2 + Math.min(personal, 4) * 0.4 });
  add(warm > 0, "It is a personal letter.", {
    personal: 0.5 + Math.min(warm, 3) * 0.7 * share + 0.6 * share,
    needs_reply: -0.4 * share,
  });
  add(counted.isThanks, "It only says thank you.", { personal: 1.5, needs_reply: -0.5 });
  add(marketing > 0, "It advertises.", { promotion: 0.6 + Math.min(marketing, 5) * 0.6 });
  add(sales >= 1, "It is a sales letter.", { promotion: 0.6 + Math.min(sales, 4) * 0.9 });
  add(isPerson && selling >= 1.5, "It wants to sell something.", {
    promotion: 0.5,
    needs_reply: -Math.min(selling, 3) * 0.7,
  });
  add(facts.isOnlyInCopy, "You are only in copy.", { fyi: 3, needs_reply: -2 });
  add(facts.isReply && isPerson && facts.inThread, "It answers a mail.", { promotion: -1, personal: 0.3 });
  add(facts.isReply && isPerson && !facts.inThread, "It pretends to be an answer.", { promotion: 0.5 });
  add(isPerson && facts.isRole, "An office wrote it.", { personal: -1, fyi: 0.3 });
  add(isPerson && questions + requests === 0, "A person wrote to you; no question was recognised.", {
    personal: facts.text.length < 120 ? 0.9 : 0.4,
    needs_reply: 0.4,
  });
  return signs;
}

/** How much of a mail is selling: this takes the weight from words of urgency. */
export function countSales(facts: TriageFacts): number {
  const { marketing, sales } = countCues(facts);
  return marketing * 0.7 + sales;
}

interface Counted {
  questions: number;
  requests: number;
  /** Sentences of friends and family. */
  warm: number;
  personal: number;
  marketing: number;
  sales: number;
  notices: number;
  isEnquiry: boolean;
  needsNoAnswer: boolean;
  isThanks: boolean;
}

const THANKS = /^(?:\S+ ){0,3}(?:thanks|thank you|thx|danke|dank|gracias|merci)\b/;
/** Longer than a word of thanks gets; beyond this there may be a matter in it. */
const MAX_THANKS_CHARS = 160;
const counts = new WeakMap<TriageFacts, Counted>();

function countCues(facts: TriageFacts): Counted {
  const before = counts.get(facts);
  if (before) return before;
  const all = [facts.subject, ...facts.sentences];
  const count = (pattern: RegExp, among = all) =>
    among.reduce((sum, sentence) => sum + (pattern.test(sentence) ? 1 : 0), 0);
  const counted = {
    questions: count(/\?["')\]]*$|[?？] /, facts.sentences),
    requests: count(
      REQUEST,
      facts.sentences.filter((sentence) => !BOILERPLATE.test(sentence)),
    ),
    warm: count(WARM),
    personal: count(PERSONAL),
    marketing: count(MARKETING),
    sales: count(COLD_SALES),
    notices: count(NOTICE),
    isEnquiry: ENQUIRY.test(facts.text) || ENQUIRY.test(facts.subject),
    needsNoAnswer: count(NO_ANSWER_WANTED) > 0,
    isThanks: THANKS.test(facts.text) && facts.text.length <= MAX_THANKS_CHARS,
  };
  counts.set(facts, counted);
  return counted;
}
