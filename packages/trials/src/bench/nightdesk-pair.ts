import { lstatSync } from "node:fs";
import { link, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { SYNC_STATUS_FILE, syncStatusSchema, type AgentName } from "@nightdesk/claim-lib";
import { waitFor } from "@nightdesk/testkit";
import { noFailpoint, openPorts, openReplica, readConfig, saveTable } from "@nightdesk/vault-sync";
import { fail } from "../errors.ts";
import { makeMachine, type Machine } from "../race/make-machine.ts";
import type { BenchPair, PairOptions } from "./bench-pair.ts";
import type { CleanUp } from "./clean-up.ts";
import { memoryOf } from "./process-usage.ts";
import { copyFolder, makeSeed, type Seed } from "./seed-size.ts";
import { startSshWorld, type SshWorld } from "./ssh-world.ts";
import { startDaemon, type Daemon } from "./start-daemon.ts";

export type NightdeskMode = "announced" | "deployed" | "polled";

/** Beyond this a rename of ours counts as missed: twice the slowest rhythm. */
const TIMEOUT_MS = 60_000;
const FIRST_SYNC_MS = 300_000;
/** In the state folder, by ecosystem.config.cjs. */
const COMPILE_CACHE = "compile-cache";
const FIRST_START_NOTES = 100;

/** Two machines of ours: A is the owner's laptop, B the cloud. */
export async function startNightdeskPair(
  mode: NightdeskMode,
  { folder, seed, cleanUp, compileCache }: PairOptions,
): Promise<BenchPair> {
  const remote = join(folder, "r.git");
  await copyFolder(seed.remote, remote);
  // A hosted remote that runs git's commands alone announces nothing: then ours polls.
  const ssh = await startSshWorld(mode === "polled" ? "git only" : "shell");
  cleanUp.add(ssh.remove);
  const urlB = mode === "deployed" ? remote : ssh.urlOf(remote);
  const at = { seed, cleanUp, compileCache, ssh };
  const sides = await Promise.all([
    startMachine({ home: join(folder, "A"), agent: "local", url: ssh.urlOf(remote), ...at }),
    startMachine({ home: join(folder, "B"), agent: "cloud", url: urlB, ...at }),
  ]);
  const [a, b] = sides;
  const sideOf = (name: "A" | "B", { daemon, home }: Started) => ({
    name,
    roots: [daemon.pid],
    marks: [`HOME=${home}`, `${home}/`],
  });
  return {
    mode,
    vaultA: a.machine.vault,
    vaultB: b.machine.vault,
    sides: () => [sideOf("A", a), sideOf("B", b), { name: "server", roots: [ssh.pid], marks: [] }],
    timeoutMs: TIMEOUT_MS,
    async stop() {
      await Promise.all(sides.map(({ daemon }) => daemon.stop()));
      await ssh.remove();
    },
  };
}

interface Started {
  machine: Machine;
  home: string;
  daemon: Daemon;
}

interface MachineOptions {
  /** Holds everything of this machine. */
  home: string;
  agent: AgentName;
  seed: Seed;
  url: string;
  /** Left out where the remote is a folder of this machine. */
  ssh?: SshWorld;
  /** Left out for the very first start there is. */
  compileCache?: string;
}

/** A machine that has been in step for long: its vault, and a state folder as an orderly stop leaves it. */
export async function prepareMachine(options: MachineOptions): Promise<Machine> {
  const { home, agent, seed, url, ssh, compileCache } = options;
  const machine = await makeMachine(home, agent, url);
  if (compileCache !== undefined) await copyFolder(compileCache, join(machine.state, COMPILE_CACHE));
  await copyFolder(seed.vault, machine.vault);
  await ssh?.letIn(join(machine.state, "keys"));
  await writeState(machine, seed);
  return machine;
}

/** The same with its daemon, which has just looked through everything. */
export async function startMachine(options: MachineOptions & { cleanUp: CleanUp }): Promise<Started> {
  const { home, seed, cleanUp } = options;
  const machine = await prepareMachine(options);
  const startedAtMs = Date.now();
  const daemon = await startDaemon(machine, home);
  cleanUp.add(daemon.stop);
  await waitFor(async () => (await lastSyncAtMs(machine)) >= startedAtMs, {
    what: `${machine.agent} to be in step with ${seed.size} notes`,
    timeoutMs: FIRST_SYNC_MS,
    describe: () => daemon.log().slice(-2000),
  });
  return { machine, home, daemon };
}

export interface FirstStart {
  compileCache: string;
  /** What vault-sync holds at its very first start, when Node compiles its code and keeps the work. */
  rssMb: number;
}

/** Starts vault-sync once, on its own, for what only the very first start on a machine does. */
export async function makeFirstStart(folder: string, cleanUp: CleanUp): Promise<FirstStart> {
  const seed = await makeSeed(join(folder, "seed"), FIRST_START_NOTES);
  const home = join(folder, "A");
  const { machine, daemon } = await startMachine({ home, agent: "local", seed, url: seed.remote, cleanUp });
  const [memory] = memoryOf([daemon.pid]);
  await daemon.stop();
  return { compileCache: join(machine.state, COMPILE_CACHE), rssMb: memory?.rssMb ?? Number.NaN };
}

/** Through vault-sync's own ports: what was synced last, and the table that saves reading every note again. */
async function writeState(machine: Machine, seed: Seed): Promise<void> {
  const ports = await openPorts(readConfig(machine.env), machine.env, noFailpoint);
  try {
    const packs = join(machine.state, "git/objects/pack");
    await mkdir(packs, { recursive: true });
    for (const name of await readdir(join(seed.remote, "objects/pack")))
      await link(join(seed.remote, "objects/pack", name), join(packs, name));
    await ports.state.keepCommit(seed.commit);
    await ports.state.write("base", { commit: seed.commit, accepted: seed.tree, planned: seed.tree });
    const replica = await openReplica(ports);
    for (const [path, blob] of seed.blobs) {
      const { size, mtimeMs, ino } = lstatSync(join(machine.vault, path));
      replica.table.note(path, blob, { size, mtimeMs, inode: ino });
    }
    // Settles what is the same as what was synced last; nothing else may be left.
    const { size: differing } = await replica.table.index.differences();
    if (differing > 0) throw fail("TRIAL_BROKEN", `${differing} notes differ from the repository's.`);
    await saveTable(replica);
  } finally {
    await ports.close();
  }
}

async function lastSyncAtMs(machine: Machine): Promise<number> {
  const text = await readFile(join(machine.state, SYNC_STATUS_FILE), "utf8");
  const { state, lastSyncAt } = syncStatusSchema.parse(JSON.parse(text));
  return state === "ok" && lastSyncAt !== null ? Date.parse(lastSyncAt) : 0;
}
