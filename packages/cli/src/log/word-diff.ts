/** A stretch of text that both have, only the first, or only the second. */
export interface DiffPart {
  kind: "same" | "removed" | "added";
  text: string;
}

/** Beyond this the table would take hundreds of MB; the middle is then told as replaced. */
const MAX_CELLS = 4_000_000;

/** What changed between two texts, word by word (longest common subsequence). */
export function diffWords(before: string, after: string): DiffPart[] {
  const [a, b] = [words(before), words(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const middle = diffMiddle(a.slice(start, a.length - end), b.slice(start, b.length - end));
  return joinParts([
    { kind: "same", text: a.slice(0, start).join("") },
    ...middle,
    { kind: "same", text: a.slice(a.length - end).join("") },
  ]);
}

function words(text: string): string[] {
  return text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
}

function diffMiddle(a: readonly string[], b: readonly string[]): DiffPart[] {
  if (a.length * b.length > MAX_CELLS) {
    return [
      { kind: "removed", text: a.join("") },
      { kind: "added", text: b.join("") },
    ];
  }
  const table = lengths(a, b);
  const width = b.length + 1;
  const parts: DiffPart[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [left, right] = [a[i], b[j]];
    if (left !== undefined && left === right) {
      parts.push({ kind: "same", text: left });
      i += 1;
      j += 1;
    } else if (
      left !== undefined &&
      (right === undefined || (table[(i + 1) * width + j] ?? 0) >= (table[i * width + j + 1] ?? 0))
    ) {
      parts.push({ kind: "removed", text: left });
      i += 1;
    } else {
      parts.push({ kind: "added", text: right ?? "" });
      j += 1;
    }
  }
  return parts;
}

/** `[i][j]`: how many words the rest of `a` from i and the rest of `b` from j have in common, in order. */
function lengths(a: readonly string[], b: readonly string[]): Uint16Array | Uint32Array {
  const width = b.length + 1;
  const table = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      table[i * width + j] =
        a[i] === b[j]
          ? (table[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(table[(i + 1) * width + j] ?? 0, table[i * width + j + 1] ?? 0);
    }
  }
  return table;
}

/** Neighbours of one kind become one part; a lone space between two changes is part of them. */
function joinParts(parts: readonly DiffPart[]): DiffPart[] {
  const joined: DiffPart[] = [];
  for (const [index, part] of parts.entries()) {
    if (part.text === "") continue;
    const isGap =
      part.kind === "same" &&
      /^[^\S\n]+$/.test(part.text) &&
      isChange(parts[index - 1]) &&
      isChange(parts[index + 1]);
    const pieces: DiffPart[] = isGap
      ? [
          { kind: "removed", text: part.text },
          { kind: "added", text: part.text },
        ]
      : [part];
    for (const piece of pieces) addPart(joined, piece);
  }
  return joined;
}

function isChange(part: DiffPart | undefined): boolean {
  return part !== undefined && part.kind !== "same";
}

/** Within one change what went stands before what came. */
function addPart(joined: DiffPart[], piece: DiffPart): void {
  const last = joined.at(-1);
  const other = joined.at(-2);
  if (last?.kind === piece.kind) last.text += piece.text;
  else if (piece.kind === "removed" && last?.kind === "added" && other?.kind === "removed")
    other.text += piece.text;
  else if (piece.kind === "removed" && last?.kind === "added") joined.splice(-1, 0, { ...piece });
  else joined.push({ ...piece });
}

/** Words of what stayed, shown beside a change. */
const CONTEXT_WORDS = 5;
const MAX_CHARS = 1_500;

/** `... with you [-shortly-]{+on Monday+}. Best ...` on one line. */
export function renderDiff(parts: readonly DiffPart[]): string {
  const text = parts
    .map((part, index) => {
      const line = part.text.replace(/\s+/gu, " ");
      if (part.kind === "removed") return `[-${line}-]`;
      if (part.kind === "added") return `{+${line}+}`;
      return shorten(line, index === 0, index === parts.length - 1);
    })
    .join("");
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS).toWellFormed()} ...` : text;
}

function shorten(text: string, isFirst: boolean, isLast: boolean): string {
  const list = text.split(" ");
  const keep = isFirst || isLast ? CONTEXT_WORDS : 2 * CONTEXT_WORDS;
  if (list.length <= keep + 1) return text;
  const head = isFirst ? [] : list.slice(0, CONTEXT_WORDS);
  const tail = isLast ? [] : list.slice(-CONTEXT_WORDS);
  return [...head, "...", ...tail].join(" ");
}
