import { parseArgs } from "node:util";
import { describeError } from "@nightdesk/claim-lib";
import { createTempDir } from "@nightdesk/testkit";
import { fail } from "../errors.ts";
import { runRace, type RaceResult } from "./run-race.ts";
import { runTrial } from "../run-trial.ts";

const USAGE = "npm run race -- --tasks 200 --agents 2";

/** What is wrong with an outcome, in plain words. */
function findFaults(result: RaceResult): string[] {
  const { agents, doubles, lost, smallestShare, refusedPushes, largestPush } = result;
  return [
    doubles > 0 && `done twice: ${result.history.doubles.join(", ")}`,
    lost > 0 && `lost: ${result.history.lost.join(", ")}`,
    smallestShare < 0.5 / agents && `an agent got under half of its fair share`,
    refusedPushes < 10 && `only ${refusedPushes} pushes were refused: this was no race`,
    largestPush > 5 && `one push held ${largestPush} claims`,
  ].filter((fault) => fault !== false);
}

function readNumber(text: string | undefined, name: string, min: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min) return value;
  throw fail(
    "USAGE",
    `--${name} must be a whole number from ${min} on; nothing was started. Example: ${USAGE}`,
  );
}

function readArguments(): { tasks: number; agents: number } {
  const options = {
    tasks: { type: "string", default: "200" },
    agents: { type: "string", default: "2" },
  } as const;
  try {
    const { values } = parseArgs({ options });
    return { tasks: readNumber(values.tasks, "tasks", 1), agents: readNumber(values.agents, "agents", 2) };
  } catch (error) {
    throw fail("USAGE", `${describeError(error)} Example: ${USAGE}`, { cause: error });
  }
}

async function main(): Promise<void> {
  const { tasks, agents } = readArguments();
  const dir = await createTempDir("race");
  const result = await runRace({ tasks, agents, folder: dir.path, say: (line) => console.log(line) });
  const { history, trouble, shares, largestPush, ...figures } = result;
  console.log(
    `Tasks won: ${Object.entries(shares)
      .map(([name, share]) => `${name} ${Math.round(share * tasks)}`)
      .join(", ")}.`,
  );
  console.log(`${history.commits} commits; at most ${largestPush} claims in one push.`);
  for (const line of trouble) console.log(`On the way: ${line}`);
  const faults = findFaults(result);
  for (const fault of faults) console.log(`NOT AS PROMISED: ${fault}`);
  if (faults.length === 0) await dir.remove();
  else console.log(`Everything of this race is kept in ${dir.path}`);
  console.log(JSON.stringify(figures));
  process.exitCode = faults.length === 0 ? 0 : 1;
}

await runTrial(main);
