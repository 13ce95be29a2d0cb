import type { NightdeskError } from "@nightdesk/claim-lib";
import { fail } from "../errors.ts";
import { DRILLS, runDrill } from "./drills.ts";
import { crashWorld, Enumeration, newCounts } from "./enumerate.ts";
import { replayExecution } from "./execution/replay-execution.ts";
import { RandomRun } from "./random-run.ts";
import { StepRunner, type CrashPoint } from "./run-steps.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { SURVIVORS, type Survivor } from "./survivors.ts";
import type { Violation } from "./world.ts";

type Print = (line: string) => void;

/**
 * Runs one run of the simulator again, exactly, and prints each call that left a trace.
 * @param seed as the simulator printed it. Throws USAGE for anything else.
 * @returns the promises it broke; none when it kept them all
 */
export async function replay(seed: string, print: Print): Promise<readonly Violation[]> {
  const [kind, ...parts] = seed.split(":");
  const violations = await (kind === "random"
    ? replayRandom(parts, print)
    : kind === "drill"
      ? replayDrill(parts, print)
      : kind === "crash"
        ? replayCrash(parts, print)
        : replayExecuted(seed, print));
  for (const { invariant, detail } of violations) print(`BROKEN: ${invariant}: ${detail}`);
  if (violations.length === 0) print("every promise was kept");
  return violations;
}

function unknownSeed(seed: string): NightdeskError {
  return fail(
    "USAGE",
    `"${seed}" is not a seed the simulator printed; nothing was run. Seeds look like random:17, drill:laptop-put-back, crash:claim:12.none, exec-random:17 or exec:handle.10.approve.none:8.kill.`,
  );
}

async function replayExecuted(seed: string, print: Print): Promise<readonly Violation[]> {
  const violations = await replayExecution(seed, print);
  if (violations === null) throw unknownSeed(seed);
  return violations;
}

async function replayRandom([number]: string[], print: Print): Promise<readonly Violation[]> {
  const seed = Number(number);
  if (!Number.isSafeInteger(seed)) throw unknownSeed(`random:${number ?? ""}`);
  return (await new RandomRun(seed, print).run()).violations;
}

async function replayDrill([name = ""]: string[], print: Print): Promise<readonly Violation[]> {
  const drill = DRILLS[name];
  if (!drill) throw unknownSeed(`drill:${name}`);
  return (await runDrill(drill, traced(new StepRunner(["cloud", "local"]), print))).world.violations;
}

async function replayCrash([name = "", ...crashes]: string[], print: Print): Promise<readonly Violation[]> {
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (!scenario) throw unknownSeed(`crash:${name}`);
  const plan = crashes.map(readCrash);
  const enumeration = new Enumeration(scenario, newCounts());
  const runner = traced(enumeration.runner, print);
  let points = (await enumeration.recordBase()) ?? [];
  for (const { index, survivor } of plan) {
    const point = points[index];
    if (!point) throw unknownSeed(`crash:${name}:${crashes.join(":")}`);
    print(`--- ${point.agent} stops right after "${point.call}"; what survives: ${survivor}`);
    points = await goOn(runner, scenario, point, survivor);
  }
  return [...runner.world.violations];
}

async function goOn(
  runner: StepRunner,
  scenario: Scenario,
  point: CrashPoint,
  survivor: Survivor,
): Promise<CrashPoint[]> {
  crashWorld(runner, point, survivor);
  const points: CrashPoint[] = [];
  runner.record = points;
  await runner.playOn(scenario.steps, point.step + 1, { isKnown: () => false });
  runner.record = null;
  return points;
}

function readCrash(text: string): { index: number; survivor: Survivor } {
  const [index, survivor = ""] = text.split(".");
  const found = SURVIVORS.find((one) => String(one) === survivor);
  if (found === undefined || !/^\d+$/.test(index ?? "")) throw unknownSeed(text);
  return { index: Number(index), survivor: found };
}

function traced(runner: StepRunner, print: Print): StepRunner {
  runner.onCall = (agent, call) => print(`${agent} ${call}`);
  return runner;
}
