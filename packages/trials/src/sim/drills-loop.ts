import { NightdeskError, SYNC_STATUS_FILE } from "@nightdesk/claim-lib";
import { parkAfterRollback } from "@nightdesk/local-agent";
import { createFakeClock, type FakeClock } from "@nightdesk/testkit";
import {
  createAnnouncementReader,
  createStatusReporter,
  openReplica,
  runCycle,
  startSyncLoop,
  type Remote,
  type SyncLoop,
} from "@nightdesk/vault-sync";
import { ACTIONS } from "./actions.ts";
import { STATE, VAULT, type Machine } from "./machine.ts";
import { keyOf } from "./notes.ts";
import { taskFile as fileOf } from "../sample-notes.ts";
import { parseSteps, type StepRunner } from "./run-steps.ts";
import { remoteCommit, remotePaths } from "./sim-remote.ts";
import { START_MS, type World } from "./world.ts";

const TASKS_WAIT =
  "local editHandbook; local round; cloud round; cloud arrive 1; cloud arrive 2; cloud arrive 3; cloud arrive 4; cloud round; local round;";
const PENDING_FOUR = `${TASKS_WAIT} cloud claim 4; cloud round; cloud draft 4; cloud propose 4; cloud round; local round;`;

async function play(runner: StepRunner, text: string): Promise<void> {
  for (const [index, step] of parseSteps(text).entries()) await runner.take(step, index);
}

/** Time in small steps, so that each turn of the loop sees its own instant. */
async function pass(clock: FakeClock, durationMs: number): Promise<void> {
  for (let left = durationMs; left > 0; left -= 500) await clock.advance(Math.min(500, left));
}

function isPublished(world: World, path: string): boolean {
  const { tip } = world.remote;
  return tip !== null && remotePaths(remoteCommit(tip).tree).has(path);
}

interface RunningLoop {
  clock: FakeClock;
  loop: SyncLoop;
  /** The remote cannot be reached while this is so. */
  away: { is: boolean };
  /** Done once, right after the next push. */
  afterPush: { do: (() => Promise<void>) | null };
  stop(): Promise<void>;
}

/** The real loop on a simulated machine, with a clock of its own. */
async function startLoop(machine: Machine): Promise<RunningLoop> {
  const clock = createFakeClock(START_MS + 3_600_000);
  const away = { is: false };
  const afterPush: RunningLoop["afterPush"] = { do: null };
  const ports = await machine.openPorts();
  const ask = <T>(answer: () => Promise<T>): Promise<T> =>
    away.is
      ? Promise.reject(
          new NightdeskError("REMOTE_UNREACHABLE", "The remote cannot be reached.", { retry: "safe" }),
        )
      : answer();
  const remote: Remote = {
    cheapTip: () => ask(() => ports.remote.cheapTip()),
    fetch: () => ask(() => ports.remote.fetch()),
    push: async (commit) => {
      const answer = await ask(() => ports.remote.push(commit));
      const { do: work } = afterPush;
      afterPush.do = null;
      await work?.();
      return answer;
    },
  };
  const replica = await openReplica({ ...ports, clock, remote });
  const status = await createStatusReporter(replica);
  const loop = startSyncLoop({ replica, status, intervalMs: 30_000 });
  await pass(clock, 5_000);
  const stop = async () => {
    const stopped = loop.stop();
    await pass(clock, 1_000);
    await stopped;
  };
  return { clock, loop, away, afterPush, stop };
}

/** Lets something happen right after the remote took a push, while the round that pushed goes on. */
async function duringPush(
  world: World,
  machine: Machine,
  work: (loop: SyncLoop) => Promise<void>,
): Promise<void> {
  const { clock, loop, afterPush, stop } = await startLoop(machine);
  loop.setAnnounced(true);
  await pass(clock, 3_000);
  afterPush.do = () => work(loop);
  await ACTIONS.dropFile(world, machine, 1);
  loop.changed("Inbox");
  await pass(clock, 20_000);
  if (afterPush.do !== null) world.report("the drill does what it says", "nothing was pushed");
  await stop();
}

/** When a round is due, whose turn it is, and what an announcement may bring about. */
export const LOOP_STORIES: Readonly<Record<string, (runner: StepRunner) => Promise<void>>> = {
  async "loop-after-error"(runner) {
    const { world } = runner;
    await play(runner, TASKS_WAIT);
    const laptop = world.machine("local");
    const { clock, loop, away, stop } = await startLoop(laptop);
    away.is = true;
    await ACTIONS.dropFile(world, laptop, 1);
    loop.changed("Inbox");
    await pass(clock, 3_000);
    away.is = false;
    await pass(clock, 180_000);
    if (!isPublished(world, "Inbox/scan 1.md"))
      world.report(
        "a changed folder is never forgotten",
        "what changed while the remote was away was not told",
      );
    await stop();
  },
  async "loop-during-round"(runner) {
    const { world } = runner;
    await play(runner, TASKS_WAIT);
    const laptop = world.machine("local");
    await duringPush(world, laptop, async (loop) => {
      await ACTIONS.dropFile(world, laptop, 2);
      loop.changed("Inbox");
    });
    if (!isPublished(world, "Inbox/scan 2.md"))
      world.report("a changed folder is never forgotten", "a change during a round was not told");
  },
  async "loop-news-during-round"(runner) {
    const { world } = runner;
    await play(runner, TASKS_WAIT);
    const laptop = world.machine("local");
    await duringPush(world, laptop, async (loop) => {
      const cloud = world.machine("cloud");
      await ACTIONS.arrive(world, cloud, 9);
      world.nowMs += 10_000;
      await cloud.round();
      loop.announced(world.remote.tip);
    });
    if (laptop.text(`${VAULT}/Needs_Action/cloud-email/${fileOf(9)}`) === null)
      world.report("announced news is not lost", `${keyOf(9)}, announced during a round, did not come`);
  },
  async "owner-never-waits"(runner) {
    const { world } = runner;
    await play(runner, PENDING_FOUR);
    const laptop = world.machine("local");
    await play(runner, "cloud claim 1; cloud round; local claim 2; local round");
    // At once, so that it is the others' turn.
    await ACTIONS.claim(world, laptop, 3);
    world.nowMs += 1;
    const report = await laptop.round();
    if (report?.published !== 0) world.report("the drill does what it says", "the second claim did not wait");
    await ACTIONS.approve(world, laptop, 4);
    world.nowMs += 1;
    await laptop.round();
    if (!isPublished(world, `Approved/${fileOf(4)}`))
      world.report("an owner's move never waits", "the approval was held back");
    await runner.settle(99);
  },
  async "hostile-announcements"({ world }) {
    const tip = "0123456789abcdef0123456789abcdef01234567";
    const told: string[] = [];
    const read = createAnnouncementReader((said) => told.push(said.kind === "tip" ? said.tip : said.kind));
    const hostile = [
      `${tip}0\n`,
      `x${tip}\n`,
      `${tip.toUpperCase()}\n`,
      `${tip} ${tip}\n`,
      "refs/heads/main\n",
      `${"a".repeat(100_000)}${tip}\n`,
      "\0\0\n\n",
      `nightdesk-announce ${tip}\n`,
      `${tip.slice(0, 39)}g\n`,
    ];
    for (const line of hostile) read(Buffer.from(line));
    if (told.length > 0)
      world.report("an announcement is forty hex digits", `${told.join(" ").slice(0, 200)} was taken`);
    for (const byte of Buffer.from(`${"b".repeat(5_000)}\n${tip}\n`)) read(Buffer.of(byte));
    if (told.join(" ") !== tip)
      world.report("an announcement is forty hex digits", `a good line after a long one: ${told.join(" ")}`);
  },
  async "put-back-approvals"(runner) {
    const { world } = runner;
    await play(runner, `${PENDING_FOUR} local approve 4; local round; cloud round;`);
    const laptop = world.machine("local");
    const yesterday = laptop.disk.snapshot();
    await play(runner, "local execute 4; local finish 4; local round; cloud round;");
    laptop.disk.restore(yesterday);
    laptop.restart();
    const replica = await openReplica(await laptop.openPorts());
    const status = await createStatusReporter(replica);
    await runCycle(replica, "all").catch((error: unknown) =>
      NightdeskError.is(error) ? status.failed(error) : Promise.reject(error),
    );
    const silent = () => undefined;
    const log = { debug: silent, info: silent, warn: silent, error: silent, child: () => log };
    await parkAfterRollback({
      files: laptop.files,
      clock: laptop.clock,
      log,
      readState: async (file) => laptop.text(`${STATE}/${file}`),
      underWay: new Set(),
    });
    if (laptop.text(`${STATE}/${SYNC_STATUS_FILE}`) === null)
      world.report("the drill does what it says", "sync left no status");
    for (const { path } of laptop.vaultFiles())
      if (/^(Approved|Scheduled|In_Progress\/local)\//.test(path))
        world.report("nothing goes out after a rollback", `${path} would be carried out again`);
  },
};
