/**
 * The lines by which a note is taken apart. A text that only looks like one of them (other spaces, other
 * alphabets, a heading underlined instead of marked) would deceive the owner about where the text to send
 * ends, so such words are found by how they look and not by their characters.
 */

export const FEEDBACK_HEADING = "## Feedback (only if you reject)";
export const ORIGINAL_TITLE = "> [!quote]- Original, an inert copy (links are disarmed)";

/** The heading of the editable region. What stands under it is what is sent. */
export function regionHeading(region: string): string {
  return `## ${region} (edit here)`;
}

const REGION_HEADING = /^## [A-Z][a-z]{1,20} \(edit here\)$/;
const OWN_CALLOUT = /^> \[!(?:todo|warning)\] (?=\S)/;
const OWN_TITLES = new Set(["# Cloud status"]);

/**
 * The body of one of our notes, taken apart at its own marks, each of which counts once and in its place
 * only: the callouts on top, the headings, the title of the copy. What is left is all from outside.
 */
export function splitAtOwnMarks(body: readonly string[]): string[] {
  const seen = new Set<string>();
  const pieces: string[][] = [[]];
  let isTop = true;
  for (const line of body) {
    const isMark = isOwnMark(line);
    const callout = isTop ? (OWN_CALLOUT.exec(line)?.[0] ?? "") : "";
    const key = isMark ? line.replace(REGION_HEADING, "region") : callout;
    if (isMark) isTop = false;
    if (key === "" || seen.has(key)) pieces.at(-1)?.push(line);
    else if (isMark) pieces.push([]);
    else pieces.push([`> ${line.slice(callout.length)}`]);
    if (key !== "") seen.add(key);
  }
  return pieces.map((lines) => lines.join("\n").replace(/^\n+|\n+$/g, ""));
}

function isOwnMark(line: string): boolean {
  return (
    line === FEEDBACK_HEADING || line === ORIGINAL_TITLE || OWN_TITLES.has(line) || REGION_HEADING.test(line)
  );
}

/** The words of our marks, letters and brackets alone. */
const MARK_WORDS =
  /\((?:edithere|onlyifyoureject)\)|feedback\(?onlyifyoureject|reply\(?edithere|inertcopy\(?linksaredisarmed/g;

export interface Span {
  start: number;
  end: number;
}

/** Where a text says what only our own marks say, however it is spelled. */
export function findForgedMarks(text: string): Span[] {
  const { letters, starts, ends } = fold(text);
  return [...letters.matchAll(MARK_WORDS)].map(({ 0: words, index }) => ({
    start: starts[index] ?? 0,
    end: ends[index + words.length - 1] ?? 0,
  }));
}

/** Letters of other alphabets that look like one of ours: Cyrillic and Greek, as far as our words need them. */
const LOOKALIKES = new Map(
  Object.entries({
    а: "a",
    ɑ: "a",
    α: "a",
    с: "c",
    ϲ: "c",
    ԁ: "d",
    е: "e",
    є: "e",
    ε: "e",
    һ: "h",
    н: "h",
    і: "i",
    ı: "i",
    ɪ: "i",
    ι: "i",
    ј: "j",
    к: "k",
    κ: "k",
    ӏ: "l",
    ο: "o",
    о: "o",
    р: "p",
    ρ: "p",
    ԛ: "q",
    ѕ: "s",
    ѵ: "v",
    т: "t",
    τ: "t",
    υ: "u",
    ս: "u",
    у: "y",
    γ: "y",
    ү: "y",
    "0": "o",
    "1": "l",
    "3": "e",
    "‹": "(",
    "›": ")",
    "[": "(",
    "]": ")",
    "{": "(",
    "}": ")",
  }),
);

/** Taking a letter apart costs a microsecond; so many are remembered. */
const MAX_KNOWN = 5_000;

/** Where each letter's character begins and ends: half a character must never be cut off. */
function fold(text: string): { letters: string; starts: number[]; ends: number[] } {
  const starts: number[] = [];
  const ends: number[] = [];
  let letters = "";
  let at = 0;
  for (const char of text) {
    const end = at + char.length;
    for (const one of foldChar(char)) {
      letters += one;
      starts.push(at);
      ends.push(end);
    }
    at = end;
  }
  return { letters, starts, ends };
}

/** What a character looks like: letters and brackets of ASCII, or nothing. */
function foldChar(char: string): string {
  const code = char.charCodeAt(0);
  if ((code >= 0x61 && code <= 0x7a) || code === 0x28 || code === 0x29) return char;
  if (code < 0x30) return "";
  const known = LOOKALIKES.get(char);
  if (known !== undefined) return known;
  const folded = code < 0x80 ? char.toLowerCase().replace(/[^a-z]/, "") : foldWide(char);
  if (LOOKALIKES.size < MAX_KNOWN) LOOKALIKES.set(char, folded);
  return folded;
}

/** Fullwidth, mathematical, accented and circled letters come apart into plain ones. */
function foldWide(char: string): string {
  const plain = char.normalize("NFKD").toLowerCase();
  return [...plain].map((one) => LOOKALIKES.get(one) ?? (/[a-z()]/.test(one) ? one : "")).join("");
}
