import type { SeededRandom } from "@nightdesk/testkit";
import { GAPS } from "./reply-texts.ts";

/** What of a note can be spoilt. */
interface Spoilable {
  front: string[];
  region: string[];
  heading: string[];
  feedback: string[];
}

/** A state of the note that may not be sent, and how the owner is told. */
export interface Spoil {
  name: string;
  /** Stands in the sentence beside the note, or on top of it. */
  sentence: RegExp;
  /** It comes back with the sentence on top, where the others are put aside with it beside them. */
  comesBack?: true;
  apply(parts: Spoilable, random: SeededRandom): Spoilable;
  spoilBytes?: (bytes: Buffer) => Buffer;
}

/** What a reader could take for the end of the text, however it is spelled. */
const LIKE_OURS = [
  "### Offer (edit here)",
  "> [!quote]- Before",
  "As it says in ## Feedback (only if you reject).",
  "##  Feedback  ( only if you reject )",
];

/** More than the largest reply. */
const TOO_LARGE_BYTES = 66 * 1024;

function insert(lines: readonly string[], line: string, random: SeededRandom): string[] {
  const at = random.below(lines.length + 1);
  return [...lines.slice(0, at), line, ...lines.slice(at)];
}

export const SPOILS: readonly Spoil[] = [
  {
    name: "two reply headings",
    sentence: /"## Reply \.\.\." stands in this note 2 times/,
    apply: (parts, random) => ({ ...parts, region: insert(parts.region, "## Reply (edit here)", random) }),
  },
  {
    name: "two feedback headings",
    sentence: /"## Feedback \.\.\." stands in this note 2 times/,
    apply: (parts, random) => ({
      ...parts,
      region: insert(parts.region, "## Feedback (only if you reject)  ", random),
    }),
  },
  {
    name: "reply heading lost",
    sentence: /"## Reply \.\.\." is missing/,
    apply: (parts) => ({ ...parts, heading: ["## Reply"] }),
  },
  {
    name: "feedback heading lost",
    sentence: /"## Feedback \.\.\." is missing/,
    apply: (parts) => ({ ...parts, feedback: [] }),
  },
  {
    name: "a heading like ours",
    sentence: /looks like one of this note's own headings/,
    apply: (parts, random) => ({
      ...parts,
      region: insert(parts.region, random.pick(LIKE_OURS), random),
    }),
  },
  {
    name: "no text",
    sentence: /There is no text to send in this note/,
    comesBack: true,
    apply: (parts) => ({ ...parts, region: ["", " \t", "\u00a0"] }),
  },
  {
    name: "a gap",
    sentence: /still holds a gap to fill in/,
    comesBack: true,
    apply: (parts, random) => ({ ...parts, region: insert(parts.region, random.pick(GAPS), random) }),
  },
  {
    name: "too large",
    sentence: /larger than 64 KB/,
    apply: (parts) => ({ ...parts, region: [...parts.region, "ä".repeat(TOO_LARGE_BYTES / 2)] }),
  },
  {
    name: "an unknown detail",
    sentence: /hold something unknown: priority/,
    apply: (parts) => ({ ...parts, front: [...parts.front, "priority: high"] }),
  },
  {
    name: "not UTF-8",
    sentence: /could not be read/,
    apply: (parts, random) => ({ ...parts, region: insert(parts.region, "Gruesse aus K\u0001ln", random) }),
    // As an editor that saves in Windows-1252 writes "Köln".
    spoilBytes: (bytes) => Buffer.from(bytes.map((byte) => (byte === 1 ? 0xf6 : byte))),
  },
];
