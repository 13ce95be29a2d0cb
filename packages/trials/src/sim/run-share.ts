import { DRILLS, runDrill } from "./drills.ts";
import { Enumeration, newCounts, shuffled, type Counts } from "./enumerate.ts";
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
}

export interface ShareResult extends Counts {
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
const FIRST_VIOLATIONS = 20;
/** A hunt takes so large a part of each scenario in turn, with a random schedule in between, to meet all of it early. */
const HUNT_PARTS = 8;

/** Drills, every crash, then random schedules and crashes during recoveries until the time is over. */
export async function runShare(task: Share): Promise<ShareResult> {
  const result: ShareResult = {
    ...newCounts(),
    schedules: 0,
    calls: 0,
    faults: 0,
    drills: 0,
    crashedAgain: 0,
    singles: 0,
  };
  // A hunt counts computing time, so that it gets as far on a busy machine as on a quiet one.
  const nowMs = () => (task.isHunt ? process.cpuUsage().user / 1000 : performance.now());
  const startMs = nowMs();
  const endMs = startMs + task.seconds * 1000;
  const isFound = () => result.violations.length >= (task.isHunt ? 1 : FIRST_VIOLATIONS);
  const isOver = () => nowMs() > endMs || isFound();
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
  await useTheRest(task, result, { enumerations, schedule, nowMs, isOver });
  return result;
}

interface Rest {
  enumerations: readonly Enumeration[];
  schedule: () => Promise<void>;
  nowMs: () => number;
  isOver: () => boolean;
}

/** Crashes during recoveries, and random schedules in between, until the time is over. */
async function useTheRest(task: Share, result: ShareResult, rest: Rest): Promise<void> {
  const { enumerations, schedule, nowMs, isOver } = rest;
  const startMs = nowMs();
  const doubles = shuffled(
    enumerations.flatMap((enumeration) => enumeration.singles.map((single) => ({ enumeration, single }))),
    task.seed,
  );
  result.singles = doubles.length;
  let randomMs = 0;
  while (!isOver()) {
    const at = nowMs();
    const isRandomsTurn = doubles.length === 0 || randomMs < (at - startMs) * RANDOM_PART;
    if (isRandomsTurn) {
      await schedule();
      randomMs += nowMs() - at;
    } else {
      const next = doubles.pop();
      if (!next) continue;
      await next.enumeration.runDoubles(next.single, isOver);
      if (!isOver()) result.crashedAgain += 1;
    }
  }
}

async function runDrills(task: Share, result: ShareResult, isOver: () => boolean): Promise<void> {
  for (const [index, [name, drill]] of Object.entries(DRILLS).entries()) {
    if (index % task.shares !== task.share || isOver()) continue;
    const { world } = await runDrill(drill);
    result.drills += 1;
    const [first] = world.violations;
    if (first) result.violations.push({ ...first, seed: `drill:${name}` });
  }
}
