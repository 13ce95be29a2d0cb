import type { Socket } from "node:net";
import type { NetworkTrouble } from "./start-tcp-proxy.ts";

export interface LaneRules {
  trouble(): NetworkTrouble;
  isHeld(): boolean;
  isLost(): boolean;
  /** Bytes of this connection were swallowed: it never works again. */
  lose(): void;
  carried(bytes: number): void;
}

interface Waiting {
  /** Null stands for the end of the stream. */
  chunk: Buffer | null;
  atMs: number;
}

/** More than this waiting and the sender is held back, as a full socket buffer would. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** A narrow line is filled in pieces of this many milliseconds. */
const SLICE_MS = 50;

/** One direction of a connection: carries what `from` says to `to`, in order, under the rules of the moment. */
export class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #rules: LaneRules;
  readonly #queue: Waiting[] = [];
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(from: Socket, to: Socket, rules: LaneRules) {
    this.#from = from;
    this.#to = to;
    this.#rules = rules;
    from.on("data", (chunk: Buffer) => this.#hear(chunk));
    from.on("end", () => this.#hear(null));
    to.on("error", () => undefined);
  }

  /** The trouble has changed, or something waits: carries what may be carried now. */
  look(): void {
    for (let next = this.#queue[0]; next; next = this.#queue[0]) {
      const pauseMs = this.#carry(next);
      if (pauseMs === null) continue;
      clearTimeout(this.#timer);
      if (Number.isFinite(pauseMs)) this.#timer = setTimeout(() => this.look(), pauseMs);
      return;
    }
  }

  isEmpty(): boolean {
    return this.#queue.length === 0;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#drop();
  }

  #hear(chunk: Buffer | null): void {
    if (this.#isStopped) return;
    this.#queue.push({ chunk, atMs: performance.now() });
    this.#waiting += chunk?.length ?? 0;
    if (this.#waiting >= MAX_WAITING_BYTES) this.#from.pause();
    this.look();
  }

  /** Milliseconds until the next may go: null at once, Infinity when something has to change first. */
  #carry(next: Waiting): number | null {
    const { delayMs, bytesPerSecond, isBlackHole } = this.#rules.trouble();
    if (isBlackHole) this.#rules.lose();
    if (this.#rules.isLost()) {
      this.#drop();
      return null;
    }
    if (this.#rules.isHeld()) return Number.POSITIVE_INFINITY;
    const leftMs = next.atMs + delayMs - performance.now();
    if (leftMs > 0) return leftMs;
    if (next.chunk === null) {
      this.#queue.shift();
      this.#to.end();
      return null;
    }
    const size = bytesPerSecond === null ? next.chunk.length : Math.ceil((bytesPerSecond * SLICE_MS) / 1000);
    const slice = next.chunk.subarray(0, size);
    next.chunk = next.chunk.subarray(size);
    if (next.chunk.length === 0) this.#queue.shift();
    this.#waiting -= slice.length;
    this.#to.write(slice);
    this.#rules.carried(slice.length);
    if (this.#waiting < MAX_WAITING_BYTES) this.#from.resume();
    return bytesPerSecond === null ? null : SLICE_MS;
  }

  #drop(): void {
    this.#queue.length = 0;
    this.#waiting = 0;
    this.#from.resume();
  }
}
