import { createSeededRandom } from "@nightdesk/testkit";
import { checkTasksKept } from "./checks/vault.ts";
import { digestDisk } from "./digest-state.ts";
import { StepRunner, type CrashPoint } from "./run-steps.ts";
import type { Scenario } from "./scenarios.ts";
import { surviveCrash, SURVIVORS, type Survivor } from "./survivors.ts";
import { digestTruth, type Truth } from "./truth.ts";
import { START_MS, type Violation } from "./world.ts";

export interface Counts {
  /** Ways to crash whose end is known: crash point times what survives it. */
  plans: number;
  /** Of these, crashes during the recovery from a crash. */
  doubles: number;
  /** Continuations really played; a state that was met before ends as it did then. */
  runs: number;
  violations: FoundViolation[];
}

export interface FoundViolation extends Violation {
  seed: string;
}

export function newCounts(): Counts {
  return { plans: 0, doubles: 0, runs: 0, violations: [] };
}

/** One crash of a plan: which point of its run, and what survives. */
export interface Crash {
  index: number;
  survivor: Survivor;
}

/** Every crash of one scenario, and every crash in the recoveries. */
export class Enumeration {
  readonly scenario: Scenario;
  readonly runner: StepRunner;
  readonly #counts: Counts;
  /** Before which step the world stood how, of all runs that ended well. */
  readonly #known = new Set<string>();
  readonly #truths = new WeakMap<Truth, string>();
  #points: readonly CrashPoint[] | null = null;
  /** First crashes whose recoveries differ, not yet crashed themselves. */
  readonly singles: { crash: Crash; point: CrashPoint }[] = [];

  constructor(scenario: Scenario, counts: Counts) {
    this.scenario = scenario;
    this.#counts = counts;
    this.runner = new StepRunner(scenario.agents);
    this.runner.mayConflict = scenario.mayConflict;
  }

  /** The run without a crash, and a run on from each crash in it: from each `parts`-th one, beginning at `part`. */
  async runSingles(isOver: () => boolean, part = 0, parts = 1): Promise<void> {
    this.#points ??= (await this.recordBase()) ?? [];
    for (const [index, point] of this.#points.entries()) {
      if (index % parts !== part) continue;
      for (const survivor of SURVIVORS) {
        if (isOver()) return;
        const crash = { index, survivor };
        this.#counts.plans += 1;
        if (!crashWorld(this.runner, point, survivor) || this.#isKnown(point.step + 1)) continue;
        this.singles.push({ crash, point });
        await this.#goOn(point, [crash]);
      }
    }
  }

  /** Crashes the recovery from one crash at every point of it. */
  async runDoubles(
    { crash, point }: { crash: Crash; point: CrashPoint },
    isOver: () => boolean,
  ): Promise<void> {
    const { runner, scenario } = this;
    const points: CrashPoint[] = [];
    crashWorld(runner, point, crash.survivor);
    runner.record = points;
    await runner.playOn(scenario.steps, point.step + 1, { isKnown: () => false });
    runner.record = null;
    this.#counts.runs += 1;
    for (const [index, second] of points.entries()) {
      for (const survivor of SURVIVORS) {
        if (isOver()) return;
        this.#counts.plans += 1;
        this.#counts.doubles += 1;
        const again = { index, survivor };
        if (!crashWorld(runner, second, survivor) || this.#isKnown(second.step + 1)) continue;
        await this.#goOn(second, [crash, again]);
      }
    }
  }

  /** Plays the scenario without a crash; null when even that breaks a promise. */
  async recordBase(): Promise<CrashPoint[] | null> {
    const { runner, scenario } = this;
    await runner.world.init();
    await runner.play([...scenario.prepare], 0);
    const start = runner.world.snapshot();
    runner.world.restore(start);
    runner.world.nowMs = START_MS + 600_000;
    const points: CrashPoint[] = [];
    runner.record = points;
    await runner.play(scenario.steps);
    runner.record = null;
    this.#counts.runs += 1;
    return this.#keepViolation([]) ? null : points;
  }

  /** Goes on from a crash until the rest is known. */
  async #goOn(point: CrashPoint, crashes: readonly Crash[]): Promise<void> {
    const { runner, scenario } = this;
    const visited: string[] = [];
    const isKnown = (index: number) => {
      const key = this.#keyOf(index);
      visited.push(key);
      return this.#known.has(key);
    };
    await runner.playOn(scenario.steps, point.step + 1, { isKnown });
    this.#counts.runs += 1;
    if (!this.#keepViolation(crashes)) for (const key of visited) this.#known.add(key);
  }

  #keepViolation(crashes: readonly Crash[]): boolean {
    const [first] = this.runner.world.violations;
    if (!first) return false;
    this.#counts.violations.push({ ...first, seed: toSeed(this.scenario, crashes) });
    return true;
  }

  #isKnown(index: number): boolean {
    return this.runner.world.violations.length === 0 && this.#known.has(this.#keyOf(index));
  }

  /** Equal for worlds that stand before the same step and go on in the same way. */
  #keyOf(index: number): string {
    const { truth, machines, remote } = this.runner.world;
    let known = this.#truths.get(truth);
    if (known === undefined) this.#truths.set(truth, (known = digestTruth(truth)));
    const disks = machines.map(({ disk }) => digestDisk(disk.snapshot()));
    return [index, remote.landings.length, remote.tip ?? "", known, ...disks].join(" ");
  }
}

/** The world as it is when the machine that crashed starts again. False when there is no such machine in it. */
export function crashWorld(runner: StepRunner, point: CrashPoint, survivor: Survivor): boolean {
  const { world } = runner;
  const state = point.snapshot.disks[point.agent];
  if (!state) return false;
  const left = surviveCrash(state, survivor, point.step);
  world.restore({ ...point.snapshot, disks: { ...point.snapshot.disks, [point.agent]: left } });
  checkTasksKept(world, point.agent, point.kept, left);
  return true;
}

function toSeed(scenario: Scenario, crashes: readonly Crash[]): string {
  return ["crash", scenario.name, ...crashes.map(({ index, survivor }) => `${index}.${survivor}`)].join(":");
}

/** The order in which first crashes are crashed again. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = createSeededRandom(seed);
  return items
    .map((item) => ({ item, at: random.fraction() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
