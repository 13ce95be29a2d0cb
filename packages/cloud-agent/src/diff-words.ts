/** One place where two texts differ: these words of the first became those of the second. */
export interface WordChange {
  removed: string;
  added: string;
}

/** The table of a comparison has the product of both lengths; two whole letters of 700 words are half a million cells. */
const MAX_CELLS = 500_000;

/** What has to change in `before` to get `after`, word by word, in order. Spaces and line breaks do not count. */
export function diffWords(before: string, after: string): WordChange[] {
  const a = wordsOf(before);
  const b = wordsOf(after);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (
    end < a.length - start &&
    end < b.length - start &&
    a[a.length - 1 - end] === b[b.length - 1 - end]
  ) {
    end += 1;
  }
  const left = a.slice(start, a.length - end);
  const right = b.slice(start, b.length - end);
  if (left.length === 0 && right.length === 0) return [];
  // Nothing in common is looked for in what is too long: it counts as one change.
  if (left.length * right.length > MAX_CELLS) return [changeOf(left, right)];
  return walk(left, right, commonLengths(left, right));
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== "");
}

function changeOf(removed: readonly string[], added: readonly string[]): WordChange {
  return { removed: removed.join(" "), added: added.join(" ") };
}

/** For each pair of places the length of the longest run of words both have from there on, in order. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint16Array[] {
  const rows = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const down = rows[i + 1]?.[j] ?? 0;
      const right = rows[i]?.[j + 1] ?? 0;
      const both = (rows[i + 1]?.[j + 1] ?? 0) + 1;
      const row = rows[i];
      if (row) row[j] = a[i] === b[j] ? both : Math.max(down, right);
    }
  }
  return rows;
}

function walk(a: readonly string[], b: readonly string[], common: readonly Uint16Array[]): WordChange[] {
  const changes: WordChange[] = [];
  let removed: string[] = [];
  let added: string[] = [];
  const close = () => {
    if (removed.length + added.length > 0) changes.push(changeOf(removed, added));
    removed = [];
    added = [];
  };
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const from = a[i];
    const to = b[j];
    if (from !== undefined && from === to) {
      close();
      i += 1;
      j += 1;
    } else if (
      to === undefined ||
      (from !== undefined && (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0))
    ) {
      if (from !== undefined) removed.push(from);
      i += 1;
    } else {
      added.push(to);
      j += 1;
    }
  }
  close();
  return changes;
}
