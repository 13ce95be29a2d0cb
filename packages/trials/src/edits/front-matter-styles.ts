import type { SeededRandom } from "@nightdesk/testkit";

/** One property of a note: what an editor holds in memory when it writes the details anew. */
export interface Property {
  key: string;
  value: string | number | readonly string[] | null;
}

/**
 * Reads details as the programs write them (one line each; text as JSON or a bare word) without their
 * parser: what is compared later must not rest on what it judges. Throws SyntaxError for any other form.
 */
export function readProperties(lines: readonly string[]): Property[] {
  return lines.map((line) => {
    const at = line.indexOf(":");
    const written = line.slice(at + 1).trim();
    return { key: line.slice(0, at), value: readValue(written) };
  });
}

function readValue(written: string): Property["value"] {
  if (written === "") return null;
  if (/^["[]|^-?\d+(\.\d+)?$/.test(written)) return JSON.parse(written);
  return written;
}

const ORDERS = ["kept", "kept", "sorted", "reversed", "shuffled"] as const;
const QUOTES = ["plain", "plain", "double", "single", "mixed"] as const;
const LISTS = ["flow", "block", "indented", "spread"] as const;
const EMPTIES = ["", ' ""', " ''", " null", " ~", " "] as const;
const FOLDS = ["none", "none", "block", "plain", "quoted"] as const;

interface Style {
  quotes: Exclude<(typeof QUOTES)[number], "mixed">;
  list: (typeof LISTS)[number];
  empty: (typeof EMPTIES)[number];
  fold: (typeof FOLDS)[number];
}

/** The same details in the words of another writer: Obsidian's property editor, a linter, a hand. */
export function writeProperties(properties: readonly Property[], random: SeededRandom): string[] {
  const order = random.pick(ORDERS);
  const quotes = random.pick(QUOTES);
  const style = {
    list: random.pick(LISTS),
    empty: random.pick(EMPTIES),
    fold: random.pick(FOLDS),
  };
  const lines = arrange(properties, order, random).flatMap(({ key, value }) => {
    // An empty list is written as an empty value by some editors.
    const isEmpty = value === null || (Array.isArray(value) && value.length === 0 && random.below(2) === 0);
    if (isEmpty) return value === null && random.below(4) === 0 ? [] : [`${key}:${style.empty}`];
    const mine = quotes === "mixed" ? random.pick(["plain", "double", "single"] as const) : quotes;
    return writeProperty(key, value, { ...style, quotes: mine });
  });
  return random.below(3) === 0 ? withOwn(lines, random) : lines;
}

function arrange(
  properties: readonly Property[],
  order: (typeof ORDERS)[number],
  random: SeededRandom,
): Property[] {
  const list = [...properties];
  if (order === "sorted") list.sort((a, b) => (a.key < b.key ? -1 : 1));
  if (order === "reversed") list.reverse();
  if (order === "shuffled")
    for (let at = list.length - 1; at > 0; at -= 1) {
      const other = random.below(at + 1);
      [list[at], list[other]] = [list[other] as Property, list[at] as Property];
    }
  return list;
}

function writeProperty(
  key: string,
  value: string | number | readonly string[] | null,
  style: Style,
): string[] {
  if (typeof value === "number") return [`${key}: ${value}`];
  if (typeof value === "string") return writeText(key, value, style);
  const items = (value ?? []).map((item) => quote(item, style.quotes));
  switch (items.length === 0 ? "flow" : style.list) {
    case "flow":
      return [`${key}: [${items.join(", ")}]`];
    case "block":
      return [`${key}:`, ...items.map((item) => `- ${item}`)];
    case "indented":
      return [`${key}:`, ...items.map((item) => `  - ${item}`)];
    case "spread":
      return [`${key}:`, "  [", ...items.map((item) => `    ${item},`), "  ]"];
  }
}

/** Obsidian's own writer breaks lines near here. */
const FOLD_CHARS = 60;

function writeText(key: string, text: string, style: Style): string[] {
  const parts = style.fold === "none" ? [text] : breakLine(text);
  if (parts.length === 1) {
    const isBare = style.quotes === "plain" && isPlain(text);
    return [`${key}: ${isBare ? text : quote(text, style.quotes)}`];
  }
  if (style.fold === "block") return [`${key}: >-`, ...parts.map((part) => `  ${part}`)];
  const [first = "", ...rest] = style.fold === "plain" && isPlain(text) ? parts : quoteLines(parts);
  return [`${key}: ${first}`, ...rest.map((part) => `  ${part}`)];
}

function quoteLines(parts: readonly string[]): string[] {
  const inner = parts.map((part) => JSON.stringify(part).slice(1, -1));
  return inner.map((part, at) => `${at === 0 ? '"' : ""}${part}${at === inner.length - 1 ? '"' : ""}`);
}

/** At single spaces only: elsewhere a fold would change the text. */
function breakLine(text: string): string[] {
  const parts: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=\S) (?=\S)/)) {
    if (line !== "" && line.length + word.length > FOLD_CHARS) {
      parts.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...parts, line];
}

function quote(text: string, quotes: Style["quotes"]): string {
  if (quotes === "plain" && isPlain(text) && !text.includes(",")) return text;
  return quotes === "double" ? JSON.stringify(text) : `'${text.replaceAll("'", "''")}'`;
}

/** Texts YAML 1.2 reads as they stand, outside of a list in brackets; stricter than its rule. */
function isPlain(text: string): boolean {
  const isWord = /^\p{L}[^\p{Cc}[\]{}#&*!|>'"%`]*$/u.test(text) && !/: |:$|\s$/.test(text);
  const isWritten = /^(true|false|null|yes|no|on|off|y|n|nan|inf)$/i.test(text);
  return (isWord && !isWritten) || /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(text);
}

const OWN = [
  ["tags:", "  - customer", "  - kunde/vip"],
  ["aliases: []"],
  ["cssclasses: wide"],
  ["tags: [a, b]", 'aliases: ["Anna, later"]'],
  ["# a comment of the owner's"],
  ["tags:"],
] as const;

/** Obsidian's own properties, and a comment. */
function withOwn(lines: readonly string[], random: SeededRandom): string[] {
  const own = random.pick(OWN);
  return random.below(2) === 0 ? [...own, ...lines] : [...lines, ...own];
}
