import { folderOf, taskKey } from "@nightdesk/claim-lib";
import type { CloudAgent } from "@nightdesk/cloud-agent";
import { ACTIONS } from "./actions.ts";
import type { Machine } from "./machine.ts";
import { DONE, keyOf, PENDING } from "./notes.ts";
import { FREE_FOLDER as NEEDS_ACTION, taskFile as fileOf } from "../sample-notes.ts";
import { startRealCloud, takeTurn } from "./real-cloud.ts";
import { parseSteps, type StepRunner } from "./run-steps.ts";

/** What a claim of so many tasks at a time is held to (ARCHITECTURE.md: one agent must not take all there is). */
const MAX_UNCONFIRMED = 5;
const TASKS = 9;

async function play(runner: StepRunner, text: string): Promise<void> {
  for (const [index, step] of parseSteps(text).entries()) await runner.take(step, index);
}

function placeOf(machine: Machine, n: number): string | null {
  const found = [...machine.vaultFiles()].find(({ path }) => taskKey(path) === keyOf(n));
  return found ? folderOf(found.path) : null;
}

/** How many of the tasks lie in a folder of the cloud's. */
function countIn(machine: Machine, ...folders: string[]): number {
  return Array.from({ length: TASKS }, (_, n) => placeOf(machine, n + 1)).filter(
    (folder) => folder !== null && folders.includes(folder),
  ).length;
}

async function withTasks(
  runner: StepRunner,
): Promise<{ cloud: Machine; laptop: Machine; agent: CloudAgent }> {
  const { world } = runner;
  await play(runner, "local editHandbook; local round; cloud round");
  for (let n = 1; n <= TASKS; n += 1) await play(runner, `cloud arrive ${n}`);
  await play(runner, `cloud round; local round; local claim ${TASKS}; local round; cloud round`);
  const cloud = world.machine("cloud");
  return { cloud, laptop: world.machine("local"), agent: startRealCloud(world, cloud, 1) };
}

/** The real cloud agent: what it may claim, when it may propose, and what a lost claim is to it. */
export const AGENT_STORIES: Readonly<Record<string, (runner: StepRunner) => Promise<void>>> = {
  async "agent-claims"(runner) {
    const { world } = runner;
    const { cloud, laptop, agent } = await withTasks(runner);
    for (let i = 0; i < 3; i += 1) await takeTurn(agent);
    const held = countIn(cloud, "In_Progress/cloud");
    if (held > MAX_UNCONFIRMED)
      world.report("few claims under way at once", `${held} before one was published`);
    if (countIn(cloud, PENDING, DONE) > 0)
      world.report(
        "a proposal follows a confirmed claim",
        "the agent was done with a task nobody knew it had",
      );
    if (held === 0) world.report("the drill does what it says", "the agent claimed nothing");
    await play(runner, "cloud round; local round");
    await takeTurn(agent);
    await play(runner, "cloud round; local round");
    if (countIn(cloud, PENDING) !== held)
      world.report("confirmed work is proposed", `${countIn(cloud, PENDING)} of ${held} wait for the owner`);
    if (placeOf(laptop, TASKS) !== "In_Progress/local" || placeOf(cloud, TASKS) !== "In_Progress/local")
      world.report("one owner at a time", "the laptop's task is not its own any more");
    await runner.settle(99);
  },
  async "agent-lost-claim"(runner) {
    const { world } = runner;
    const { cloud, laptop, agent } = await withTasks(runner);
    // Claimed and thought through; the owner rejects each of them before the claims are told.
    await takeTurn(agent);
    for (let n = 1; n < TASKS; n += 1) await ACTIONS.rejectEarly(world, laptop, n);
    await play(runner, "local round; cloud round; cloud round");
    for (let i = 0; i < 2; i += 1) await takeTurn(agent);
    for (let n = 1; n < TASKS; n += 1)
      if (placeOf(cloud, n) !== "Rejected")
        world.report("a lost claim is let go", `${fileOf(n)} is in ${placeOf(cloud, n) ?? "nowhere"}`);
    await play(runner, "cloud round; local round");
    await runner.settle(99);
  },
  /** Between looking and writing somebody else took the note away: it must not be written into being again. */
  async "agent-note-gone"(runner) {
    const { world } = runner;
    const { cloud, agent } = await withTasks(runner);
    await takeTurn(agent);
    await play(runner, "cloud round");
    for (let n = 1; n < TASKS; n += 1) {
      const from = `In_Progress/cloud/${fileOf(n)}`;
      // As sync does it when the owner's decision came in.
      if (placeOf(cloud, n) === "In_Progress/cloud") await cloud.files.move(from, `Rejected/${fileOf(n)}`);
    }
    await takeTurn(agent);
    for (let n = 1; n < TASKS; n += 1) {
      const places = [...cloud.vaultFiles()].filter(({ path }) => taskKey(path) === keyOf(n));
      if (places.length !== 1)
        world.report("a task is in one place", `${fileOf(n)} lies in ${places.length} folders`);
    }
  },
  /** A task of another worker's is left alone, and so is one in another channel's folder. */
  async "agent-other-folders"(runner) {
    const { world } = runner;
    const { cloud, agent } = await withTasks(runner);
    for (let n = 1; n < TASKS; n += 1) {
      const folder = n % 2 === 0 ? "Needs_Action/cloud-other" : "In_Progress/cloud-2";
      await cloud.files.move(`${NEEDS_ACTION}/${fileOf(n)}`, `${folder}/${fileOf(n)}`);
    }
    for (let i = 0; i < 3; i += 1) await takeTurn(agent);
    if (countIn(cloud, "In_Progress/cloud-2") < (TASKS - 1) / 2)
      world.report("one owner at a time", "a task was taken from cloud-2");
    if (countIn(cloud, "Needs_Action/cloud-other") < (TASKS - 1) / 2)
      world.report("an agent keeps to its folder", "a task was claimed out of another's");
  },
};
