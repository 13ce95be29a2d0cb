import type { Violation } from "../world.ts";
import { ExecEnumeration, newExecCounts } from "./enumerate.ts";
import { ExecRandomRun } from "./random-run.ts";
import { EXEC_SCENARIOS } from "./scenarios.ts";
import { EXEC_SURVIVORS } from "./survive.ts";

type Print = (line: string) => void;

/**
 * Runs one run of the execution's simulator again and prints each change. Null when it is no seed of it.
 * @param seed `exec:handle.10.approve.none:8.kill:10.none` or `exec-random:17`
 */
export async function replayExecution(seed: string, print: Print): Promise<readonly Violation[] | null> {
  const [kind, name = "", ...crashes] = seed.split(":");
  if (kind === "exec-random") {
    const number = Number(name);
    return name !== "" && Number.isSafeInteger(number) ? new ExecRandomRun(number, print).run() : null;
  }
  const scenario = EXEC_SCENARIOS.find((one) => one.name === name);
  const plan = crashes.map(readCrash);
  if (kind !== "exec" || !scenario || plan.includes(null)) return null;
  const enumeration = new ExecEnumeration(scenario, {
    counts: newExecCounts(),
    violations: [],
    known: new Set(),
  });
  enumeration.onCall = (call) => print(`${enumeration.world.elapsedMs} ms ${call}`);
  let points = await enumeration.recordBase();
  for (const crash of plan) {
    const point = crash && points[crash.index];
    if (!point) return null;
    print(`--- it ends right after "${point.call}"; what survives: ${crash.survivor}`);
    enumeration.crash(point, crash.survivor);
    points = await enumeration.record();
  }
  return [...enumeration.world.violations];
}

function readCrash(text: string) {
  const [index, name] = text.split(".");
  const survivor = EXEC_SURVIVORS.find((one) => String(one) === name);
  return survivor === undefined || !/^\d+$/.test(index ?? "") ? null : { index: Number(index), survivor };
}
