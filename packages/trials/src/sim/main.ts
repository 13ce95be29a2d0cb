import { parseArgs } from "node:util";
import { fail } from "../errors.ts";
import { runMutants } from "./mutants.ts";
import { replay } from "./replay.ts";
import { runAll, type SimOptions } from "./run-all.ts";
import { SIM_PARTS, type Part } from "./run-share.ts";

const HELP = `npm run sim -- [--seconds N] [--seed N]     tries every crash, and random schedules, for N seconds
npm run sim -- --only execution|sync        one part of it alone
npm run sim -- --replay SEED                plays one run again, step by step
npm run sim -- --mutants [DIR]              weakens a copy of the code, once for each patch, and must notice`;

/** The last line is JSON; the exit code is 1 when a promise was broken. */
async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      seconds: { type: "string", default: "60" },
      seed: { type: "string" },
      workers: { type: "string", default: "2" },
      only: { type: "string" },
      hunt: { type: "boolean", default: false },
      mutants: { type: "boolean", default: false },
      replay: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    print(HELP);
    return 0;
  }
  if (values.replay !== undefined) return (await replay(values.replay, print)).length === 0 ? 0 : 1;
  if (values.mutants) return runMutants(positionals, print);
  return simulate({
    seconds: count("seconds", values.seconds),
    seed: count("seed", values.seed ?? String(Math.floor(Date.now() / 1000) % 1_000_000)),
    workers: count("workers", values.workers),
    isHunt: values.hunt,
    only: values.only === undefined ? null : readPart(values.only),
  });
}

function readPart(name: string): Part {
  const part = SIM_PARTS.find((one) => one === name);
  if (part) return part;
  throw fail("USAGE", `--only must be sync or execution, not "${name}".\n${HELP}`);
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw fail("USAGE", `--${name} must be a number above 0, not "${text}".\n${HELP}`);
}

async function simulate(options: SimOptions): Promise<number> {
  const { violations, ...counts } = await runAll(options);
  for (const { invariant, detail, seed } of violations)
    print(`BROKEN: ${invariant}: ${detail}\n  nightdesk replay ${seed}`);
  print(JSON.stringify({ ...counts, violations: violations.length }));
  return violations.length === 0 ? 0 : 1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
