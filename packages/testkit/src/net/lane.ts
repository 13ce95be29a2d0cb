import type { Socket } from "node:net";
import type { NetworkTrouble } from "./start-tcp-proxy.ts";

/** One direction of a connection. */
export interface Lane {
  /** The trouble has changed. */
  look(): void;
  isEmpty(): boolean;
  stop(): void;
}

export interface LaneRules {
  trouble(): NetworkTrouble;
  isHeld(): boolean;
  isLost(): boolean;
  /** Bytes of this connection were swallowed: it never works again. */
  lose(): void;
  carried(bytes: number): void;
}

/** More than this waiting and the sender is held back, as a full socket buffer would. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** A narrow line is filled in pieces of this many milliseconds. */
const SLICE_MS = 50;

/** Carries what `from` says to `to`, in order, under the rules of the moment. */
export function createLane(from: Socket, to: Socket, rules: LaneRules): Lane {
  // Null stands for the end of the stream.
  const queue: { chunk: Buffer | null; atMs: number }[] = [];
  let waiting = 0;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  const later = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(pump, ms);
  };
  const pump = () => {
    for (let head = queue[0]; head && !isStopped; head = queue[0]) {
      const { delayMs, bytesPerSecond, isBlackHole } = rules.trouble();
      if (isBlackHole) rules.lose();
      if (rules.isLost()) {
        drop();
        return;
      }
      if (rules.isHeld()) return;
      const leftMs = head.atMs + delayMs - performance.now();
      if (leftMs > 0) return later(leftMs);
      if (head.chunk === null) {
        queue.shift();
        to.end();
        continue;
      }
      const size =
        bytesPerSecond === null ? head.chunk.length : Math.ceil((bytesPerSecond * SLICE_MS) / 1000);
      const slice = head.chunk.subarray(0, size);
      head.chunk = head.chunk.subarray(size);
      if (head.chunk.length === 0) queue.shift();
      waiting -= slice.length;
      to.write(slice);
      rules.carried(slice.length);
      if (waiting < MAX_WAITING_BYTES) from.resume();
      if (bytesPerSecond !== null) return later(SLICE_MS);
    }
  };
  const drop = () => {
    queue.length = 0;
    waiting = 0;
    from.resume();
  };
  from.on("data", (chunk: Buffer) => {
    queue.push({ chunk, atMs: performance.now() });
    waiting += chunk.length;
    if (waiting >= MAX_WAITING_BYTES) from.pause();
    pump();
  });
  from.on("end", () => {
    queue.push({ chunk: null, atMs: performance.now() });
    pump();
  });
  to.on("error", () => undefined);
  return {
    look: pump,
    isEmpty: () => queue.length === 0,
    stop() {
      isStopped = true;
      clearTimeout(timer);
      drop();
    },
  };
}
