import type { Random } from "@nightdesk/claim-lib";
import { createTempDir } from "@nightdesk/testkit";
import { runExecute, type ExecuteResult } from "./run-execute.ts";

/** From so many kills on every kind must have hit so often. */
const FULL_KILLS = 200;
const LEAST_PER_POINT = 5;

/** What is wrong with an outcome, in plain words. */
function findFaults(result: ExecuteResult, wanted: number): string[] {
  const rare = Object.entries(result.points).filter(
    ([, count]) => wanted >= FULL_KILLS && count < LEAST_PER_POINT,
  );
  return [
    ...result.faults,
    ...(result.approved === result.sent + result.parked
      ? []
      : [
          `${result.approved} were approved, but ${result.sent} sent and ${result.parked} put before the owner`,
        ]),
    ...rare.map(([name, count]) => `"${name}" was hit only ${count} times`),
    ...(result.kills < wanted ? [`only ${result.kills} of ${wanted} kills hit`] : []),
  ];
}

/** `npm run chaos -- --execute`: prints sentences and one line of JSON; true when every promise held. */
export async function runExecuteCommand(kills: number, random: Random): Promise<boolean> {
  const dir = await createTempDir("chaos");
  const result = await runExecute({ kills, folder: dir.path, random, say: (line) => console.log(line) });
  const faults = findFaults(result, kills);
  console.log(`${result.misses} kills missed and do not count.`);
  for (const fault of faults) console.log(`NOT AS PROMISED: ${fault}`);
  if (faults.length === 0) await dir.remove();
  else console.log(`Everything of this run is kept in ${dir.path}`);
  const { approved, sent, parked, parkedGmail, takenBack, doubles, lost, resentByItself } = result;
  const effects = { approved, sent, parked, parkedGmail, takenBack, doubles, lost, resentByItself };
  const { points, seconds } = result;
  console.log(JSON.stringify({ kills: result.kills, ...effects, points, seconds }));
  return faults.length === 0;
}
