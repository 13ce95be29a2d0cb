import { join } from "node:path";
import { createTempDir } from "@nightdesk/testkit";
import { findBenchTools, type BenchTools } from "./bench-tools.ts";
import { createCleanUp, killOwnChildren, type CleanUp } from "./clean-up.ts";
import { runContention, type Contention } from "./contention.ts";
import { makeFirstStart } from "./nightdesk-pair.ts";
import { judgeAims, type Aims } from "./judge-aims.ts";
import type { IdleOfMode } from "./measure-idle.ts";
import type { Latency } from "./quantiles.ts";
import { renderEnd, renderSize } from "./render-tables.ts";
import { runnable, runSize, type SizeResult, type SizeWorld } from "./run-size.ts";
import { removeFolder } from "./seed-size.ts";
import { MODES, parseSyncOptions, SYNC_USAGE, type ModeId, type SyncOptions } from "./sync-options.ts";

export interface SyncBenchResult {
  bench: "sync";
  sizes: number[];
  rounds: number;
  idleSeconds: number;
  /** By mode, then by number of notes. */
  modes: Partial<Record<ModeId, Record<string, Latency & { firstAfterIdleMs: number | null }>>>;
  idle: Partial<Record<ModeId, Record<string, IdleOfMode>>>;
  /** vault-sync at the very first start on a machine, before Node has compiled its code once. */
  firstStartRssMb: number | null;
  contention: Contention | null;
  aims: Aims;
  notRun: string[];
  seconds: number;
}

/** `bench sync`: prints its tables while it runs, and the result as JSON at the end. Returns the exit code. */
export async function runSyncBench(argv: readonly string[]): Promise<number> {
  const options = parseSyncOptions(argv);
  if (options.help) {
    process.stdout.write(SYNC_USAGE);
    return 0;
  }
  const say = (line: string) => void (options.json || process.stdout.write(`${line}\n`));
  const cleanUp = createCleanUp();
  try {
    const result = await measure(options, cleanUp, say);
    say(renderEnd(result.aims, result.contention, result.notRun));
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return 0;
  } finally {
    await cleanUp.run();
  }
}

async function measure(
  options: SyncOptions,
  cleanUp: CleanUp,
  say: (line: string) => void,
): Promise<SyncBenchResult> {
  const startedAt = performance.now();
  const needsSyncthing = options.modes.some((mode) => mode.startsWith("syncthing"));
  const tools = await findBenchTools(
    ["sshd", "forkstat", ...(needsSyncthing ? (["syncthing"] as const) : [])],
    say,
  );
  const temp = await createTempDir("b");
  cleanUp.add(() => removeFolder(temp.path));
  cleanUp.add(killOwnChildren);
  // The server's folders too lie in ours, and go with it whenever we are stopped.
  process.env["TMPDIR"] = temp.path;
  const first = tools.ssh ? await makeFirstStart(join(temp.path, "first"), cleanUp) : null;
  const compileCache = first?.compileCache ?? "";
  const sizes: SizeResult[] = [];
  for (const size of options.sizes) {
    const folder = join(temp.path, String(size));
    const result = await runSize(size, options, { folder, tools, compileCache, cleanUp, say });
    await removeFolder(folder);
    say(renderSize(result));
    sizes.push(result);
  }
  const contention = await contend(options, {
    folder: join(temp.path, "race"),
    tools,
    compileCache,
    cleanUp,
    say,
  });
  return {
    bench: "sync",
    sizes: options.sizes,
    rounds: options.rounds,
    idleSeconds: options.idleMs / 1000,
    modes: byMode(sizes, ({ latencies, afterIdleMs }, mode) => {
      const latency = latencies[mode];
      return latency && { ...latency, firstAfterIdleMs: afterIdleMs[mode] ?? null };
    }),
    idle: byMode(sizes, ({ idle }, mode) => idle[mode]),
    firstStartRssMb: first?.rssMb ?? null,
    contention,
    aims: judgeAims(sizes, contention),
    notRun: [...tools.missing, ...leftOut(options, tools)],
    seconds: Math.round((performance.now() - startedAt) / 1000),
  };
}

async function contend({ contention, rounds }: SyncOptions, world: SizeWorld): Promise<Contention | null> {
  if (!contention || !world.tools.ssh) return null;
  world.say(`\nThe owner moves ${rounds} notes while two agents race for tasks ...`);
  return runContention(rounds, world);
}

function leftOut(options: SyncOptions, tools: BenchTools): string[] {
  const run = runnable(options, tools);
  const modes = (Object.keys(MODES) as ModeId[]).filter((mode) => !run.includes(mode));
  return [
    ...modes.map((mode) => MODES[mode]),
    ...(options.contention ? [] : ["the owner's moves while agents race"]),
  ];
}

/** Turns the results by size into results by mode. */
function byMode<T>(
  sizes: readonly SizeResult[],
  pick: (result: SizeResult, mode: ModeId) => T | undefined,
): Partial<Record<ModeId, Record<string, T>>> {
  const modes = (Object.keys(MODES) as ModeId[]).map((mode) => {
    const found = sizes.flatMap((result) => {
      const value = pick(result, mode);
      return value === undefined ? [] : [[String(result.size), value] as const];
    });
    return [mode, Object.fromEntries(found)] as const;
  });
  return Object.fromEntries(modes.filter(([, found]) => Object.keys(found).length > 0));
}
