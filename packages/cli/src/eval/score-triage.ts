import { CATEGORIES } from "@nightdesk/think";

type Category = (typeof CATEGORIES)[number];

/** A label or a judgement of one mail; what is undefined is not scored. */
export interface Label {
  category?: Category | undefined;
  spam?: boolean | undefined;
  phishing?: boolean | undefined;
}

export interface FlagScore {
  truePositives: number;
  falsePositives: number;
  falseNegatives: number;
  precision: number | null;
  recall: number | null;
}

export interface TriageScore {
  mails: number;
  categorised: number;
  exact: number | null;
  within_one_bucket: number | null;
  recall: Record<Category, number | null>;
  precision: Record<Category, number | null>;
  urgent_share: number | null;
  confusion: Record<Category, Record<Category, number>>;
  spam: FlagScore;
  phishing: FlagScore;
}

/** Compares judgements with labels. A share of nothing is null, not 0. */
export function scoreTriage(pairs: readonly (readonly [gold: Label, judged: Label])[]): TriageScore {
  const confusion = emptyConfusion();
  for (const [gold, judged] of pairs)
    if (gold.category && judged.category) confusion[gold.category][judged.category] += 1;
  const cells = CATEGORIES.flatMap((gold, row) =>
    CATEGORIES.map((judged, column) => ({
      gold,
      judged,
      far: Math.abs(row - column),
      count: confusion[gold][judged],
    })),
  );
  const count = (which: (cell: (typeof cells)[number]) => boolean) =>
    cells.reduce((sum, cell) => sum + (which(cell) ? cell.count : 0), 0);
  const all = count(() => true);
  const each = (share: (category: Category) => number | null) =>
    Object.fromEntries(CATEGORIES.map((category) => [category, share(category)])) as Record<
      Category,
      number | null
    >;
  const right = (category: Category) => confusion[category][category];
  return {
    mails: pairs.length,
    categorised: all,
    exact: ratio(
      count(({ far }) => far === 0),
      all,
    ),
    within_one_bucket: ratio(
      count(({ far }) => far <= 1),
      all,
    ),
    recall: each((one) =>
      ratio(
        right(one),
        count(({ gold }) => gold === one),
      ),
    ),
    precision: each((one) =>
      ratio(
        right(one),
        count(({ judged }) => judged === one),
      ),
    ),
    urgent_share: ratio(
      count(({ judged }) => judged === "urgent"),
      all,
    ),
    confusion,
    spam: scoreFlag(pairs, "spam"),
    phishing: scoreFlag(pairs, "phishing"),
  };
}

function emptyConfusion(): TriageScore["confusion"] {
  const row = () => Object.fromEntries(CATEGORIES.map((one) => [one, 0])) as Record<Category, number>;
  return Object.fromEntries(CATEGORIES.map((one) => [one, row()])) as TriageScore["confusion"];
}

function scoreFlag(pairs: readonly (readonly [Label, Label])[], flag: "spam" | "phishing"): FlagScore {
  const known = pairs.filter(([gold, judged]) => gold[flag] !== undefined && judged[flag] !== undefined);
  const count = (gold: boolean, judged: boolean) =>
    known.filter(([one, other]) => one[flag] === gold && other[flag] === judged).length;
  const [truePositives, falsePositives, falseNegatives] = [
    count(true, true),
    count(false, true),
    count(true, false),
  ];
  return {
    truePositives,
    falsePositives,
    falseNegatives,
    precision: ratio(truePositives, truePositives + falsePositives),
    recall: ratio(truePositives, truePositives + falseNegatives),
  };
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000;
}
