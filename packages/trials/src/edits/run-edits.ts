import { readRawMail, type SentMessage } from "@nightdesk/testkit";
import { fail } from "../errors.ts";
import { openOffice } from "../office/open-office.ts";
import { watchNotes } from "../office/watch-notes.ts";
import { judgeCase, type Judgement } from "./judge-case.ts";
import { makeCase } from "./make-case.ts";
import { playCase, type Played, type Stage } from "./play-case.ts";

export interface EditsOptions {
  seed: number;
  count: number;
  /** The number of the first case; to play one again. */
  from?: number;
  /** An empty folder with a short path. */
  folder: string;
  parallel?: number;
  say?: (line: string) => void;
}

export interface EditsResult {
  edits: number;
  equal: number;
  refusedAsExpected: number;
  different: number;
  lost: number;
  seed: number;
  seconds: number;
  /** Cases whose saves came too slowly for the window on a busy machine; others were played instead. */
  untimely: number;
  /** Mails that belong to no case. */
  strays: number;
  /** How many of each mode and each way of saving. */
  spread: Record<string, number>;
  failures: { number: number; judgement: Exclude<Judgement, { kind: "equal" | "refusedAsExpected" }> }[];
}

const UNDO_WINDOW_SECONDS = 1;
const PARALLEL = 40;
/** A window that might have run out between two saves says nothing about the program. */
const GAP_MARGIN_MS = 100;
/** More than this share of such cases, and the machine is too busy for the trial. */
const MAX_UNTIMELY_SHARE = 0.1;

/** Owners' edits of every kind against the real programs; each case is played once and judged from outside. */
export async function runEdits(options: EditsOptions): Promise<EditsResult> {
  const startedMs = performance.now();
  const undoWindowMs = UNDO_WINDOW_SECONDS * 1000;
  const office = await openOffice({
    folder: options.folder,
    local: { UNDO_WINDOW_SECONDS: String(UNDO_WINDOW_SECONDS), LOG_LEVEL: "warn" },
  });
  const watch = watchNotes(office.local.vault);
  try {
    await office.local.mailServer.start();
    await office.local.worker.start();
    const played = await playAll({ office, watch, undoWindowMs }, options);
    const result = countEdits(played, await office.gmail.sentMessages());
    return { ...result, seed: options.seed, seconds: Math.round((performance.now() - startedMs) / 1000) };
  } finally {
    await watch.close();
    await office.close();
  }
}

/** As many at a time as allowed, until enough of them could be judged. */
async function playAll(stage: Stage, options: EditsOptions): Promise<PlayedOrNot[]> {
  const { seed, count, from = 1, parallel = PARALLEL, say = () => undefined } = options;
  const played: PlayedOrNot[] = [];
  let next = from;
  let left = count;
  let untimely = 0;
  const play = (number: number) =>
    playCase(stage, makeCase(seed, number)).catch((error: unknown) => {
      // The others end with their case.
      left = 0;
      throw error;
    });
  const work = async () => {
    while (left > 0) {
      left -= 1;
      const one = await play(next++);
      const isTimely = one.longestGapMs <= stage.undoWindowMs - GAP_MARGIN_MS;
      played.push({ ...one, isTimely });
      if (isTimely) {
        const over = played.length - untimely;
        if (over % 100 === 0) say(`${over} of ${count} edits are over`);
        continue;
      }
      untimely += 1;
      left += 1;
      if (untimely > Math.max(5, count * MAX_UNTIMELY_SHARE))
        throw fail("TRIAL_BROKEN", "This machine is too busy to save twice within a window of one second.");
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, count) }, work));
  return played;
}

type PlayedOrNot = Played & { isTimely: boolean };

/** Sets what was sent against what was played. Pure. */
function countEdits(
  played: readonly PlayedOrNot[],
  sent: readonly SentMessage[],
): Omit<EditsResult, "seed" | "seconds"> {
  const result = { edits: 0, equal: 0, refusedAsExpected: 0, different: 0, lost: 0, untimely: 0 };
  const failures: EditsResult["failures"] = [];
  const spread: Record<string, number> = {};
  const threads = new Set(played.map(({ reply }) => reply.threadId));
  for (const { edit, reply, wanted, notes, why, isTimely } of played) {
    if (!isTimely) {
      result.untimely += 1;
      continue;
    }
    const mails = sent
      .filter(({ threadId }) => threadId === reply.threadId)
      .map(({ raw, sentAtMs }) => ({ mail: readRawMail(raw), sentAtMs }));
    const judgement = judgeCase(wanted, { mails, notes, why });
    result.edits += 1;
    result[judgement.kind] += 1;
    if (judgement.kind === "different" || judgement.kind === "lost")
      failures.push({ number: edit.number, judgement });
    const ways = new Set([...edit.before, ...edit.after].map(({ way }) => `saved ${way}`));
    for (const name of [`edited ${edit.mode}`, ...ways]) spread[name] = (spread[name] ?? 0) + 1;
  }
  const strays = sent.filter(({ threadId }) => !threads.has(threadId)).length;
  return { ...result, strays, failures: failures.sort((a, b) => a.number - b.number), spread };
}
