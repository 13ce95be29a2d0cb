import type { Doubt } from "./doubts.ts";
import { isTimeDoubt } from "./judge-schedule.ts";
import { formatWhen } from "./local-time.ts";
import { NOT_COMPARED } from "./sync-gate.ts";

/** Nobody reads a note in less; whoever was faster may have meant the version that stood there before. */
const MIN_SHOWN_MS = 5_000;

export interface Circumstances {
  /** How long this version stood there before it was approved; null when it replaced none. */
  shownForMs: number | null;
  /** Until when it could be decided on; absent when that does not matter. */
  expires: string | undefined;
  isCompared: boolean;
  /** This start of the program: a yes of an earlier one may itself come out of a backup. */
  run: string;
  nowMs: number;
  timeZone: string;
}

/** What speaks against the moment of an approval, not against the note: asked about once, like every doubt. */
export function findCircumstances(at: Circumstances): Doubt[] {
  const doubts: Doubt[] = [];
  if (at.shownForMs !== null && at.shownForMs < MIN_SHOWN_MS) {
    doubts.push({
      key: "replaced",
      sentence:
        "This version replaced an earlier one in the moment you approved it, so you may have meant the other. It was not sent. Read this one.",
    });
  }
  if (at.expires !== undefined && Date.parse(at.expires) <= at.nowMs) {
    doubts.push({
      key: `expired:${at.expires}`,
      sentence: `Its time to decide ended on ${formatWhen(Date.parse(at.expires), at.timeZone)}, so it was not sent. Its time begins anew now.`,
    });
  }
  if (!at.isCompared) {
    doubts.push({
      key: `unsynced:${at.run}`,
      sentence: `${NOT_COMPARED} It was not sent now. Look into your sent mail.`,
    });
  }
  return doubts;
}

export function isExpiryDoubt({ key }: Doubt): boolean {
  return key.startsWith("expired:");
}

/** True for a doubt that says nothing about the note itself: its risk stays what it was. */
export function isCircumstance(doubt: Doubt): boolean {
  return isTimeDoubt(doubt) || isExpiryDoubt(doubt) || /^(replaced$|unsynced:)/.test(doubt.key);
}
