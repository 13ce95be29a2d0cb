import { NightdeskError } from "@nightdesk/claim-lib";
import { createSeededRandom, type SeededRandom } from "@nightdesk/testkit";
import { quiet } from "../scheduler.ts";
import type { Violation } from "../world.ts";
import { checkRest } from "./check-rest.ts";
import { landDue } from "./deliver.ts";
import { gatedDisk } from "./gated-disk.ts";
import { never } from "./never.ts";
import { PROVIDERS, type ProviderKind } from "./outside.ts";
import { OWNER_ACTS, type OwnerActName } from "./owner.ts";
import { playToRest } from "./play.ts";
import { prepareWorld } from "./prepare.ts";
import { Program } from "./program.ts";
import { ALL_PLANNED_FAULTS } from "./scenarios.ts";
import { EXEC_SURVIVORS, surviveExec } from "./survive.ts";
import { ExecWorld, type ExecSnapshot } from "./world.ts";

const TASKS = 2;
const ROUNDS = 25;
const HOUR_MS = 3_600_000;

/** How often the owner does what. */
const OWNERS_DAY: readonly OwnerActName[] = [
  ...Array<OwnerActName>(8).fill("approve"),
  ...Array<OwnerActName>(3).fill("edit"),
  ...([
    "editPending",
    "takeBack",
    "takeBack",
    "reject",
    "remove",
    "copy",
    "stop",
    "resume",
    "resume",
  ] as const),
  ...(["editUnderWay", "moveUnderWay", "dropDraft", "editDraft"] as const),
];
/** Of these a run has none, so that what they excuse does not hide anything else. */
const TAMPERING: ReadonlySet<OwnerActName> = new Set([
  "copy",
  "editUnderWay",
  "moveUnderWay",
  "dropDraft",
  "editDraft",
  "reject",
]);

interface Trouble {
  crash: number;
  fault: number;
  jump: number;
  act: number;
  rollback: number;
  switchMode: number;
  isTampering: boolean;
}

/** One run in which the owner acts at any moment and everything may fail; the seed says all of it. */
export class ExecRandomRun {
  readonly world: ExecWorld;
  faults = 0;
  readonly #random: SeededRandom;
  readonly #trouble: Trouble;
  readonly #trace: ((line: string) => void) | undefined;
  /** What a backup may hold: the laptop as it was before one of its starts. */
  #copy: ExecSnapshot | null = null;
  #program: Program | null = null;
  /** Ends the wait for a program that is gone. */
  #crashed: (() => void) | null = null;
  #isActing = false;
  #lastMode: ExecWorld["mode"] = "live";
  #isCalm = false;

  constructor(seed: number, trace?: (line: string) => void) {
    const random = createSeededRandom(seed);
    this.#random = random;
    this.#trace = trace;
    const kind: ProviderKind = random.pick(PROVIDERS);
    this.world = new ExecWorld(kind, random.pick([0, 1_000, 4_000, 10_000, 15_000]));
    const some = (most: number) => (random.fraction() < 0.5 ? 0 : random.fraction() * most);
    this.#trouble = {
      crash: 0.02 * random.fraction(),
      fault: some(0.5),
      jump: some(0.1),
      act: 0.004 * random.fraction(),
      rollback: random.fraction() < 0.2 ? 0.3 : 0,
      switchMode: random.fraction() < 0.15 ? 0.4 : 0,
      isTampering: random.fraction() < 0.4,
    };
  }

  async run(): Promise<readonly Violation[]> {
    const { world } = this;
    this.#trace?.(`provider ${world.kind}, lag ${world.lagMs} ms`);
    try {
      await prepareWorld(world, TASKS);
      await this.#live();
      if (world.violations.length === 0) await this.#settle();
    } catch (error) {
      world.report("no unforeseen error", error instanceof Error ? error.message : String(error));
    }
    return world.violations;
  }

  async #live(): Promise<void> {
    const { world } = this;
    world.onEffect = (call) => this.#afterEffect(call);
    for (let round = 0; round < ROUNDS && world.violations.length === 0; round += 1) {
      landDue(world);
      this.#troubleBetween();
      await this.#act();
      const crashed = new Promise<void>((resolve) => (this.#crashed = resolve));
      await Promise.race([this.#workOnce(), crashed]);
      await quiet();
      world.elapsedMs += this.#random.below(4) === 0 ? this.#random.below(30_000) : this.#random.below(4_000);
    }
  }

  /** The program starts when it does not run, and every part looks once. */
  async #workOnce(): Promise<void> {
    const { world } = this;
    if (!this.#program) {
      if (this.#random.fraction() < 0.3 || this.#copy === null) this.#copy = world.snapshot();
      const { disk } = world;
      const life = { isHere: true };
      const gate = async () => {
        if (world.disk !== disk) return never<void>();
        for (let turns = this.#random.below(3); turns > 0; turns -= 1) await Promise.resolve();
        if (life.isHere && !this.#isCalm && this.#random.fraction() < this.#trouble.act)
          await this.#act(true);
        if (world.disk !== disk) await never<void>();
      };
      // What was approved while nothing ran counts as approved for the mode of the last start.
      if (world.mode === "live" && this.#lastMode === "dry_run")
        for (const task of Object.values(world.truth))
          if (task.hand === "approved") world.excuse(task.n, "mode switched");
      const program = await Program.start(world, gatedDisk(disk, gate));
      this.#lastMode = world.mode;
      if (world.disk !== disk) return;
      this.#program = program;
    }
    const parts = ["present", "reconcile", "approve"] as const;
    await this.#program?.lookTogether(parts);
  }

  /**
   * The owner does something. A note is not saved in the very milliseconds in which the program writes its own
   * line into it: nothing but the owner's own editor could keep both. (In Approved/ the program only moves.)
   */
  async #act(isInBetween = false): Promise<void> {
    const { world } = this;
    if (this.#isActing) return;
    this.#isActing = true;
    const act = this.#random.pick(OWNERS_DAY);
    const n = 1 + this.#random.below(TASKS);
    try {
      const isMeant = !TAMPERING.has(act) || this.#trouble.isTampering;
      if (isMeant && !(isInBetween && (act === "editPending" || act === "editUnderWay"))) {
        this.#trace?.(`owner ${act} ${n}`);
        await OWNER_ACTS[act](world, n);
      }
    } catch (error) {
      if (!NightdeskError.is(error)) throw error;
    } finally {
      this.#isActing = false;
    }
  }

  /** Faults to come, a clock that is set, all between two looks. */
  #troubleBetween(): void {
    const { world } = this;
    if (this.#random.fraction() < this.#trouble.fault) {
      const fault = this.#random.pick(ALL_PLANNED_FAULTS);
      this.#trace?.(`fault ahead: ${fault.at} ${fault.fault}`);
      this.faults += 1;
      world.outside = { ...world.outside, faults: [...world.outside.faults, fault] };
    }
    if (this.#random.fraction() < this.#trouble.jump) {
      const jumpMs = (this.#random.below(5) - 2) * HOUR_MS;
      this.#trace?.(`clock jumps by ${jumpMs / HOUR_MS} h`);
      this.faults += 1;
      world.skewMs += jumpMs;
      // A window begins anew when the clock is set back, and is measured on that clock from then on.
      for (const { n, touchedAtWallMs } of Object.values(world.truth))
        if (touchedAtWallMs > world.nowMs) world.know(n, { touchedAtWallMs: world.nowMs });
      // How long it was looked for cannot be told any more.
      for (const task of Object.values(world.truth))
        if (jumpMs > 0 && task.taken) world.excuse(task.n, "clock set forward");
    }
  }

  #afterEffect(call: string): void {
    this.#trace?.(`${this.world.elapsedMs} ${call}`);
    if (this.#isActing || this.#isCalm || this.#random.fraction() >= this.#trouble.crash) return;
    this.faults += 1;
    this.#crash();
  }

  /** The power goes, or one program ends, right after a change. */
  #crash(): void {
    const { world } = this;
    const what = this.#random.pick(["power", "power", "agent", "server", "both"] as const);
    if (what === "server") {
      this.#trace?.("--- the server ends");
      world.endServer();
      return;
    }
    const isRollback = this.#random.fraction() < this.#trouble.rollback;
    const choices = EXEC_SURVIVORS.filter((one) => String(one).startsWith("old-") === isRollback);
    const survivor = what === "power" || isRollback ? this.#random.pick(choices) : "kill";
    this.#trace?.(`--- ${what} ends; what survives: ${survivor}`);
    const now = world.snapshot();
    const left = surviveExec(now, survivor, this.#copy ?? now);
    Object.assign(world, { outside: left.outside, truth: left.truth, elapsedMs: left.elapsedMs });
    if (this.#random.fraction() < this.#trouble.switchMode) this.#switchMode();
    world.restartOn(left.disk, what !== "agent" || isRollback || left.mode !== world.mode);
    if (this.#program) this.#program.isAlive = false;
    this.#program = null;
    this.#crashed?.();
  }

  #switchMode(): void {
    const { world } = this;
    world.mode = world.mode === "live" ? "dry_run" : "live";
    this.#trace?.(`DEV_MODE is ${world.mode === "live" ? "off" : "on"} from now on`);
    // What was taken is looked at in the other mode, and what was approved for a rehearsal is asked about.
    for (const task of Object.values(world.truth))
      if (task.taken || task.hand === "approved") world.excuse(task.n, "mode switched");
  }

  /** All trouble is over: what was begun comes to its end. */
  async #settle(): Promise<void> {
    const { world } = this;
    this.#isCalm = true;
    this.#trace?.("--- all trouble is over");
    await OWNER_ACTS.resume(world);
    if (this.#program) this.#program.isAlive = false;
    if (world.mode !== "live") this.#switchMode();
    world.outside = { ...world.outside, faults: [] };
    world.restartOn(world.disk.snapshot());
    await playToRest(world, []);
    if (world.violations.length === 0) checkRest(world);
  }
}
