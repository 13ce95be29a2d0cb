import { parseArgs } from "node:util";
import { describeError } from "@nightdesk/claim-lib";
import { systemRandom } from "@nightdesk/daemon-kit/system-random";
import { createTempDir } from "@nightdesk/testkit";
import { fail } from "../errors.ts";
import { runExecuteCommand } from "./execute/execute-command.ts";
import { runChaos, type ChaosResult } from "./run-chaos.ts";
import { runTrial } from "../run-trial.ts";

const USAGE = "npm run chaos -- [--execute] --kills 200";

function readArguments(): { kills: number; isExecute: boolean } {
  try {
    const { values } = parseArgs({
      options: { kills: { type: "string", default: "200" }, execute: { type: "boolean", default: false } },
    });
    const kills = Number(values.kills);
    if (Number.isInteger(kills) && kills > 0) return { kills, isExecute: values.execute };
  } catch (error) {
    throw fail("USAGE", `${describeError(error)} Example: ${USAGE}`, { cause: error });
  }
  throw fail("USAGE", `--kills must be a whole number from 1 on; nothing was started. Example: ${USAGE}`);
}

/** What is wrong with an outcome, in plain words. */
function findFaults(result: ChaosResult, wanted: number): string[] {
  const rare = Object.entries(result.points).filter(([, count]) => wanted >= 200 && count < 5);
  return [
    ...result.doubles,
    ...result.lost,
    ...result.stuck,
    ...rare.map(([name, count]) => `"${name}" was hit only ${count} times`),
    ...(result.kills < wanted ? [`only ${result.kills} of ${wanted} kills hit`] : []),
    ...result.strays.filter((path) => path !== "Company_Handbook.md").map((path) => `nobody made "${path}"`),
  ];
}

async function main(): Promise<void> {
  const { kills: wanted, isExecute } = readArguments();
  if (isExecute) {
    process.exitCode = (await runExecuteCommand(wanted, systemRandom)) ? 0 : 1;
    return;
  }
  const dir = await createTempDir("chaos");
  const say = (line: string) => console.log(line);
  const result = await runChaos({ kills: wanted, folder: dir.path, random: systemRandom, say });
  const faults = findFaults(result, wanted);
  console.log(`${result.tasks} tasks went through; ${result.misses} kills missed and do not count.`);
  for (const fault of faults) console.log(`NOT AS PROMISED: ${fault}`);
  if (faults.length === 0) await dir.remove();
  else console.log(`Everything of this run is kept in ${dir.path}`);
  const { kills, points, doubles, lost, stuck, seconds } = result;
  console.log(
    JSON.stringify({
      kills,
      points,
      doubles: doubles.length,
      lost: lost.length,
      stuck: stuck.length,
      seconds,
    }),
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
}

await runTrial(main);
