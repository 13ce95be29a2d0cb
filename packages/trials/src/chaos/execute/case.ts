import { payloadOf, parseNote, type Random } from "@nightdesk/claim-lib";
import type { Reply } from "../../office/sample-reply.ts";
import { KINDS } from "../../sample-notes.ts";
import type { ProviderName } from "./kill-plan.ts";

/** What the owner means to do with one note. */
export interface Plan {
  /** Decides without waiting until the laptop has checked the note. */
  isHasty: boolean;
  editsBefore: boolean;
  /** After the move, each so long after the one before. */
  editsAfterMs: readonly number[];
  takesBackAfterMs: number | null;
  takesBackTo: "pending" | "rejected";
  /** Approves once more what was taken back. */
  thinksAgain: boolean;
}

/** One note and what the owner did with it. */
export interface Case {
  provider: ProviderName;
  reply: Reply;
  plan: Plan;
  /** Instants of the moves to Approved/. */
  approvals: number[];
  /** The owner's last word is that it is not to be sent. */
  isTakenBack: boolean;
  /** What may be sent: the last text. Two when a change came in the very moment of the sending. */
  bodies: string[];
  /** A change came too late to be sure of. */
  isLate: boolean;
  /** Sentences with which the program gave it back, and the owner approved it again. */
  returned: string[];
  /** When the owner did something with it last. */
  touchedMs: number;
}

const SHARES = {
  hasty: 0.4,
  editsBefore: 0.15,
  editsAfter: 0.15,
  takesBack: 0.12,
  rejects: 0.3,
  thinksAgain: 0.5,
};
/** Well within the undo window of one second. */
const SOONEST_MS = 100;
const LATEST_MS = 600;

export function makePlan(random: Random): Plan {
  const soon = () => SOONEST_MS + random.fraction() * (LATEST_MS - SOONEST_MS);
  const lot = random.fraction();
  const takesBack = lot < SHARES.takesBack;
  const editsAfter = !takesBack && lot < SHARES.takesBack + SHARES.editsAfter;
  const takesBackTo = random.fraction() < SHARES.rejects ? "rejected" : "pending";
  return {
    isHasty: random.fraction() < SHARES.hasty,
    editsBefore: random.fraction() < SHARES.editsBefore,
    editsAfterMs: editsAfter ? [soon(), ...(random.fraction() < 0.3 ? [soon()] : [])] : [],
    takesBackAfterMs: takesBack ? soon() : null,
    takesBackTo,
    thinksAgain: takesBackTo === "pending" && random.fraction() < SHARES.thinksAgain,
  };
}

/** What would be sent of a note's text. */
export function bodyOf(text: string): string {
  return String(payloadOf(parseNote(text, KINDS), KINDS).args["body"]);
}

const VERSION = /Version (\d+)\./;

/** A text the owner can change: its version stands in it once. */
export function firstText(name: string): string {
  return `Hello Anna,\n\nThursday works for ${name}. Version 1.\n\nBest regards`;
}

export function nextVersion(text: string): string {
  return text.replace(VERSION, (_, version: string) => `Version ${Number(version) + 1}.`);
}
