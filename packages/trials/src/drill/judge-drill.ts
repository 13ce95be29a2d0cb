import type { RawMail } from "@nightdesk/testkit";
import type { Decision } from "./script.ts";

/** What the owner meant to be sent. */
export interface WantedMail {
  text: string;
  to: readonly string[];
  cc: readonly string[];
  subject: string;
  /** The end of the undo window after the last move or save, or the time on the note. */
  notBeforeMs: number;
}

/** One item at the end of the drill, as seen from outside. */
export interface DrillItem {
  number: number;
  mailKind: string;
  decision: Decision;
  /** The Message-ID of the mail; Gmail begins a new conversation where a hostile subject had to be changed. */
  answersId: string;
  /** What the owner's hand did last; null: nothing may be sent. */
  wanted: WantedMail | null;
  /** Where the notes of its newest version lie. */
  places: readonly string[];
  /** What went wrong on the way, in plain words; it counts as a wrong effect. */
  problems: readonly string[];
}

export interface DrillCount {
  items: number;
  sent: number;
  notSent: number;
  /** One sentence for each effect nobody decided. */
  wrong: string[];
  doubles: number;
  missing: number;
  misplaced: string[];
}

export interface SentInDrill {
  mail: RawMail;
  sentAtMs: number;
}

/** Sets what was sent against what was decided. Pure. */
export function judgeDrill(items: readonly DrillItem[], sent: readonly SentInDrill[]): DrillCount {
  const count: DrillCount = {
    items: items.length,
    sent: 0,
    notSent: 0,
    wrong: [],
    doubles: 0,
    missing: 0,
    misplaced: [],
  };
  const known = new Set<string | null>(items.map(({ answersId }) => answersId));
  for (const { mail } of sent)
    if (!known.has(mail.inReplyTo))
      count.wrong.push(`a mail nobody decided on went to ${mail.to.join(", ")}`);
  for (const item of items) {
    const mails = sent.filter(({ mail }) => mail.inReplyTo === item.answersId);
    if (mails.length > 0) count.sent += 1;
    else count.notSent += 1;
    count.doubles += Math.max(0, mails.length - 1);
    if (item.wanted !== null && mails.length === 0) count.missing += 1;
    const label = `item ${item.number} (${item.mailKind}, ${item.decision.name})`;
    const problems = [...item.problems, ...mails.flatMap((one) => findWrong(item.wanted, one))];
    count.wrong.push(...problems.map((problem) => `${label}: ${problem}`));
    if (!isInPlace(item))
      count.misplaced.push(`${label}: lies in ${item.places.join(" and ") || "no folder"}`);
  }
  return count;
}

function findWrong(wanted: WantedMail | null, { mail, sentAtMs }: SentInDrill): string[] {
  if (wanted === null) return ["it was sent, and should not have been"];
  const same = (a: readonly string[], b: readonly string[]) =>
    a.length === b.length && a.every((one, at) => one.toLowerCase() === b[at]?.toLowerCase());
  return [
    ...(mail.text === wanted.text ? [] : [`another text was sent: ${JSON.stringify(mail.text)}`]),
    ...(same(mail.to, wanted.to) && same(mail.cc, wanted.cc) && mail.bcc.length === 0
      ? []
      : [`it went to ${[...mail.to, ...mail.cc, ...mail.bcc].join(", ")}`]),
    ...(mail.subject === wanted.subject ? [] : [`its subject is ${JSON.stringify(mail.subject)}`]),
    ...(sentAtMs >= wanted.notBeforeMs
      ? []
      : [`it was sent ${Math.round(wanted.notBeforeMs - sentAtMs)} ms too early`]),
  ];
}

function isInPlace({ decision, places }: DrillItem): boolean {
  if (decision.endsIn === null) return places.length === 0;
  return places.length === 1 && places[0]?.startsWith(`${decision.endsIn}/`) === true;
}
