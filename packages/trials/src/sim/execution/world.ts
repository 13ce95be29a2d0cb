import { createNodeVaultFiles } from "@nightdesk/daemon-kit/node-vault-files";
import type { VaultFiles } from "@nightdesk/claim-lib";
import { findNode, type DiskState } from "../disk-state.ts";
import { SimDisk } from "../sim-disk.ts";
import type { Violation } from "../world.ts";
import { VAULT } from "../machine.ts";
import { watchTaking } from "./checks.ts";
import {
  NOTHING_OUTSIDE,
  type CallName,
  type Outside,
  type PlannedFault,
  type ProviderKind,
  type RequestName,
} from "./outside.ts";
import type { ExecTruth, TaskTruth } from "./truth.ts";

const START_MS = Date.UTC(2026, 10, 21, 8, 0, 0);

/** Everything a run goes on from. */
export interface ExecSnapshot {
  disk: DiskState;
  outside: Outside;
  truth: ExecTruth;
  elapsedMs: number;
  skewMs: number;
  events: number;
  starts: number;
  mode: "live" | "dry_run";
}

/** One laptop, the server of one channel on it, one provider, and what really happened. */
export class ExecWorld {
  readonly kind: ProviderKind;
  /** A search finds what happened only after so long. */
  readonly lagMs: number;
  disk: SimDisk;
  outside: Outside = NOTHING_OUTSIDE;
  truth: ExecTruth = {};
  /** Time that nobody can set. */
  elapsedMs = 0;
  /** How far the laptop's clock is off. */
  skewMs = 0;
  /** How many of the run's events have taken place. */
  events = 0;
  /** How often the program was started. */
  starts = 0;
  mode: "live" | "dry_run" = "live";
  /** Whoever was started before the last power cut or restart may do nothing any more. */
  serverLife = 0;
  #callers: (() => void)[] = [];
  readonly violations: Violation[] = [];
  /** Told of every change anywhere. */
  onEffect: ((call: string) => void) | null = null;

  constructor(kind: ProviderKind, lagMs: number) {
    this.kind = kind;
    this.lagMs = lagMs;
    this.disk = this.#newDisk();
  }

  get nowMs(): number {
    return START_MS + this.elapsedMs + this.skewMs;
  }

  /** The provider's own time. */
  get trueMs(): number {
    return START_MS + this.elapsedMs;
  }

  /** The vault as the owner's own programs see it. */
  get files(): VaultFiles {
    return createNodeVaultFiles(VAULT, this.disk);
  }

  snapshot(): ExecSnapshot {
    const { outside, truth, elapsedMs, skewMs, events, starts, mode } = this;
    return { disk: this.disk.snapshot(), outside, truth, elapsedMs, skewMs, events, starts, mode };
  }

  /** Everybody who was running before is gone; what they still do is done on a disk nobody sees. */
  restore(snapshot: ExecSnapshot): void {
    const { disk, ...rest } = snapshot;
    Object.assign(this, rest);
    this.restartOn(disk);
    this.violations.length = 0;
  }

  /** Programs start again from this disk: all of them, or local-agent alone. */
  restartOn(disk: DiskState, isServerGone = true): void {
    this.disk = this.#newDisk(disk);
    if (isServerGone) this.endServer();
  }

  /** The server's process ends in the middle of whatever it does; it is started again when it is called. */
  endServer(): void {
    this.serverLife += 1;
    const callers = this.#callers;
    this.#callers = [];
    for (const tell of callers) tell();
  }

  /** Resolves when the server that runs now has ended. */
  serverEnd(): Promise<void> {
    return new Promise((resolve) => this.#callers.push(resolve));
  }

  text(path: string): string | null {
    const node = findNode(this.disk.peek(), path);
    return node && !node.isFolder ? node.bytes.toString("utf8") : null;
  }

  /** Everything outside changes through here. */
  change(call: string, change: Partial<Outside>): void {
    this.outside = { ...this.outside, ...change };
    this.onEffect?.(call);
  }

  task(n: number): TaskTruth | undefined {
    return this.truth[n];
  }

  know(n: number, change: Partial<TaskTruth>): void {
    const task = this.truth[n];
    if (task) this.truth = { ...this.truth, [n]: { ...task, ...change } };
  }

  /** From now on this note may be put aside, or come back with a question. */
  excuse(n: number, why: string): void {
    const known = this.truth[n]?.excuses ?? [];
    if (!known.includes(why)) this.know(n, { excuses: [...known, why] });
  }

  /** The fault this request or call meets; each is met once. */
  takeFault(at: RequestName | CallName): PlannedFault | null {
    const index = this.outside.faults.findIndex((one) => one.at === at);
    const fault = this.outside.faults[index];
    if (!fault) return null;
    this.outside = { ...this.outside, faults: this.outside.faults.toSpliced(index, 1) };
    return fault;
  }

  report(invariant: string, detail: string): void {
    this.violations.push({ invariant, detail });
  }

  #newDisk(state?: DiskState): SimDisk {
    const disk: SimDisk = new SimDisk(
      {
        now: () => this.nowMs,
        onEffect: (call) => {
          // The disk of a program that is gone.
          if (this.disk !== disk) return;
          if (call.startsWith("rename ")) watchTaking(this, call);
          this.onEffect?.(call);
        },
      },
      state,
    );
    return disk;
  }
}
