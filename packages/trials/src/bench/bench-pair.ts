import type { CleanUp } from "./clean-up.ts";
import type { Seed } from "./seed-size.ts";
import type { ModeId } from "./sync-options.ts";

/** A side of a pair: the machine the owner works on, the one that is to see it, and the server between them. */
export type SideName = "A" | "B" | "server";

/** How a side's processes are found: what was started, and what else belongs to it. */
export interface Side {
  name: SideName;
  /** Processes that were started; their descendants count as well. */
  roots: readonly number[];
  /** Programs that detached themselves have this in their environment or command line. */
  marks: readonly string[];
}

/** What a pair is made from. */
export interface PairOptions {
  /** Everything of the pair lies in it. */
  folder: string;
  seed: Seed;
  cleanUp: CleanUp;
  /** Node's own cache of compiled code, as any start but the very first finds it. */
  compileCache: string;
}

/** Two machines with a vault each, kept in step by one program. */
export interface BenchPair {
  mode: ModeId;
  /** The vault where notes are moved, and the one where that is awaited. */
  vaultA: string;
  vaultB: string;
  sides(): Side[];
  /** Carries what was just moved, for what does not watch by itself. */
  carry?: () => Promise<void>;
  /** Starts what looks for changes while nothing happens, for what has no daemon; ends it. */
  startIdle?: () => { stop(): Promise<void> };
  /** How long a rename may take before it counts as missed. */
  timeoutMs: number;
  stop(): Promise<void>;
}
