import { findTime } from "./deadline.ts";
import { REQUEST } from "./kind-cues.ts";
import type { TriageFacts } from "./read-facts.ts";
import { TROUBLE_CUES } from "./trouble-cues.ts";
import { CHANGE, LIMIT, NOT_URGENT, URGENCY_CUES, type UrgencyCue } from "./urgency-cues.ts";

/** How strongly a mail calls for the owner today, and why. */
export interface Urgency {
  points: number;
  /** As the end of "Urgent: ..."; empty when nothing speaks for it. */
  reason: string;
}

/** At this many points a mail is urgent. One cue of harm alone is enough, a near date alone is not. */
export const URGENT_POINTS = 2.2;
const ALL_CUES = [...URGENCY_CUES, ...TROUBLE_CUES];
const NEAR_HOURS = 48;
const FEW_SENTENCES = 6;
const FORWARD = { auto_reply: 0, list: 0.25, bulk: 0.3, machine: 1, person: 1 } as const;

interface Found {
  points: number;
  reason: string;
}

/** Adds up what makes a mail urgent. Each kind of cue counts once, a repetition half a point. */
export function judgeUrgency(facts: TriageFacts, salesPoints: number): Urgency {
  const found = new Map<string, Found>();
  const add = (name: string, points: number, reason: string) => {
    const before = found.get(name);
    if (!before || points > before.points) found.set(name, { points, reason });
  };
  const sentences = [...(facts.isReply ? [] : [facts.subject]), ...facts.sentences];
  let isCalm = 0;
  for (const sentence of sentences) {
    if (NOT_URGENT.test(sentence)) {
      isCalm += 1;
      continue;
    }
    for (const cue of ALL_CUES) {
      if (counts(cue, facts) && cue.pattern.test(sentence)) add(cue.name, cue.points, cue.reason);
    }
    addTime(sentence, facts, add);
  }
  // Weak words are in every long letter.
  const weak = Math.min(1, FEW_SENTENCES / Math.max(1, facts.sentences.length));
  for (const name of ["short", "moment", "change", "event", "help", "goods"]) {
    const one = found.get(name);
    if (one) one.points *= weak;
  }
  const sum = [...found.values()].reduce((total, one) => total + one.points, 0);
  const calm = isCalm > 0 ? 2 : 0;
  const factor = FORWARD[facts.sender] * (salesPoints >= 2 ? 0.25 : 1) * (facts.isOnlyInCopy ? 0.5 : 1);
  const best = [...found.values()].toSorted((a, b) => b.points - a.points)[0];
  return { points: Math.max(0, sum - calm) * factor, reason: best?.reason ?? "" };
}

function counts(cue: UrgencyCue, facts: TriageFacts): boolean {
  return cue.fromMachines || facts.sender === "person";
}

function addTime(sentence: string, facts: TriageFacts, add: (n: string, p: number, r: string) => void): void {
  const time = findTime(sentence, facts.sentMs);
  const isChange = CHANGE.test(sentence);
  if (isChange && facts.sender === "person") add("change", 0.7, "something was called off or changed");
  if (time === null) return;
  if (time.hours > NEAR_HOURS) {
    // A monitor that warns a month ahead wants nothing today.
    add("far", facts.sender === "machine" ? -3 : -0.5, "the time it names is days away");
    return;
  }
  const isLimit = LIMIT.test(sentence);
  const asks = REQUEST.test(sentence) || sentence.includes("?");
  const near = `it is about "${time.words.slice(0, 40)}"`;
  const isClose = time.hours <= 30;
  if (facts.sender !== "person") add("time", isLimit ? 1 : 0, near);
  else if (isChange || isLimit) add("time", isClose ? 2.5 : 2.2, near);
  else if (asks) add("time", isClose ? 2 : 1.4, near);
  else add("time", isClose ? 1.4 : 0.8, near);
}
