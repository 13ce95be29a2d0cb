import { ACTIONS } from "./actions.ts";
import { AGENT_STORIES } from "./drills-agent.ts";
import { LOOP_STORIES } from "./drills-loop.ts";
import { copyDiskState, emptyDiskState, type DiskState } from "./disk-state.ts";
import { VAULT } from "./machine.ts";
import { realGitDrill } from "./real-git-drill.ts";
import { parseSteps, StepRunner } from "./run-steps.ts";
import { commitCrime, CRIMES, type CrimeName } from "./thief.ts";
import type { World } from "./world.ts";

/** Short stories with one end, for what no crash and no luck brings about. */
export type Drill = (runner: StepRunner) => Promise<void>;

const UNTIL_PENDING =
  "local editHandbook; local round; cloud round; cloud arrive 1; cloud arrive 2; cloud arrive 3; cloud round; local round;" +
  "cloud claim 1; cloud claim 2; cloud round; cloud draft 1; cloud propose 1; cloud draft 2; cloud propose 2; cloud round; local round;" +
  "local approve 2; local round; cloud round;";

async function play(runner: StepRunner, text: string): Promise<void> {
  for (const [index, step] of parseSteps(text).entries()) await runner.take(step, index);
}

/** What must be so, in the words of the promise. */
function expect(world: World, isTrue: boolean, invariant: string, detail: string): void {
  if (!isTrue) world.report(invariant, detail);
}

const LAPTOP_BACK = "a laptop put back to an older state stops";

const STORIES: Readonly<Record<string, Drill>> = {
  async "laptop-put-back"(runner) {
    const { world } = runner;
    await play(runner, UNTIL_PENDING);
    const laptop = world.machine("local");
    const yesterday = laptop.disk.snapshot();
    await play(runner, "local execute 2; local finish 2; local approve 1; local round; cloud round;");
    laptop.disk.restore(yesterday);
    laptop.restart();
    const { landings } = world.remote;
    const before = [...laptop.vaultFiles()].map(({ path }) => path).join("\n");
    for (let i = 0; i < 2; i += 1) {
      await play(runner, "local round");
      expect(
        world,
        laptop.lastError === "OWN_COMMIT_UNKNOWN",
        LAPTOP_BACK,
        `it went on: ${laptop.lastError ?? "ok"}`,
      );
    }
    expect(world, world.remote.landings === landings, LAPTOP_BACK, "it published");
    const after = [...laptop.vaultFiles()].map(({ path }) => path).join("\n");
    expect(world, before === after, LAPTOP_BACK, "its vault was changed");
  },
  async "laptop-wiped"(runner) {
    const { world } = runner;
    await play(runner, UNTIL_PENDING);
    const laptop = world.machine("local");
    laptop.disk.restore(emptyDiskState());
    laptop.restart();
    await laptop.makeFolders([`${VAULT}/Approved`]);
    const { landings } = world.remote;
    await play(runner, "local round");
    expect(world, laptop.lastError !== null, "a laptop without its records stops", "it went on");
    expect(world, world.remote.landings === landings, "a laptop without its records stops", "it published");
  },
  async "cloud-wiped"(runner) {
    const { world } = runner;
    await play(runner, UNTIL_PENDING);
    const cloud = world.machine("cloud");
    cloud.disk.restore(emptyDiskState());
    cloud.restart();
    await cloud.makeFolders([`${VAULT}/In_Progress/cloud`]);
    await play(runner, "cloud round; local execute 2; local round; cloud claim 3; cloud round;");
    await runner.settle(99);
  },
  async "vault-gone"(runner) {
    const { world } = runner;
    await play(runner, UNTIL_PENDING);
    for (let n = 4; n < 20; n += 1) await play(runner, `cloud arrive ${n}`);
    await play(runner, "cloud round; local round");
    const laptop = world.machine("local");
    const whole = laptop.disk.snapshot();
    const { landings } = world.remote;
    const missing = "a vault that is not there is no deletion";
    laptop.disk.restore(withoutFiles(whole));
    for (let i = 0; i < 3; i += 1) {
      await ACTIONS.execute(world, laptop, 9);
      await laptop.round();
      world.nowMs += 5_000;
    }
    expect(world, laptop.lastError === "VAULT_SHRUNK", missing, `it went on: ${laptop.lastError ?? "ok"}`);
    expect(world, world.remote.landings === landings, missing, "it published");
    laptop.disk.restore(whole);
    await runner.settle(99);
  },
  async "remote-put-back"(runner) {
    const { world } = runner;
    await play(runner, UNTIL_PENDING);
    world.remote.land(world.remote.landings.at(-3)?.commit ?? null, "admin");
    await play(runner, "local round; cloud round; local approve 1; local round;");
    await runner.settle(99);
  },
  async "edit-while-applying"(runner) {
    const { world } = runner;
    await play(
      runner,
      `${UNTIL_PENDING} cloud claim 3; cloud round; local round; cloud draft 3; cloud round;`,
    );
    const { onCall } = runner;
    let editing: Promise<void> | undefined;
    runner.onCall = (agent, call) => {
      onCall?.(agent, call);
      // Sync has looked and is about to put the cloud's draft there; now the owner saves.
      if (agent === "local" && call.startsWith(`create ${VAULT}/In_Progress/cloud/.nd-tmp-`))
        editing ??= ACTIONS.editClaimed(world, world.machine("local"), 3);
    };
    await play(runner, "local round");
    await editing;
    expect(world, editing !== undefined, "the drill does what it says", "nothing was being written");
    await runner.settle(99);
  },
  async "remote-rewritten"(runner) {
    const { world } = runner;
    await play(runner, UNTIL_PENDING);
    const old = world.remote.landings.at(-4)?.commit ?? null;
    world.remote.land(old, "admin");
    commitCrime(world, "plugin", 1);
    const { landings } = world.remote;
    await play(runner, "local round; cloud round;");
    for (const { agent, lastError } of world.machines)
      expect(
        world,
        lastError === "REMOTE_DIVERGED",
        "a rewritten history stops sync",
        `${agent}: ${lastError ?? "ok"}`,
      );
    expect(world, world.remote.landings === landings, "a rewritten history stops sync", "somebody published");
  },
};

/** As when the vault's own disk is not mounted: the folders are there, and nothing in them. */
function withoutFiles(state: DiskState): DiskState {
  const empty = copyDiskState(state);
  for (const layer of [empty.folders, empty.durable]) {
    for (const [folder, names] of layer) {
      if (!folder.startsWith(VAULT)) continue;
      layer.set(folder, new Map([...names].filter(([, ino]) => state.nodes.get(ino)?.isFolder)));
    }
  }
  return empty;
}

/** One crime on a remote in full swing, and all that follows. */
function crimeDrill(name: CrimeName): Drill {
  return async (runner) => {
    const { world } = runner;
    await play(runner, UNTIL_PENDING);
    for (const n of [1, 2, 3]) commitCrime(world, name, n);
    await play(
      runner,
      "local round; local round; local execute 1; local execute 2; local execute 3; local finish 2;",
    );
    await runner.settle(99);
  };
}

export const DRILLS: Readonly<Record<string, Drill>> = {
  "real-git": realGitDrill,
  ...STORIES,
  ...AGENT_STORIES,
  ...LOOP_STORIES,
  ...Object.fromEntries(
    (Object.keys(CRIMES) as CrimeName[]).map((name) => [`crime-${name}`, crimeDrill(name)]),
  ),
};

/** Plays one drill in a world of its own. */
export async function runDrill(
  drill: Drill,
  runner = new StepRunner(["cloud", "local"]),
): Promise<StepRunner> {
  await runner.world.init();
  await runner.guarded(() => drill(runner));
  return runner;
}
