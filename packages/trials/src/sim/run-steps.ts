import type { AgentName } from "@nightdesk/claim-lib";
import type { CycleReport } from "@nightdesk/vault-sync";
import { ACTIONS, type ActionName } from "./actions.ts";
import { checkEnd, checkNoConflict } from "./checks/end.ts";
import { checkLanding } from "./checks/history.ts";
import {
  checkForbidden,
  checkPresented,
  checkPublished,
  checkTasksKept,
  taskKeysOf,
} from "./checks/vault.ts";
import type { Machine } from "./machine.ts";
import { START_MS, World, type WorldHooks, type WorldSnapshot } from "./world.ts";

export interface Step {
  agent: AgentName;
  what: ActionName | "round";
  n: number;
}

/** A moment at which a machine may stop for good. */
export interface CrashPoint {
  /** Index of the step under way. */
  step: number;
  agent: AgentName;
  /** The call that had just been done. */
  call: string;
  snapshot: WorldSnapshot;
  /** Tasks that lay safe on this machine's disk when the step began. */
  kept: ReadonlySet<string>;
}

/** Rounds of each machine after which all that are left alone must agree. */
const MAX_LAST_ROUNDS = 12;

/** Decides about the rest of a run that goes on from a crash. */
export interface GoOn {
  /** Told before each step; true when the rest is known and need not be played. */
  isKnown: (index: number) => boolean;
}

/** When the steps of a run on from a crash are taken: long after whatever was saved before. */
const AFTER_CRASH_MS = START_MS + 86_400_000;
const STEP_MS = 60_000;

/** Plays steps one after the other, looking at everything from outside after each call that leaves a trace. */
export class StepRunner {
  readonly world: World;
  /** Where crash points are put down; null to only run. */
  record: CrashPoint[] | null = null;
  /** Told of every call with an effect, for the trace of a replay. */
  onCall: ((agent: AgentName, call: string) => void) | undefined;
  /** False where no two people write one note: then no text may be kept beside another. */
  mayConflict = true;
  #goesOn: GoOn | null = null;
  #step = 0;
  #kept: ReadonlySet<string> = new Set();

  constructor(agents: readonly AgentName[], seed = 1) {
    const hooks: WorldHooks = { onEffect: (agent, call) => this.#look(agent, call) };
    this.world = new World(agents, hooks, seed);
    this.world.remote.onLanding = (landing) =>
      checkLanding(this.world, landing, this.world.remote.landings.at(-2)?.commit ?? null);
  }

  /** Plays `steps` from an index on, then rounds until nothing moves, then looks at the end. */
  async play(steps: readonly Step[], from = 0): Promise<void> {
    await this.guarded(async () => {
      for (let index = from; index < steps.length; index += 1) {
        const step = steps[index];
        if (this.#isEndKnown(index)) return;
        if (step) await this.take(step, index);
        if (this.world.violations.length > 0) return;
      }
      await this.settle(Math.max(from, steps.length));
    });
  }

  /**
   * Plays on from a crash. Every step begins at its own time from what lies on the disks alone, so that two runs that
   * stand before the same step with the same disks go on in the same way.
   */
  async playOn(steps: readonly Step[], from: number, goOn: GoOn): Promise<void> {
    this.#goesOn = goOn;
    await this.play(steps, from);
    this.#goesOn = null;
  }

  #isEndKnown(index: number): boolean {
    if (this.#goesOn === null) return false;
    for (const machine of this.world.machines) machine.forget();
    return this.#goesOn.isKnown(index);
  }

  /** What nobody foresaw is a broken promise too. */
  async guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.world.report("no unforeseen error", error instanceof Error ? error.message : String(error));
    }
  }

  async take({ agent, what, n }: Step, index: number): Promise<void> {
    const machine = this.world.machine(agent);
    this.#begin(machine, index);
    if (what === "round") await machine.round();
    else await ACTIONS[what](this.world, machine, n);
    this.lookAtMachine(machine);
  }

  /** Rounds in turn until nobody finds anything to do. */
  async settle(from: number): Promise<void> {
    const { world } = this;
    const { machines } = world;
    let quiet = 0;
    for (let index = from; index < from + MAX_LAST_ROUNDS * machines.length; index += 1) {
      const machine = machines[index % machines.length];
      if (world.violations.length > 0 || this.#isEndKnown(index)) return;
      if (!machine || quiet >= machines.length) break;
      this.#begin(machine, index);
      const report = await machine.round();
      quiet = countMoves(report) === 0 ? quiet + 1 : 0;
      this.lookAtMachine(machine);
    }
    if (world.violations.length === 0) checkEnd(world);
    if (!this.mayConflict) checkNoConflict(world);
  }

  lookAtMachine(machine: Machine): void {
    checkPresented(this.world, machine);
    checkPublished(this.world, machine);
    checkForbidden(this.world, machine);
  }

  #begin(machine: Machine, index: number): void {
    if (this.#goesOn === null) this.world.nowMs += 2_000;
    else this.world.nowMs = AFTER_CRASH_MS + index * STEP_MS;
    this.#step = index;
    this.#kept = taskKeysOf(machine.disk.peek());
  }

  #look(agent: AgentName, call: string): void {
    this.onCall?.(agent, call);
    const machine = this.world.machine(agent);
    const state = machine.disk.peek();
    if (VAULT_CALL.test(call)) checkTasksKept(this.world, agent, this.#kept, state);
    if (call.includes("/published.json")) checkPublished(this.world, machine);
    if (call.includes("/Pending_Approval/")) checkPresented(this.world, machine);
    if (this.record)
      this.record.push({ step: this.#step, agent, call, snapshot: this.world.snapshot(), kept: this.#kept });
  }
}

/** Waiting longer than this is for records alone, which ride with the next change. */
const SOON_MS = 300_000;

/** 0 when a round found nothing to do and nothing to wait for. */
export function countMoves(report: CycleReport | null): number {
  if (report === null) return 1;
  const waits = report.retryInMs !== null && report.retryInMs < SOON_MS ? 1 : 0;
  return waits + report.applied + report.published + report.held.length + report.busy;
}

const VAULT_CALL = /^(rename|unlink) \/vault\//;

export function parseSteps(text: string): Step[] {
  return text
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      const [agent = "", what = "", n = "0"] = part.split(" ");
      return { agent: agent as AgentName, what: what as Step["what"], n: Number(n) };
    });
}
