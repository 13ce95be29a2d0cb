import { DRILLS, runDrill } from "./drills.ts";
import { Enumeration, newCounts, shuffled, type Counts } from "./enumerate.ts";
import { runExecution, type ExecResult } from "./execution/run-execution.ts";
import { RandomRun } from "./random-run.ts";
import { SCENARIOS } from "./scenarios.ts";

/** What one worker does of the whole. */
export interface Share {
  share: number;
  shares: number;
  seed: number;
  seconds: number;
  /** Ends at the first broken promise, and takes a little of everything in turn. */
  isHunt: boolean;
  /** Null: both. */
  only: Part | null;
}

/** What the laptop and the cloud agree on, or what goes out of the laptop. */
export const SIM_PARTS = ["sync", "execution"] as const;
export type Part = (typeof SIM_PARTS)[number];

export interface ShareResult extends Counts, ExecResult {
  schedules: number;
  calls: number;
  /** Troubles put into random schedules. */
  faults: number;
  drills: number;
  /** First crashes that were crashed again at every point, of all there are. */
  crashedAgain: number;
  singles: number;
}

/** Part of the time that goes into random schedules. */
const RANDOM_PART = 0.3;
/** Part of the time that goes into the execution of approvals. */
const EXECUTION_PART = 0.45;
const FIRST_VIOLATIONS = 20;
/** A hunt takes so large a part of each scenario in turn, with a random schedule in between, to meet all of it early. */
const HUNT_PARTS = 8;

const NO_EXECUTION: ExecResult = {
  execPlans: 0,
  execDoubles: 0,
  execRuns: 0,
  execFaults: 0,
  execScenarios: 0,
  violations: [],
};

/** Everything about the sync, and then the execution of approvals. */
export async function runShare(task: Share): Promise<ShareResult> {
  const forExecution = task.only === null ? EXECUTION_PART : task.only === "execution" ? 1 : 0;
  const sync = await runSync({ ...task, seconds: task.seconds * (1 - forExecution) });
  const isDone = forExecution === 0 || (task.isHunt && sync.violations.length > 0);
  const isOver = createEnd(task, task.seconds * forExecution);
  const execution = isDone ? NO_EXECUTION : await runExecution(task, isOver);
  return { ...sync, ...execution, violations: [...sync.violations, ...execution.violations] };
}

/** A hunt counts computing time, so that it gets as far on a busy machine as on a quiet one. */
function createEnd({ isHunt }: Share, seconds: number): (found: number) => boolean {
  const nowMs = () => (isHunt ? process.cpuUsage().user / 1000 : performance.now());
  const endMs = nowMs() + seconds * 1000;
  return (found) => nowMs() > endMs || found >= (isHunt ? 1 : FIRST_VIOLATIONS);
}

type SyncResult = Omit<ShareResult, keyof ExecResult> & Counts;

/** Drills, every crash, then random schedules and crashes during recoveries until the time is over. */
async function runSync(task: Share): Promise<SyncResult> {
  const result: SyncResult = {
    ...newCounts(),
    schedules: 0,
    calls: 0,
    faults: 0,
    drills: 0,
    crashedAgain: 0,
    singles: 0,
  };
  const isEnd = createEnd(task, task.seconds);
  const isOver = () => isEnd(result.violations.length);
  // Far apart, so that no two workers or runs close in seed try the same.
  let nextSeed = (task.seed * 1_000_003 + task.share * 500_000_000) % 2 ** 31;
  const schedule = async () => {
    const seed = (nextSeed += 1);
    const { calls, faults, violations } = await new RandomRun(seed).run();
    result.schedules += 1;
    result.calls += calls;
    result.faults += faults;
    const [first] = violations;
    if (first) result.violations.push({ ...first, seed: `random:${seed}` });
  };
  // Whole scenarios: what one crash led to is known for the next one beside it.
  const scenarios = SCENARIOS.filter((_, index) => index % task.shares === task.share);
  await runDrills(task, result, isOver);
  // Without a crash first: what breaks even so is found in a second.
  for (const scenario of scenarios) if (!isOver()) await new Enumeration(scenario, result).recordBase();
  const enumerations = scenarios.map((scenario) => new Enumeration(scenario, result));
  const parts = task.isHunt ? HUNT_PARTS : 1;
  for (let part = 0; part < parts; part += 1) {
    for (const enumeration of enumerations) {
      if (isOver()) break;
      await enumeration.runSingles(isOver, part, parts);
      if (task.isHunt && !isOver()) await schedule();
    }
  }
  await useTheRest(task, result, { enumerations, schedule, isOver });
  return result;
}

interface Rest {
  enumerations: readonly Enumeration[];
  schedule: () => Promise<void>;
  isOver: () => boolean;
}

/** Crashes during recoveries, and random schedules in between, until the time is over. */
async function useTheRest(task: Share, result: SyncResult, rest: Rest): Promise<void> {
  const { enumerations, schedule, isOver } = rest;
  const startMs = performance.now();
  const doubles = shuffled(
    enumerations.flatMap((enumeration) => enumeration.singles.map((single) => ({ enumeration, single }))),
    task.seed,
  );
  result.singles = doubles.length;
  let randomMs = 0;
  while (!isOver()) {
    const at = performance.now();
    const isRandomsTurn = doubles.length === 0 || randomMs < (at - startMs) * RANDOM_PART;
    if (isRandomsTurn) {
      await schedule();
      randomMs += performance.now() - at;
    } else {
      const next = doubles.pop();
      if (!next) continue;
      await next.enumeration.runDoubles(next.single, isOver);
      if (!isOver()) result.crashedAgain += 1;
    }
  }
}

async function runDrills(task: Share, result: SyncResult, isOver: () => boolean): Promise<void> {
  for (const [index, [name, drill]] of Object.entries(DRILLS).entries()) {
    if (index % task.shares !== task.share || isOver()) continue;
    const { world } = await runDrill(drill);
    result.drills += 1;
    const [first] = world.violations;
    if (first) result.violations.push({ ...first, seed: `drill:${name}` });
  }
}
