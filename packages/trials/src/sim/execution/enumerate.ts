import { digestDisk } from "../digest-state.ts";
import type { FoundViolation } from "../enumerate.ts";
import { checkRest } from "./check-rest.ts";
import { playToRest } from "./play.ts";
import { prepareWorld } from "./prepare.ts";
import { STORIES, type ExecScenario } from "./scenarios.ts";
import { EXEC_SURVIVORS, surviveExec, type ExecSurvivor } from "./survive.ts";
import { ExecWorld, type ExecSnapshot } from "./world.ts";

export interface ExecCounts {
  /** Crash point times what survives it, times faults, providers and lags. */
  execPlans: number;
  /** Of these, crashes while recovering from a crash. */
  execDoubles: number;
  /** Runs really played; a world that was met before ends as it did then. */
  execRuns: number;
}

export function newExecCounts(): ExecCounts {
  return { execPlans: 0, execDoubles: 0, execRuns: 0 };
}

export interface ExecPoint {
  call: string;
  snapshot: ExecSnapshot;
}

export interface ExecCrash {
  index: number;
  survivor: ExecSurvivor;
}

/** What several enumerations share: a world that was met in one need not be played in another. */
export interface Shared {
  counts: ExecCounts;
  violations: FoundViolation[];
  known: Set<string>;
}

/** Every crash of one scenario, and every crash while recovering from one. */
export class ExecEnumeration {
  readonly scenario: ExecScenario;
  readonly singles: { crash: ExecCrash; point: ExecPoint }[] = [];
  /** Told of every change, for the trace of a replay. */
  onCall: ((call: string) => void) | null = null;
  readonly world: ExecWorld;
  readonly #shared: Shared;
  #start: ExecSnapshot | null = null;

  constructor(scenario: ExecScenario, shared: Shared) {
    this.scenario = scenario;
    this.#shared = shared;
    this.world = new ExecWorld(scenario.kind, scenario.lagMs);
  }

  /** The run without a crash. */
  async recordBase(): Promise<ExecPoint[]> {
    const { world } = this;
    await prepareWorld(world, 1);
    world.outside = { ...world.outside, faults: this.scenario.faults };
    this.#start = world.snapshot();
    world.restore(this.#start);
    const points = await this.record();
    this.#keepViolation([]);
    return points;
  }

  async runSingles(isOver: () => boolean): Promise<void> {
    const points = await this.recordBase();
    await this.#crashAll(points, [], isOver, (crash, point) => this.singles.push({ crash, point }));
  }

  /** Crashes the recovery from one crash at every point of it. */
  async runDoubles(
    { crash, point }: { crash: ExecCrash; point: ExecPoint },
    isOver: () => boolean,
  ): Promise<void> {
    this.crash(point, crash.survivor);
    const points = await this.record();
    await this.#crashAll(points, [crash], isOver);
  }

  /** The world as it is when the laptop starts again. */
  crash(point: ExecPoint, survivor: ExecSurvivor): void {
    this.world.restore(surviveExec(point.snapshot, survivor, this.#start ?? point.snapshot));
  }

  /** Plays on from where the world stands and puts down every moment at which it may end. */
  async record(): Promise<ExecPoint[]> {
    const { world } = this;
    const points: ExecPoint[] = [{ call: "start", snapshot: world.snapshot() }];
    world.onEffect = (call) => {
      this.onCall?.(call);
      points.push({ call, snapshot: world.snapshot() });
    };
    await this.#finish();
    return points;
  }

  async #finish(): Promise<void> {
    const { world } = this;
    try {
      await playToRest(world, STORIES[this.scenario.story] ?? []);
      if (world.violations.length === 0) checkRest(world);
    } catch (error) {
      world.report("no unforeseen error", error instanceof Error ? error.message : String(error));
    }
    world.onEffect = null;
    this.#shared.counts.execRuns += 1;
  }

  async #crashAll(
    points: readonly ExecPoint[],
    before: readonly ExecCrash[],
    isOver: () => boolean,
    onNew: (crash: ExecCrash, point: ExecPoint) => void = () => undefined,
  ): Promise<void> {
    const { counts, known } = this.#shared;
    for (const [index, point] of points.entries()) {
      const pointKey = `point ${this.#keyOf(point.snapshot)}`;
      const isKnownPoint = known.has(pointKey);
      for (const survivor of EXEC_SURVIVORS) {
        if (isOver()) return;
        counts.execPlans += 1;
        if (before.length > 0) counts.execDoubles += 1;
        if (isKnownPoint) continue;
        const crash = { index, survivor };
        this.crash(point, survivor);
        const key = this.#keyOf(this.world.snapshot());
        if (known.has(key)) continue;
        onNew(crash, point);
        this.world.onEffect = this.onCall;
        await this.#finish();
        if (!this.#keepViolation([...before, crash])) known.add(key);
      }
      known.add(pointKey);
    }
  }

  #keepViolation(crashes: readonly ExecCrash[]): boolean {
    const [first] = this.world.violations;
    if (!first) return false;
    const plan = crashes.map(({ index, survivor }) => `${index}.${survivor}`);
    const seed = ["exec", this.scenario.name, ...plan].join(":");
    this.#shared.violations.push({ ...first, seed });
    return true;
  }

  /** Equal for worlds that go on in the same way. */
  #keyOf({ disk, outside, truth, ...rest }: ExecSnapshot): string {
    const { kind, lagMs, story } = this.scenario;
    return [kind, lagMs, story, digestDisk(disk), JSON.stringify([outside, truth, rest])].join(" ");
  }
}
