import type { SeededRandom } from "@nightdesk/testkit";

interface Waiting {
  agent: string;
  call: string;
  dueMs: number;
  go: () => void;
}

/** How often the one who acted last acts again: whole calls in a row, and now and then somebody between two. */
const STAY = 0.8;

/** Lets one call at a time go on, of whichever program, as the seed says. */
export class Scheduler {
  readonly #random: SeededRandom;
  #waiting: Waiting[] = [];
  #last = "";
  /** Calls go on at once, in their own order. */
  isOff = false;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Resolves when it is this call's turn, and not before the time. */
  wait(agent: string, call: string, dueMs = 0): Promise<void> {
    if (this.isOff) return Promise.resolve();
    return new Promise((go) => this.#waiting.push({ agent, call, dueMs, go }));
  }

  /** Everything this machine was doing ends where it is. */
  drop(agent: string): void {
    this.#waiting = this.#waiting.filter((one) => one.agent !== agent);
  }

  /** The machines that could go on now. */
  get isIdle(): boolean {
    return this.#waiting.length === 0;
  }

  /** Lets everybody go who waits. */
  release(): void {
    this.isOff = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { go } of waiting) go();
  }

  /** Picks the next call; returns the time it is then, or null when nobody waits. */
  next(nowMs: number): { agent: string; call: string; nowMs: number } | null {
    if (this.#waiting.length === 0) return null;
    let ready = this.#waiting.filter(({ dueMs }) => dueMs <= nowMs);
    let time = nowMs;
    if (ready.length === 0) {
      time = Math.min(...this.#waiting.map(({ dueMs }) => dueMs));
      ready = this.#waiting.filter(({ dueMs }) => dueMs <= time);
    }
    const same = ready.filter(({ agent }) => agent === this.#last);
    const from = same.length > 0 && this.#random.fraction() < STAY ? same : ready;
    const chosen = this.#random.pick(from);
    this.#waiting.splice(this.#waiting.indexOf(chosen), 1);
    this.#last = chosen.agent;
    chosen.go();
    return { agent: chosen.agent, call: chosen.call, nowMs: time };
  }
}

/** Resolves when every program has gone as far as it can. */
export function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
