import type { FoundViolation } from "../enumerate.ts";
import { shuffled } from "../enumerate.ts";
import { ExecEnumeration, newExecCounts, type ExecCounts, type Shared } from "./enumerate.ts";
import { ExecRandomRun } from "./random-run.ts";
import { EXEC_SCENARIOS, type ExecScenario } from "./scenarios.ts";

/** What one worker does of it. */
export interface ExecTask {
  share: number;
  shares: number;
  seed: number;
  /** Begins with what has no fault in it, and takes a random run after each. */
  isHunt: boolean;
}

export interface ExecResult extends ExecCounts {
  /** Faults and crashes in random runs. */
  execFaults: number;
  /** In which every single crash was tried, of `EXEC_SCENARIOS`. */
  execScenarios: number;
  violations: FoundViolation[];
}

/** Part of the time that goes into random runs once all single crashes are tried. */
const RANDOM_PART = 0.3;
/** A hunt tries a little of everything in turn, to meet all of it early. */
const DOUBLES_IN_HUNT = 8;
const RANDOM_IN_HUNT = 3;

/** The execution of approvals: every crash, crashes in recoveries, random runs, until the time is over. */
export async function runExecution(task: ExecTask, isOver: (found: number) => boolean): Promise<ExecResult> {
  const shared: Shared = { counts: newExecCounts(), violations: [], known: new Set() };
  const result = { execFaults: 0 };
  const isEnd = () => isOver(shared.violations.length);
  // Far apart, so that no two workers or runs close in seed try the same.
  let nextSeed = (task.seed * 1_000_003 + task.share * 500_000_000) % 2 ** 31;
  const random = async () => {
    const seed = (nextSeed += 1);
    const run = new ExecRandomRun(seed);
    const [first] = await run.run();
    shared.counts.execRuns += 1;
    result.execFaults += run.faults;
    if (first) shared.violations.push({ ...first, seed: `exec-random:${seed}` });
  };
  const mine = EXEC_SCENARIOS.filter((_, index) => index % task.shares === task.share);
  // First what has no fault in it, and where a search lags: there most can go wrong.
  const weight = ({ faults, lagMs }: ExecScenario) => (faults.length === 0 ? 0 : 2) + (lagMs > 0 ? 0 : 1);
  const enumerations = mine
    .toSorted((a, b) => weight(a) - weight(b))
    .map((scenario) => new ExecEnumeration(scenario, shared));
  let done = 0;
  for (const enumeration of enumerations) {
    if (isEnd()) break;
    await enumeration.runSingles(isEnd);
    if (!isEnd()) done += 1;
    if (!task.isHunt) continue;
    for (const single of shuffled(enumeration.singles, task.seed).slice(0, DOUBLES_IN_HUNT))
      if (!isEnd()) await enumeration.runDoubles(single, isEnd);
    for (let run = 0; run < RANDOM_IN_HUNT && !isEnd(); run += 1) await random();
  }
  await useTheRest(task, enumerations, random, isEnd);
  return { ...shared.counts, ...result, execScenarios: done, violations: shared.violations };
}

async function useTheRest(
  task: ExecTask,
  enumerations: readonly ExecEnumeration[],
  random: () => Promise<void>,
  isEnd: () => boolean,
): Promise<void> {
  const doubles = shuffled(
    enumerations.flatMap((enumeration) => enumeration.singles.map((single) => ({ enumeration, single }))),
    task.seed,
  );
  const startMs = performance.now();
  let randomMs = 0;
  while (!isEnd()) {
    const atMs = performance.now();
    const next = randomMs < (atMs - startMs) * RANDOM_PART ? undefined : doubles.pop();
    if (next) await next.enumeration.runDoubles(next.single, isEnd);
    else {
      await random();
      randomMs += performance.now() - atMs;
    }
  }
}
