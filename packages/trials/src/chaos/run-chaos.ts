import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { FOLDERS, listTasks, NightdeskError, taskKey, type Random } from "@nightdesk/claim-lib";
import { createNodeVaultFiles } from "@nightdesk/daemon-kit/node-vault-files";
import { createBareRemote, waitFor, type BareRemote } from "@nightdesk/testkit";
import { makeMachine, type Machine } from "../race/make-machine.ts";
import { mailNote } from "../race/task-notes.ts";
import { FREE_FOLDER, taskFile } from "../sample-notes.ts";
import { countChaos, hashVault, openTasks, type ChaosCount } from "./count-chaos.ts";
import { killAgainAndAgain } from "./killer.ts";
import { planKills, type MachineName, type PlannedKill } from "./kill-plan.ts";
import { startVictim, type Victim } from "./victim.ts";

export interface ChaosOptions {
  kills: number;
  /** An empty folder; everything lies in it. */
  folder: string;
  random: Random;
  /** How long all may take to come to rest after the last kill. */
  settleMs?: number;
  say?: (line: string) => void;
}

export interface ChaosResult extends ChaosCount {
  kills: number;
  points: Record<string, number>;
  tasks: number;
  misses: number;
  seconds: number;
}

const ROOT = join(import.meta.dirname, "../../..");
const PROGRAMS = {
  daemon: join(ROOT, "vault-sync/src/main.ts"),
  worker: join(import.meta.dirname, "worker.ts"),
};
/** Tasks on their way at any time: enough that every step of the work is always due somewhere. */
const OPEN_TASKS = 8;
const OWNER_LOOK_MS = 150;
/** A lock that a killed push left in the remote is put away after 60 s. */
const SETTLE_MS = 150_000;

interface Field {
  remote: BareRemote;
  machines: Record<MachineName, Machine>;
  keys: string[];
  open: number;
}

/**
 * Two machines at work, whose programs are killed again and again; afterwards everything is left to run until
 * it rests, and counted from the remote's history, both vaults and the journals.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const say = options.say ?? (() => undefined);
  const startedAt = performance.now();
  const remote = await createBareRemote({ path: join(options.folder, "remote.git") });
  const machines = {
    local: await makeMachine(options.folder, "local", remote.path),
    cloud: await makeMachine(options.folder, "cloud", remote.path),
  };
  const field: Field = { remote, machines, keys: [], open: 0 };
  await seed(field);
  const tally = createTally(options, say);
  const life = startLife(field);
  const victims = holdVictims();
  try {
    await Promise.all(
      (["cloud", "local"] as const).flatMap((name) =>
        (["daemon", "worker"] as const).map((program) =>
          killAgainAndAgain({
            machine: machines[name],
            program: PROGRAMS[program],
            logPath: `${program}.log`,
            kills: tally.plan.filter((kill) => kill.machine === name && kill.program === program),
            random: options.random,
            isWorkInFlight: () => field.open > 0,
            onKill: tally.hit,
            onMiss: tally.miss,
            onStart: victims.add,
            isOver: victims.isOver,
          }),
        ),
      ),
    );
    say(`${tally.kills()} kills are over; everything runs on until it rests.`);
    life.stopFeeding();
    await waitForRest(field, options.settleMs ?? SETTLE_MS);
  } finally {
    await life.stop();
    await victims.stop();
  }
  const count = await countChaos(remote, Object.values(machines), field.keys);
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  return {
    ...count,
    kills: tally.kills(),
    points: tally.points,
    misses: tally.misses(),
    tasks: field.keys.length,
    seconds,
  };
}

/** Everything that was started: none of it outlives the trial, however that ends. */
function holdVictims() {
  const victims = new Set<Victim>();
  let isOver = false;
  const killAll = () => {
    for (const victim of victims) if (victim.ending() === null) victim.killGroup();
  };
  process.once("exit", killAll);
  return {
    add(victim: Victim) {
      for (const old of victims) if (old.ending() !== null) victims.delete(old);
      victims.add(victim);
    },
    isOver: () => isOver,
    async stop() {
      isOver = true;
      for (const victim of victims) if (victim.ending() === null) victim.kill("SIGTERM");
      await Promise.all([...victims].map((victim) => victim.ended));
      process.off("exit", killAll);
    },
  };
}

/** The laptop first: it would not join a remote that holds what only a laptop may write. */
async function seed(field: Field): Promise<void> {
  const { local } = field.machines;
  await createNodeVaultFiles(local.vault).write("Company_Handbook.md", "# Rules\n");
  for (const name of ["local", "cloud"] as const) {
    const { env, state } = field.machines[name];
    const first = startVictim(PROGRAMS.daemon, { env, logPath: join(state, "daemon.log") });
    await waitFor(async () => (await field.remote.tip()) !== null, {
      what: "the first commit",
      timeoutMs: 30_000,
    });
    first.kill("SIGTERM");
    await first.ended;
    await mkdir(join(field.machines[name].vault, FREE_FOLDER), { recursive: true });
  }
}

function createTally(options: ChaosOptions, say: (line: string) => void) {
  const plan = planKills(options.kills);
  const points: Record<string, number> = Object.fromEntries(plan.map(({ name }) => [name, 0]));
  let kills = 0;
  let misses = 0;
  return {
    plan,
    points,
    kills: () => kills,
    misses: () => misses,
    hit({ name }: PlannedKill) {
      points[name] = (points[name] ?? 0) + 1;
      kills += 1;
      if (kills % 20 === 0) say(`${kills} kills`);
    },
    miss({ name, machine }: PlannedKill, why: string) {
      misses += 1;
      say(`missed: ${name} on ${machine}: ${why}`);
    },
  };
}

/** Mail that keeps coming in, and an owner who approves whatever waits. Neither is ever killed. */
function startLife(field: Field) {
  const cloud = createNodeVaultFiles(field.machines.cloud.vault);
  const local = createNodeVaultFiles(field.machines.local.vault);
  const state = { isFeeding: true, isOver: false };
  const live = async () => {
    while (!state.isOver) {
      const vaults = await Promise.all([hashVault(field.machines.cloud), hashVault(field.machines.local)]);
      field.open = new Set(vaults.flatMap((files) => openTasks(field.keys, files))).size;
      for (; state.isFeeding && field.open < OPEN_TASKS; field.open += 1) {
        const n = field.keys.length + 1;
        field.keys.push(taskKey(taskFile(n)) ?? "");
        await cloud.write(`${FREE_FOLDER}/${taskFile(n)}`, mailNote(n));
      }
      for (const { path } of await listTasks(local, `${FOLDERS.pending}/email`)) {
        await local
          .move(path, `${FOLDERS.approved}/${path.slice(path.lastIndexOf("/") + 1)}`)
          .catch(ignoreGone);
      }
      await new Promise((resolve) => {
        setTimeout(resolve, OWNER_LOOK_MS);
      });
    }
  };
  const running = live();
  return {
    stopFeeding() {
      state.isFeeding = false;
    },
    async stop() {
      state.isOver = true;
      await running;
    },
  };
}

function ignoreGone(error: unknown): void {
  if (!NightdeskError.is(error, "CLAIM_LOST")) throw error;
}

/** Everything done, and both vaults the same; when that does not come, the count afterwards says what hangs. */
async function waitForRest(field: Field, timeoutMs: number): Promise<void> {
  const isAtRest = async () => {
    if (field.open > 0) return false;
    const [cloud, local] = await Promise.all([
      hashVault(field.machines.cloud),
      hashVault(field.machines.local),
    ]);
    return JSON.stringify([...cloud]) === JSON.stringify([...local]);
  };
  await waitFor(isAtRest, { what: "everything to rest", timeoutMs, intervalMs: 200 }).catch(
    (error: unknown) => {
      if (!NightdeskError.is(error, "WAIT_TIMED_OUT")) throw error;
    },
  );
}
