import { parseArgs } from "node:util";
import { describeError } from "@nightdesk/claim-lib";
import { createTempDir } from "@nightdesk/testkit";
import { fail } from "../errors.ts";
import { FORGERIES } from "./all-forgeries.ts";
import { GROUPS, type Forgery } from "./forgery.ts";
import { runForge } from "./run-forge.ts";
import { summarise } from "./summarise.ts";
import { runTrial } from "../run-trial.ts";

const USAGE = "npm run forge [-- --only NAME[,NAME]] [-- --list]";

function readArguments(): { forgeries: readonly Forgery[]; isList: boolean } {
  const options = { only: { type: "string" }, list: { type: "boolean", default: false } } as const;
  let values: { only?: string; list: boolean };
  try {
    values = parseArgs({ options }).values;
  } catch (error) {
    throw fail("USAGE", `${describeError(error)} Example: ${USAGE}`, { cause: error });
  }
  const names = values.only?.split(",") ?? FORGERIES.map(({ name }) => name);
  const unknown = names.filter((name) => !FORGERIES.some((forgery) => forgery.name === name));
  if (unknown.length > 0)
    throw fail(
      "USAGE",
      `There is no forgery named ${unknown.join(", ")}; nothing was started. --list shows all of them. Example: ${USAGE}`,
    );
  return { forgeries: FORGERIES.filter(({ name }) => names.includes(name)), isList: values.list };
}

async function main(): Promise<void> {
  const { forgeries, isList } = readArguments();
  if (isList) {
    for (const group of GROUPS)
      for (const { name, reason } of forgeries.filter((one) => one.group === group))
        console.log(`${group.padEnd(7)} ${name}: ${reason}`);
    return;
  }
  const dir = await createTempDir("forge");
  const result = await runForge({ forgeries, folder: dir.path, say: (line) => console.log(line) });
  const { lines, figures, isAsPromised } = summarise(result);
  for (const line of lines) console.log(line);
  if (isAsPromised) await dir.remove();
  else console.log(`Everything of this run is kept in ${dir.path}`);
  console.log(JSON.stringify(figures));
  process.exitCode = isAsPromised ? 0 : 1;
}

await runTrial(main);
