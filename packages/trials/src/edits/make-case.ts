import { createSeededRandom, type SeededRandom } from "@nightdesk/testkit";
import { makeReplyText } from "./reply-texts.ts";
import { SAVE_WAYS, type SaveWayName } from "./save-ways.ts";
import { SPOILS, type Spoil } from "./spoils.ts";
import type { Version } from "./write-version.ts";

/** When the owner saves, seen from the move to Approved/. */
type Mode = "before" | "after" | "during" | "both" | "old place";

export interface Saving {
  version: Version;
  way: SaveWayName;
  /** Since the save before it, or since the move. */
  waitMs: number;
  /** Between the steps of this one. */
  pauseMs: number;
}

/** One note's fate: what the owner does with it, and what must become of it. */
export interface EditCase {
  number: number;
  mode: Mode;
  before: Saving[];
  after: Saving[];
  /** The text to be sent; null: nothing may be sent. */
  expected: string | null;
  /** What the owner is told where nothing is sent. */
  sentence: RegExp | null;
  /** It waits for the owner again, with that on top. */
  comesBack: boolean;
}

const REFUSED_SHARE = 0.1;
/** Of the saves that another one follows. */
const SPOILT_SHARE = 0.15;
/** With a window of one second this leaves a busy machine more than a third of it. */
const MAX_WAIT_MS = 600;

/** The case of this number. The same seed and number give the same case, whatever the count. */
export function makeCase(seed: number, number: number): EditCase {
  const random = createSeededRandom((Math.imul(seed, 0x9e3779b1) ^ Math.imul(number, 0x85ebca6b)) >>> 0);
  // The first numbers of seeds that lie close together are alike.
  for (let skip = 0; skip < 4; skip += 1) random.fraction();
  const isRefused = random.fraction() < REFUSED_SHARE;
  const refusal = isRefused ? random.pick<Spoil | "old place">([...SPOILS, "old place"]) : null;
  if (refusal === "old place") return atOldPlace(number, random);
  const mode = random.pick(["before", "after", "during", "both"] as const);
  const saves = savesOf(mode, random);
  const all = Array.from(
    { length: saves.before + saves.after },
    (_, at, last = saves.before + saves.after - 1) =>
      makeSaving(random, at === last ? refusal : strayRefusal(random)),
  );
  const final = all.at(-1)?.version;
  return {
    number,
    mode,
    before: all.slice(0, saves.before),
    after: all.slice(saves.before),
    expected: refusal === null ? (final?.text ?? "") : null,
    sentence: refusal?.sentence ?? null,
    comesBack: refusal?.comesBack ?? false,
  };
}

function savesOf(mode: Exclude<Mode, "old place">, random: SeededRandom): { before: number; after: number } {
  switch (mode) {
    case "before":
      return { before: 1 + random.below(2), after: 0 };
    case "after":
      return { before: 0, after: 1 };
    case "during":
      return { before: 0, after: 2 + random.below(3) };
    case "both":
      return { before: 1, after: 1 + random.below(2) };
  }
}

/** An editor that does not know of the move saves where the note lay: now there are two. */
function atOldPlace(number: number, random: SeededRandom): EditCase {
  return {
    number,
    mode: "old place",
    before: [makeSaving(random, null)],
    after: [{ ...makeSaving(random, null), way: "inPlace" }],
    expected: null,
    sentence: /lies in more than one folder/,
    comesBack: false,
  };
}

function strayRefusal(random: SeededRandom): Spoil | null {
  return random.fraction() < SPOILT_SHARE ? random.pick(SPOILS) : null;
}

function makeSaving(random: SeededRandom, spoil: Spoil | null): Saving {
  return {
    version: { text: makeReplyText(random), seed: random.below(2 ** 31), spoil },
    way: random.pick(Object.keys(SAVE_WAYS) as SaveWayName[]),
    waitMs: random.below(MAX_WAIT_MS),
    pauseMs: random.below(MAX_WAIT_MS / 2),
  };
}
