import { folderOf, NightdeskError, type AgentName } from "@nightdesk/claim-lib";
import { createSeededRandom, type SeededRandom } from "@nightdesk/testkit";
import { ACTIONS, type ActionName } from "./actions.ts";
import { checkEnd } from "./checks/end.ts";
import { checkLanding } from "./checks/history.ts";
import {
  checkForbidden,
  checkPresented,
  checkPublished,
  checkTasksKept,
  taskKeysOf,
} from "./checks/vault.ts";
import { VAULT, type Machine } from "./machine.ts";
import { quiet, Scheduler } from "./scheduler.ts";
import type { RemoteFault } from "./sim-remote.ts";
import { surviveCrash, SURVIVORS } from "./survivors.ts";
import { startRealCloud, takeTurn } from "./real-cloud.ts";
import { commitCrime, pickCrime } from "./thief.ts";
import { countMoves } from "./run-steps.ts";
import { World, type Violation } from "./world.ts";

export interface ScheduleResult {
  /** Crashes, lost replies, refusals, jumps of a clock, hostile commits, disk errors, rewinds. */
  faults: number;
  calls: number;
  violations: readonly Violation[];
}

const TASKS = 3;
const CALLS = 900;

/** What one is up to, and how often. */
const WORK: Readonly<Record<"cloud" | "local", readonly ActionName[]>> = {
  cloud: [
    "arrive",
    "arrive",
    "claim",
    "claim",
    "claim",
    "draft",
    "draft",
    "propose",
    "propose",
    "end",
    "release",
  ],
  local: [
    "approve",
    "approve",
    "approve",
    "execute",
    "execute",
    "finish",
    "finish",
    "edit",
    "reject",
    "withdraw",
    "takeBack",
    "claim",
    "rejectEarly",
    "editHandbook",
    "dropFile",
    "dropLazily",
    "writeSecret",
  ],
};

/** One run in which everybody acts at any moment and everything may fail; the seed says all of it. */
export class RandomRun {
  readonly world: World;
  readonly #random: SeededRandom;
  readonly #scheduler: Scheduler;
  readonly #trace: ((line: string) => void) | undefined;
  readonly #kept = new Map<string, ReadonlySet<string>>();
  readonly #dirty = new Map<string, Set<string>>();
  readonly #trouble: { crash: number; remote: number; disk: number; thief: number; jump: number };
  #faults = 0;
  #calls = 0;
  #isLast = false;
  readonly #isRealCloud: boolean;

  constructor(seed: number, trace?: (line: string) => void) {
    this.#random = createSeededRandom(seed);
    this.#scheduler = new Scheduler(this.#random);
    this.#trace = trace;
    const random = this.#random;
    const agents: AgentName[] = random.fraction() < 0.7 ? ["cloud", "local"] : ["cloud", "cloud-2", "local"];
    const some = (share: number, chance: number) => (random.fraction() < share ? chance : 0);
    this.#trouble = {
      crash: some(0.6, 0.004),
      remote: some(0.5, 0.15),
      disk: some(0.15, 0.004),
      thief: agents.length === 2 ? some(0.3, 0.01) : 0,
      jump: some(0.3, 0.01),
    };
    this.#isRealCloud = random.fraction() < 0.3;
    this.world = new World(agents, this.#hooks(), seed);
    this.world.remote.onLanding = (landing) => {
      this.#trace?.(`remote: ${landing.by} -> ${(landing.commit ?? "nothing").slice(0, 8)}`);
      checkLanding(this.world, landing, this.world.remote.landings.at(-2)?.commit ?? null);
    };
  }

  async run(): Promise<ScheduleResult> {
    const { world } = this;
    this.#scheduler.isOff = true;
    await world.init();
    for (const agent of ["local", "cloud", "cloud-2"] as const) {
      const machine = world.machines.find((one) => one.agent === agent);
      if (machine) await this.#startOff(machine);
      if (this.#random.fraction() < 0.5)
        world.skewMs.set(agent, Math.floor((this.#random.fraction() - 0.5) * 600_000));
    }
    this.#scheduler.isOff = false;
    for (const machine of world.machines) this.#start(machine);
    while (this.#calls < CALLS && world.violations.length === 0) await this.#step();
    this.#isLast = true;
    this.#trace?.("no more trouble from here on");
    for (let i = 0; i < 20_000 && !this.#scheduler.isIdle && world.violations.length === 0; i += 1)
      await this.#step();
    this.#scheduler.release();
    await quiet();
    if (world.violations.length === 0) await this.#settle();
    return { faults: this.#faults, calls: this.#calls, violations: world.violations };
  }

  async #startOff(machine: Machine): Promise<void> {
    this.world.nowMs += 2_000;
    if (machine.role === "local") await ACTIONS.editHandbook(this.world, machine);
    this.world.nowMs += 2_000;
    await machine.round();
  }

  /** The programs of one machine; all of them end when the last part begins. */
  #start(machine: Machine): void {
    this.#kept.set(machine.agent, taskKeysOf(machine.disk.peek()));
    void this.#watch(this.#keepInStep(machine));
    void this.#watch(
      machine.agent === "cloud" && this.#isRealCloud
        ? this.#runRealCloud(machine)
        : this.#work(machine, machine.role === "local" ? WORK.local : WORK.cloud),
    );
  }

  async #watch(program: Promise<void>): Promise<void> {
    try {
      await program;
    } catch (error) {
      this.world.report(
        "no unforeseen error",
        error instanceof Error ? (error.stack ?? error.message) : String(error),
      );
    }
  }

  async #keepInStep(machine: Machine): Promise<void> {
    const dirty = new Set<string>();
    this.#dirty.set(machine.agent, dirty);
    for (let round = 0; !this.#isLast; round += 1) {
      const isFull = round % 4 === 0 || machine.lastError !== null;
      const folders = isFull ? "all" : [...dirty];
      dirty.clear();
      await machine.round(folders, !isFull && this.#random.fraction() < 0.4);
      this.#lookAtMachine(machine);
      if (this.#random.fraction() < 0.1) await machine.keepTable();
      await machine.clock.sleep(this.#random.below(2_500));
    }
  }

  async #work(machine: Machine, actions: readonly ActionName[]): Promise<void> {
    while (!this.#isLast) {
      const what = this.#random.pick(actions);
      const n = 1 + this.#random.below(TASKS);
      this.#trace?.(`${machine.agent}: ${what} ${n}`);
      await ACTIONS[what](this.world, machine, n).catch(passErrno);
      this.#kept.set(machine.agent, taskKeysOf(machine.disk.peek()));
      await machine.clock.sleep(this.#random.below(1_500));
    }
  }

  /** The real agent claims, thinks and proposes; mails come in as before. */
  async #runRealCloud(machine: Machine): Promise<void> {
    const agent = startRealCloud(this.world, machine, this.#random.below(1_000));
    while (!this.#isLast) {
      const n = 1 + this.#random.below(TASKS);
      await ACTIONS.arrive(this.world, machine, n).catch(passErrno);
      await takeTurn(agent).catch(passErrno);
      this.#kept.set(machine.agent, taskKeysOf(machine.disk.peek()));
      await machine.clock.sleep(this.#random.below(1_500));
    }
  }

  async #step(): Promise<void> {
    await quiet();
    const next = this.#scheduler.next(this.world.nowMs);
    if (!next) return;
    this.#calls += 1;
    this.world.nowMs = next.nowMs + (this.#random.fraction() < 0.2 ? this.#random.below(20) : 0);
    this.#trace?.(`${next.agent} ${next.call}`);
    if (this.#isLast) return;
    await quiet();
    const happens = (chance: number) => chance > 0 && this.#random.fraction() < chance;
    if (happens(this.#trouble.crash)) this.#crash(this.#random.pick(this.world.machines));
    if (
      happens(this.#trouble.thief) &&
      commitCrime(this.world, pickCrime(this.#random), 1 + this.#random.below(TASKS))
    )
      this.#faults += 1;
    if (happens(this.#trouble.jump)) {
      const { agent } = this.#random.pick(this.world.machines);
      this.world.skewMs.set(agent, Math.floor((this.#random.fraction() - 0.5) * 600_000));
      this.#faults += 1;
    }
  }

  #crash(machine: Machine): void {
    const survivor = this.#random.pick(SURVIVORS);
    this.#trace?.(`${machine.agent} crashes; what survives: ${survivor}`);
    this.#faults += 1;
    this.#scheduler.drop(machine.agent);
    const left = surviveCrash(machine.disk.peek(), survivor, this.#calls);
    machine.disk.restore(left);
    machine.restart();
    this.#start(machine);
  }

  #hooks() {
    const random = this.#random;
    const isOn = (chance: number) =>
      !this.#isLast && !this.#scheduler.isOff && chance > 0 && random.fraction() < chance;
    return {
      gate: (agent: AgentName, call: string) => this.#scheduler.wait(agent, call),
      sleep: (agent: AgentName, durationMs: number) => {
        if (this.#scheduler.isOff) this.world.nowMs += durationMs;
        return this.#scheduler.wait(agent, "wakes", this.world.nowMs + durationMs);
      },
      remoteFault: (_agent: AgentName, call: string): RemoteFault | null => {
        if (!isOn(this.#trouble.remote)) return null;
        this.#faults += 1;
        const kinds: RemoteFault[] = ["unreachable", "reply-lost", "request-lost", "refuse"];
        return call.startsWith("push") ? random.pick(kinds) : "unreachable";
      },
      diskFault: (_agent: AgentName, call: string): string | null => {
        if (!/^(open|write|mkdir|sync|rename|link) /.test(call) || !isOn(this.#trouble.disk)) return null;
        this.#faults += 1;
        return random.pick(["ENOSPC", "EIO"]);
      },
      onEffect: (agent: AgentName, call: string) => this.#look(agent, call),
    };
  }

  #look(agent: AgentName, call: string): void {
    this.#trace?.(`  ${agent} did ${call}`);
    const machine = this.world.machine(agent);
    const path = /(?:^| )\/vault\/(\S.*)$/.exec(call)?.[1];
    if (path !== undefined) {
      this.#dirty.get(agent)?.add(folderOf(path));
      const from = /^rename \/vault\/(.*) -> /.exec(call)?.[1];
      if (from !== undefined) this.#dirty.get(agent)?.add(folderOf(from));
      if (/^(rename|unlink) /.test(call))
        checkTasksKept(this.world, agent, this.#kept.get(agent) ?? new Set(), machine.disk.peek());
    }
    if (call.includes("/published.json")) checkPublished(this.world, machine);
    if (call.includes(`${VAULT}/Pending_Approval/`)) checkPresented(this.world, machine);
  }

  #lookAtMachine(machine: Machine): void {
    checkPresented(this.world, machine);
    checkPublished(this.world, machine);
    checkForbidden(this.world, machine);
  }

  async #settle(): Promise<void> {
    const { world } = this;
    world.skewMs.clear();
    for (const machine of world.machines) machine.restart();
    for (let round = 0; round < 14 && world.violations.length === 0; round += 1) {
      let moved = 0;
      for (const machine of world.machines) {
        // Long enough for every save to have held still, whatever a clock said when it was made.
        world.nowMs += 600_000;
        const report = await machine.round();
        moved += countMoves(report);
        this.#lookAtMachine(machine);
      }
      if (moved === 0) break;
    }
    if (world.violations.length === 0) checkEnd(world);
  }
}

/** A disk that refuses is told to whoever works there; they go on with the next thing. */
function passErrno(error: unknown): void {
  if (!NightdeskError.is(error) && !isErrno(error)) throw error;
}

function isErrno(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EIO" || error.code === "ENOSPC");
}
