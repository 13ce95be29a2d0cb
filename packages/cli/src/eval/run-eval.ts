import { parseArgs } from "node:util";
import { describeError } from "@nightdesk/claim-lib";
import { fail } from "../errors.ts";
import type { CommandWorld } from "../run-command.ts";
import { runEvalScore } from "./run-eval-score.ts";
import { runEvalTriage } from "./run-eval-triage.ts";

const USAGE = `  nightdesk eval triage --in FILE.jsonl --out FILE.jsonl [--provider rules] [--owner ADDRESS]
  nightdesk eval score --gold FILE.jsonl --pred FILE.jsonl`;

/** `nightdesk eval ...`: runs a part of the product on files of mails, and scores it. Throws USAGE. */
export async function runEval(argv: readonly string[], world: CommandWorld): Promise<number> {
  const [what, ...rest] = argv;
  if (what === "triage") {
    const options = readOptions(rest, ["in", "out", "provider", "owner"], ["in", "out"]);
    const { in: input = "", out = "", provider, owner } = options;
    return runEvalTriage({ in: input, out, provider, owner }, world);
  }
  if (what === "score") {
    const { gold = "", pred = "" } = readOptions(rest, ["gold", "pred"], ["gold", "pred"]);
    return runEvalScore({ gold, pred }, world);
  }
  throw usage(what === undefined ? "eval needs to know what to run" : `eval knows no "${what}"`);
}

function readOptions(
  argv: string[],
  names: readonly string[],
  needed: readonly string[],
): Partial<Record<string, string>> {
  let values: Partial<Record<string, string>>;
  try {
    const options = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
    values = parseArgs({ args: argv, options }).values as Partial<Record<string, string>>;
  } catch (error) {
    throw usage(describeError(error));
  }
  const missing = needed.filter((name) => (values[name] ?? "") === "");
  if (missing.length > 0) throw usage(`--${missing.join(" and --")} is missing`);
  return values;
}

function usage(why: string) {
  return fail("USAGE", `${why.replace(/\s+/g, " ")}; nothing was done. It is:${USAGE.replace(/\s+/g, " ")}`);
}
