import { CATEGORIES } from "@nightdesk/think";
import { fail } from "../errors.ts";
import type { CommandWorld } from "../run-command.ts";
import { judgedLineSchema, type JudgedLine } from "./mail-line.ts";
import { badLine, readJsonLines } from "./read-json-lines.ts";
import { scoreTriage, type FlagScore, type Label, type TriageScore } from "./score-triage.ts";

/**
 * `nightdesk eval score`: compares judgements with labels by id and prints what was hit and what was missed.
 * Throws EVAL_FILE, EVAL_LINE and EVAL_IDS. A judgement without a label is left out and counted.
 */
export async function runEvalScore(
  run: { gold: string; pred: string },
  world: CommandWorld,
): Promise<number> {
  const gold = await readLabels(run.gold);
  const judged = await readLabels(run.pred);
  const missing = [...gold.keys()].filter((id) => !judged.has(id));
  if (gold.size === 0 || missing.length > 0) {
    const which =
      gold.size === 0
        ? "holds no label"
        : `has ${missing.length} ids that ${run.pred} lacks: ${missing.slice(0, 5).join(", ").slice(0, 300)}`;
    throw fail("EVAL_IDS", `${run.gold} ${which}. Nothing was scored; judge that very file first.`, {
      data: { missing: missing.length },
    });
  }
  const score = scoreTriage([...gold].map(([id, label]) => [label, judged.get(id) ?? {}]));
  const unlabelled = judged.size - gold.size;
  for (const line of describeScore(score)) world.print(line);
  if (unlabelled > 0) world.print(`${unlabelled} judgements without a label were left out`);
  world.print(JSON.stringify({ ...score, unlabelled }));
  return 0;
}

async function readLabels(path: string): Promise<Map<string, Label>> {
  const labels = new Map<string, Label>();
  for await (const { line, value } of readJsonLines<JudgedLine>(path, judgedLineSchema)) {
    if (labels.has(value.id)) throw badLine(path, line, `the id "${value.id.slice(0, 80)}" was already used`);
    labels.set(value.id, { category: value.category, spam: value.spam, phishing: value.phishing });
  }
  return labels;
}

function describeScore(score: TriageScore): string[] {
  const head = ["labelled \\ judged", ...CATEGORIES, "recall"];
  const rows = CATEGORIES.map((gold) => [
    gold,
    ...CATEGORIES.map((judged) => String(score.confusion[gold][judged])),
    percent(score.recall[gold]),
  ]);
  const precision = ["precision", ...CATEGORIES.map((one) => percent(score.precision[one])), ""];
  return [
    `mails ${score.mails}, with a category ${score.categorised}`,
    `exact ${percent(score.exact)}`,
    `within one bucket ${percent(score.within_one_bucket)} (urgent > needs_reply > personal > fyi > promotion)`,
    `called urgent ${percent(score.urgent_share)}`,
    "",
    ...[head, ...rows, precision].map((row) =>
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(18) : cell.padStart(12)))
        .join("")
        .trimEnd(),
    ),
    "",
    describeFlag("spam", score.spam),
    describeFlag("phishing", score.phishing),
  ];
}

function describeFlag(name: string, flag: FlagScore): string {
  return `${name}: precision ${percent(flag.precision)}, recall ${percent(flag.recall)} (found ${flag.truePositives}, false ${flag.falsePositives}, missed ${flag.falseNegatives})`;
}

function percent(share: number | null): string {
  return share === null ? "-" : `${(share * 100).toFixed(1)} %`;
}
