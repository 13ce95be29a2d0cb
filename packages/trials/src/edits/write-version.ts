import { createSeededRandom, type SeededRandom } from "@nightdesk/testkit";
import { readProperties, writeProperties } from "./front-matter-styles.ts";
import type { Spoil } from "./spoils.ts";

const REGION = "## Reply (edit here)";
const FEEDBACK = "## Feedback (only if you reject)";

/** What the owner leaves behind with one save. */
export interface Version {
  /** What stands in the region, without blank lines at its ends. */
  text: string;
  /** Everything about how it is written: blank lines, line ends, the form of the details. */
  seed: number;
  /** What makes this version one that may not be sent; null: nothing does. */
  spoil: Spoil | null;
}

/** A note taken apart by its lines, as everybody sees it. */
export interface NoteParts {
  front: string[];
  /** Between the details and the region. */
  head: string[];
  region: string[];
  /** From the line after the feedback heading on. */
  tail: string[];
}

/** @param text a note as the programs wrote it, with LF */
export function takeApart(text: string): NoteParts {
  const lines = text.replace(/\n$/, "").split("\n");
  const end = lines.indexOf("---", 1);
  const region = lines.indexOf(REGION);
  const feedback = lines.indexOf(FEEDBACK);
  return {
    front: lines.slice(1, end),
    head: lines.slice(end + 1, region),
    region: lines.slice(region + 1, feedback),
    tail: lines.slice(feedback + 1),
  };
}

/** The bytes of the whole note after this save. @param note the note as it waits for the owner */
export function writeVersion(note: string, version: Version): Buffer {
  const random = createSeededRandom(version.seed);
  const parts = takeApart(note);
  const front = random.below(3) === 0 ? parts.front : writeProperties(readProperties(parts.front), random);
  const whole = { front, region: version.text.split("\n"), heading: [REGION], feedback: [FEEDBACK] };
  const spoilt = version.spoil?.apply(whole, random) ?? whole;
  const lines = [
    `---${blanks(random)}`,
    ...spoilt.front,
    `---${blanks(random)}`,
    ...changeHead(parts.head, random),
    ...spoilt.heading.map((line) => line + blanks(random)),
    ...blankLines(random),
    ...spoilt.region,
    ...blankLines(random),
    ...spoilt.feedback.map((line) => line + blanks(random)),
    ...changeTail(parts.tail, random),
  ];
  const bytes = Buffer.from(mark(random) + endLines(lines, random) + random.pick(LAST_ENDS));
  return version.spoil?.spoilBytes ? version.spoil.spoilBytes(bytes) : bytes;
}

const BLANKS = ["", "", "", " ", "   ", "\t"];
const LAST_ENDS = ["\n", "\n", "", "\n\n\n", "\r\n", "\n  ", " "];

function blanks(random: SeededRandom): string {
  return random.pick(BLANKS);
}

function blankLines(random: SeededRandom): string[] {
  return Array.from({ length: random.below(4) }, () => random.pick(["", "", "  ", "\t", "\u00a0"]));
}

/** Some editors begin every file with a mark. */
function mark(random: SeededRandom): string {
  return random.below(12) === 0 ? "\ufeff" : "";
}

/** As one system writes them, the other, both in turn, or a single CR where an old program left one. */
function endLines(lines: readonly string[], random: SeededRandom): string {
  const kind = random.pick(["lf", "lf", "crlf", "crlf", "mixed", "stray"] as const);
  if (kind === "lf") return lines.join("\n");
  if (kind === "crlf") return lines.join("\r\n");
  const start = lines.findIndex((line) => line.startsWith("## Reply"));
  const endings = kind === "mixed" ? ["\n", "\r\n"] : ["\n", "\n", "\r\n", "\r"];
  return lines.reduce((text, line, at) => {
    const picked = at <= start || start < 0 ? "\n" : random.pick(endings);
    // Before an empty line a CR and the next line's LF would be one line end.
    const end = picked === "\r" && line === "" ? "\n" : picked;
    return at === 0 ? line : `${text}${end}${line}`;
  }, "");
}

const OWN_LINES = ["Remember to call Anna.", "%% checked with Robin %%", "![[plan.png]]", "> my own quote"];

function changeHead(head: readonly string[], random: SeededRandom): string[] {
  switch (random.below(6)) {
    case 0:
      return [...head, random.pick(OWN_LINES), ""];
    case 1:
      return ["", ...head];
    case 2:
      return head.filter((line) => line !== "");
    default:
      return [...head];
  }
}

/** Below the region nothing is sent, whatever stands there. */
function changeTail(tail: readonly string[], random: SeededRandom): string[] {
  switch (random.below(7)) {
    case 0:
      return ["", "Too long, please shorten it.", "- and friendlier", "", ...tail];
    case 1:
      return [...tail, "", "My own notes below the original", "# A heading of mine", "TODO [price] {{x}}"];
    case 2:
      return [];
    case 3:
      return tail.filter((line) => line !== "");
    default:
      return [...tail];
  }
}
