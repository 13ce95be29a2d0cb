import { parseArgs } from "node:util";
import { createTempDir } from "@nightdesk/testkit";
import { readWhole, usageError } from "../read-whole.ts";
import { runEdits, type EditsResult } from "./run-edits.ts";
import { runTrial } from "../run-trial.ts";

const USAGE = "npm run edits -- --seed 7 --count 1000 (one case again: --seed 7 --only 123)";
const OPTIONS = { seed: { type: "string" }, count: { type: "string" }, only: { type: "string" } } as const;

function readOptions(): { seed: number; count: number; from: number } {
  try {
    const { values } = parseArgs({ options: OPTIONS });
    const seed = values.seed === undefined ? Date.now() % 1_000_000 : readWhole("--seed", values.seed, 0);
    const count = readWhole("--count", values.count ?? "1000", 1);
    if (values.only === undefined) return { seed, count, from: 1 };
    return { seed, count: 1, from: readWhole("--only", values.only, 1) };
  } catch (error) {
    throw usageError(error, USAGE);
  }
}

function report(result: EditsResult): boolean {
  const { edits, equal, refusedAsExpected, failures, strays, untimely, spread, seed } = result;
  for (const [name, count] of Object.entries(spread).sort()) console.log(`${name}: ${count}`);
  if (untimely > 0)
    console.log(`${untimely} cases were too slow for the undo window; others were played instead.`);
  if (strays > 0) console.log(`NOT AS PROMISED: ${strays} mails were sent that belong to no case.`);
  for (const { number, judgement } of failures)
    console.log(`NOT AS PROMISED: case ${number}: ${judgement.what}`);
  const [first] = failures;
  if (first) {
    const { expected, got } = first.judgement;
    console.log(`The first one again: npm run edits -- --seed ${seed} --only ${first.number}`);
    console.log(`expected ${JSON.stringify(expected)}`);
    console.log(`got      ${JSON.stringify(got)}`);
  }
  return equal + refusedAsExpected === edits && strays === 0;
}

async function main(): Promise<void> {
  const options = readOptions();
  const folder = await createTempDir("edits");
  const say = (line: string) => console.log(line);
  say(`Seed ${options.seed}: ${options.count} owner's edits, an undo window of 1 s.`);
  const result = await runEdits({ ...options, folder: folder.path, say });
  const isKept = report(result);
  if (isKept) await folder.remove();
  else say(`Everything of this run is kept in ${folder.path}`);
  const { edits, equal, refusedAsExpected, different, lost, seed, seconds } = result;
  say(JSON.stringify({ edits, equal, refusedAsExpected, different, lost, seed, seconds }));
  process.exitCode = isKept ? 0 : 1;
}

await runTrial(main);
