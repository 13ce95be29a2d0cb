import type { AgentName } from "@nightdesk/claim-lib";
import type { DiskState } from "./disk-state.ts";
import { Machine, VAULT } from "./machine.ts";
import { DONE, PENDING } from "./notes.ts";
import { FREE_FOLDER as NEEDS_ACTION } from "../sample-notes.ts";
import { SimRemote, type Landing, type RemoteFault } from "./sim-remote.ts";
import { NO_TRUTH, type Truth } from "./truth.ts";

export interface Violation {
  /** The promise that was broken. */
  invariant: string;
  detail: string;
}

export interface WorldSnapshot {
  disks: Readonly<Record<string, DiskState>>;
  landings: readonly Landing[];
  truth: Truth;
  nowMs: number;
}

/** What a driver may do at each call of a machine. */
export interface WorldHooks {
  gate?: (agent: AgentName, call: string) => Promise<void>;
  onEffect?: (agent: AgentName, call: string) => void;
  diskFault?: (agent: AgentName, call: string) => string | null;
  remoteFault?: (agent: AgentName, call: string) => RemoteFault | null;
  sleep?: (agent: AgentName, durationMs: number) => Promise<void>;
}

export const START_MS = Date.UTC(2026, 10, 21, 8);

const FOLDERS = [
  "Inbox",
  NEEDS_ACTION,
  "In_Progress/cloud",
  "In_Progress/cloud-2",
  "In_Progress/local",
  PENDING,
  "Approved",
  "Rejected",
  DONE,
  "Logs",
].map((folder) => `${VAULT}/${folder}`);

/** All machines, the remote between them, and what really happened. */
export class World {
  readonly remote = new SimRemote();
  readonly machines: readonly Machine[];
  readonly violations: Violation[] = [];
  readonly hooks: WorldHooks;
  /** How far each machine's clock is off. */
  readonly skewMs = new Map<string, number>();
  nowMs = START_MS;
  truth: Truth = NO_TRUTH;

  constructor(agents: readonly AgentName[], hooks: WorldHooks = {}, seed = 1) {
    this.hooks = hooks;
    this.machines = agents.map((agent, index) => this.#makeMachine(agent, seed + index));
  }

  /** Fresh disks as `nightdesk init` leaves them. */
  async init(): Promise<void> {
    for (const machine of this.machines) await machine.makeFolders(FOLDERS);
  }

  machine(agent: AgentName): Machine {
    const found = this.machines.find((machine) => machine.agent === agent);
    if (!found) throw new Error(`there is no machine ${agent} in this world`);
    return found;
  }

  snapshot(): WorldSnapshot {
    const disks = Object.fromEntries(this.machines.map(({ agent, disk }) => [agent, disk.snapshot()]));
    return { disks, landings: this.remote.landings, truth: this.truth, nowMs: this.nowMs };
  }

  /** Puts everything back to a snapshot; nothing in memory is kept. */
  restore(snapshot: WorldSnapshot): void {
    for (const machine of this.machines) {
      const state = snapshot.disks[machine.agent];
      if (state) machine.disk.restore(state);
      machine.restart();
    }
    this.remote.landings = snapshot.landings;
    this.truth = snapshot.truth;
    this.nowMs = snapshot.nowMs;
    this.violations.length = 0;
  }

  report(invariant: string, detail: string): void {
    this.violations.push({ invariant, detail });
  }

  #makeMachine(agent: AgentName, seed: number): Machine {
    const { hooks } = this;
    const now = () => this.nowMs + (this.skewMs.get(agent) ?? 0);
    const sleep =
      hooks.sleep ??
      (async (_agent: AgentName, durationMs: number) => {
        this.nowMs += durationMs;
      });
    const clock = { now, sleep: (durationMs: number) => sleep(agent, durationMs) };
    const { gate, onEffect, diskFault, remoteFault } = hooks;
    const shared = {
      gate: gate && ((call: string) => gate(agent, call)),
      onEffect: onEffect && ((call: string) => onEffect(agent, call)),
    };
    return new Machine({
      agent,
      remote: this.remote,
      clock,
      seed,
      diskHooks: { ...shared, now, fault: diskFault && ((call) => diskFault(agent, call)) },
      remoteHooks: { ...shared, fault: remoteFault && ((call) => remoteFault(agent, call)) },
    });
  }
}
