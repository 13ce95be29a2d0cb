import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describeError } from "@nightdesk/claim-lib";
import { createSeededRandom } from "@nightdesk/testkit";
import type { BenchPair } from "./bench-pair.ts";
import type { BenchTools } from "./bench-tools.ts";
import type { CleanUp } from "./clean-up.ts";
import { measureIdle, type IdleOfMode } from "./measure-idle.ts";
import { extraMove, ownersMove, type Move } from "./moves.ts";
import { startNightdeskPair } from "./nightdesk-pair.ts";
import { observeRename } from "./observe-rename.ts";
import { startPlainGitPair } from "./plain-git-pair.ts";
import { summarise, type Latency } from "./quantiles.ts";
import { makeSeed, type Seed } from "./seed-size.ts";
import type { ModeId, SyncOptions } from "./sync-options.ts";
import { startSyncthingPair } from "./syncthing-pair.ts";

export interface SizeResult {
  size: number;
  latencies: Partial<Record<ModeId, Latency>>;
  /** The first rename after the idle minute, when connections were closed and rhythms slow; one each. */
  afterIdleMs: Partial<Record<ModeId, number | null>>;
  idle: Partial<Record<ModeId, IdleOfMode>>;
}

export interface SizeWorld {
  folder: string;
  tools: BenchTools;
  compileCache: string;
  cleanUp: CleanUp;
  say: (line: string) => void;
}

/** Renames that are not counted: connections open, caches fill. */
const WARM_UPS = 2;
/** The pause before each rename is random within a second: what looks once a second is met at any moment. */
const MAX_PAUSE_MS = 1_000;
const MIN_PAUSE_MS = 150;

/** Everything at one size of the vault. */
export async function runSize(size: number, options: SyncOptions, world: SizeWorld): Promise<SizeResult> {
  const { folder, say } = world;
  const startedAt = performance.now();
  const seconds = () => `${Math.round((performance.now() - startedAt) / 1000)} s`;
  say(`\n${size} notes: making the vault ...`);
  const seed = await makeSeed(join(folder, "seed"), size);
  const pairs = await startPairs(runnable(options, world.tools), seed, world);
  say(`${size} notes: all in step after ${seconds()}; ${options.rounds} renames each, in turns ...`);
  for (let n = 0; n < WARM_UPS; n += 1) for (const pair of pairs) await observe(pair, extraMove(n));
  const { fraction: random } = createSeededRandom(size);
  // It waits most of its time, so it is measured beside the others and not between them.
  const slow = pairs.filter(({ mode }) => mode === "syncthing");
  const quick = pairs.filter(({ mode }) => mode !== "syncthing");
  const samples = new Map<ModeId, (number | null)[]>();
  const lanes = [quick, slow].map((lane) => runLane(lane, options.rounds, { random, samples, say }));
  await Promise.all(lanes);
  say(`${size} notes: renames done after ${seconds()}; ${options.idleMs / 1000} s of nothing ...`);
  const idle = await measureIdle(pairs, { idleMs: options.idleMs, countForks: world.tools.forks });
  const afterIdleMs: SizeResult["afterIdleMs"] = {};
  for (const pair of pairs) afterIdleMs[pair.mode] = await observeOrMiss(pair, extraMove(WARM_UPS), say);
  await Promise.all(pairs.map((pair) => pair.stop()));
  say(`${size} notes: done after ${seconds()}`);
  return {
    size,
    latencies: Object.fromEntries([...samples].map(([mode, values]) => [mode, summarise(values)])),
    afterIdleMs,
    idle,
  };
}

/** What can be run with what is there. */
export function runnable({ modes }: SyncOptions, tools: BenchTools): ModeId[] {
  return modes.filter((mode) => (mode.startsWith("syncthing") ? tools.syncthing : tools.ssh));
}

async function startPairs(modes: readonly ModeId[], seed: Seed, world: SizeWorld): Promise<BenchPair[]> {
  const { folder, cleanUp, compileCache } = world;
  const start = (mode: ModeId) => {
    // Short names: the path of a connection's socket may have 104 characters.
    const at = {
      folder: join(folder, mode.replace("syncthing", "st").slice(0, 4)),
      seed,
      cleanUp,
      compileCache,
    };
    if (mode === "git") return startPlainGitPair(at);
    return mode === "syncthing" || mode === "syncthing-fast"
      ? startSyncthingPair(mode, at)
      : startNightdeskPair(mode, at);
  };
  const lanes = [
    modes.filter((mode) => mode.startsWith("syncthing")),
    modes.filter((mode) => !mode.startsWith("syncthing")),
  ];
  const started = await Promise.all(
    lanes.map(async (lane) => {
      const pairs: BenchPair[] = [];
      for (const mode of lane) pairs.push(await start(mode));
      return pairs;
    }),
  );
  return started.flat().sort((one, other) => modes.indexOf(one.mode) - modes.indexOf(other.mode));
}

interface Lane {
  random: () => number;
  samples: Map<ModeId, (number | null)[]>;
  say: (line: string) => void;
}

/** Every mode once, then every mode again: whatever else this machine does falls on all of them alike. */
async function runLane(
  pairs: readonly BenchPair[],
  rounds: number,
  { random, samples, say }: Lane,
): Promise<void> {
  for (const pair of pairs) samples.set(pair.mode, []);
  for (let round = 0; round < rounds; round += 1) {
    for (const pair of pairs) {
      await sleep(MIN_PAUSE_MS + random() * (MAX_PAUSE_MS - MIN_PAUSE_MS));
      samples.get(pair.mode)?.push(await observeOrMiss(pair, ownersMove(round), say));
    }
    const line = pairs.map(({ mode }) => `${mode} ${toText(samples.get(mode)?.at(-1))}`).join(", ");
    if (pairs.length > 0) say(`  ${String(round + 1).padStart(3)}: ${line}`);
  }
}

function toText(sample: number | null | undefined): string {
  return sample === null || sample === undefined ? "missed" : `${Math.round(sample)} ms`;
}

function observe(pair: BenchPair, move: Move): Promise<number> {
  return observeRename({
    on: pair.vaultA,
    seenOn: pair.vaultB,
    ...move,
    timeoutMs: pair.timeoutMs,
    carry: pair.carry,
  });
}

/** A rename that is not seen is a finding, and must not end a run of half an hour. */
async function observeOrMiss(
  pair: BenchPair,
  move: Move,
  say: (line: string) => void,
): Promise<number | null> {
  try {
    return Math.round((await observe(pair, move)) * 10) / 10;
  } catch (error) {
    say(`  ${pair.mode}: ${describeError(error)}`);
    return null;
  }
}
