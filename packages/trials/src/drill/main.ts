import { parseArgs } from "node:util";
import { createTempDir } from "@nightdesk/testkit";
import { quantile } from "../bench/quantiles.ts";
import { table } from "../bench/render-tables.ts";
import { readWhole, usageError } from "../read-whole.ts";
import type { Effect } from "./flows.ts";
import { runDrill, type DrillResult } from "./run-drill.ts";
import { runTrial } from "../run-trial.ts";

const USAGE = "npm run drill -- --items 100 --seed 1";
/** The undo window as the product comes; the guard against many at once so that the two drags meet it, and nothing else does. */
const SETTINGS = { undoWindowSeconds: 5, bulkApprovals: 45, bulkWaitSeconds: 15 };
/** Rows of the table whose mails were decided by a movement of their own and were not to wait. */
const SINGLE_ROWS = new Set([
  "approved",
  "edited, then approved",
  "approved, then edited (from the save)",
  "new version approved",
]);

function readOptions(): { items: number; seed: number } {
  try {
    const { values } = parseArgs({ options: { items: { type: "string" }, seed: { type: "string" } } });
    return {
      items: readWhole("--items", values.items ?? "100", 12),
      seed: readWhole("--seed", values.seed ?? "1", 0),
    };
  } catch (error) {
    throw usageError(error, USAGE);
  }
}

function timeTable(effects: readonly Effect[]): string {
  const kinds = [...new Set(effects.map(({ kind }) => kind))].sort();
  const rows = kinds.map((kind) => {
    const times = effects.filter((effect) => effect.kind === kind).map(({ ms }) => ms);
    const at = (share: number) => String(Math.round(quantile(times, share)));
    return [kind, String(times.length), at(0.5), at(0.95), at(1)];
  });
  return table([["time to effect", "n", "p50 ms", "p95 ms", "worst"], ...rows]);
}

function report(result: DrillResult): boolean {
  console.log(`\n${timeTable(result.effects)}`);
  const { undoWindowSeconds, bulkApprovals, bulkWaitSeconds } = SETTINGS;
  console.log(
    `Every sending waits out the undo window of ${undoWindowSeconds} s first; more than ${bulkApprovals} approvals within a minute wait ${bulkWaitSeconds} s. p50Ms and p95Ms are of the mails decided one by one.`,
  );
  if (result.asked > 0)
    console.log(`${result.asked} notes came back with a question and were approved once more.`);
  const faults = [...result.wrong, ...result.misplaced];
  for (const fault of faults) console.log(`NOT AS PROMISED: ${fault}`);
  return faults.length + result.doubles + result.missing === 0;
}

async function main(): Promise<void> {
  const options = readOptions();
  const folder = await createTempDir("drill");
  const say = (line: string) => console.log(line);
  const result = await runDrill({ ...SETTINGS, ...options, folder: folder.path, say });
  const isKept = report(result);
  if (isKept) await folder.remove();
  else say(`Everything of this run is kept in ${folder.path}`);
  const { items, sent, notSent, wrong, doubles, missing, effects, seconds } = result;
  const times = effects.filter(({ kind }) => SINGLE_ROWS.has(kind)).map(({ ms }) => ms);
  const [p50Ms, p95Ms] = [0.5, 0.95].map((share) => Math.round(quantile(times, share)));
  say(JSON.stringify({ items, sent, notSent, wrong: wrong.length, doubles, missing, p50Ms, p95Ms, seconds }));
  process.exitCode = isKept ? 0 : 1;
}

await runTrial(main);
