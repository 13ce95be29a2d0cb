import { createSeededRandom } from "@nightdesk/testkit";
import { checkTasksKept } from "./checks/vault.ts";
import { digestDisk } from "./digest-state.ts";
import { StepRunner, type CrashPoint } from "./run-steps.ts";
import type { Scenario } from "./scenarios.ts";
import { surviveCrash, SURVIVORS, type Survivor } from "./survivors.ts";
import { digestTruth, type Truth } from "./truth.ts";
import { START_MS, type Violation, type WorldSnapshot } from "./world.ts";

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
  readonly #seen = new Set<string>();
  readonly #truths = new WeakMap<Truth, string>();
  /** First crashes whose recoveries differ, not yet crashed themselves. */
  readonly singles: { crash: Crash; point: CrashPoint }[] = [];

  constructor(scenario: Scenario, counts: Counts) {
    this.scenario = scenario;
    this.#counts = counts;
    this.runner = new StepRunner(scenario.agents);
    this.runner.mayConflict = scenario.mayConflict;
  }

  /** The run without a crash, and a run on from each crash in it. `share` of `shares` machines do this together. */
  async runSingles(share: number, shares: number, isOver: () => boolean): Promise<void> {
    const points = await this.recordBase();
    if (points === null) return;
    for (const [index, point] of points.entries()) {
      if (index % shares !== share) continue;
      for (const survivor of SURVIVORS) {
        if (isOver()) return;
        const crash = { index, survivor };
        this.#counts.plans += 1;
        if (!this.#isNew(point, crash, 1)) continue;
        this.singles.push({ crash, point });
        await this.#continue(point, [crash]);
      }
    }
  }

  /** Crashes the recovery from one crash at every point of it. */
  async runDoubles(
    { crash, point }: { crash: Crash; point: CrashPoint },
    isOver: () => boolean,
  ): Promise<void> {
    const points: CrashPoint[] = [];
    await this.#continue(point, [crash], points);
    for (const [index, second] of points.entries()) {
      for (const survivor of SURVIVORS) {
        if (isOver()) return;
        this.#counts.plans += 1;
        this.#counts.doubles += 1;
        const again = { index, survivor };
        if (this.#isNew(second, again, 2)) await this.#continue(second, [crash, again]);
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

  /** Goes on from a crash. Returns the points of the recovery when asked to put them down. */
  async #continue(
    point: CrashPoint,
    crashes: readonly Crash[],
    record: CrashPoint[] | null = null,
  ): Promise<void> {
    const { runner, scenario } = this;
    const crash = crashes.at(-1);
    if (!crash) return;
    crashWorld(runner, point, crash.survivor, crashes.length);
    runner.record = record;
    await runner.play(scenario.steps, point.step + 1);
    runner.record = null;
    this.#counts.runs += 1;
    this.#keepViolation(crashes);
  }

  #keepViolation(crashes: readonly Crash[]): boolean {
    const [first] = this.runner.world.violations;
    if (!first) return false;
    this.#counts.violations.push({ ...first, seed: toSeed(this.scenario, crashes) });
    return true;
  }

  #isNew(point: CrashPoint, crash: Crash, depth: number): boolean {
    const key = `${depth} ${point.step} ${this.#digest(point, crash.survivor)}`;
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }

  #digest(point: CrashPoint, survivor: Survivor): string {
    const { snapshot } = point;
    let truth = this.#truths.get(snapshot.truth);
    if (truth === undefined) this.#truths.set(snapshot.truth, (truth = digestTruth(snapshot.truth)));
    const disks = Object.entries(snapshot.disks).map(([agent, state]) =>
      digestDisk(agent === point.agent ? surviveCrash(state, survivor, point.step) : state),
    );
    return [point.agent, truth, tipOf(snapshot), ...disks].join(" ");
  }
}

function tipOf({ landings }: WorldSnapshot): string {
  return `${landings.length} ${landings.at(-1)?.commit ?? ""}`;
}

/** The world as it is when the machine starts again, much later. */
export function crashWorld(runner: StepRunner, point: CrashPoint, survivor: Survivor, depth: number): void {
  const { world } = runner;
  const state = point.snapshot.disks[point.agent];
  if (!state) return;
  const left = surviveCrash(state, survivor, point.step);
  world.restore({ ...point.snapshot, disks: { ...point.snapshot.disks, [point.agent]: left } });
  world.nowMs = START_MS + 3_600_000 * depth + point.step * 60_000;
  checkTasksKept(world, point.agent, point.kept, left);
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
