import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNote } from "@nightdesk/claim-lib";
import { Crash, type CrashPlan } from "./crash-plan.ts";
import {
  approved,
  createWorld,
  deliver,
  kinds,
  makeTask,
  placesOf,
  putMail,
  runFor,
  startAgent,
  type Agent,
  type AgentOptions,
  type Task,
  type World,
} from "./world.ts";

const NEVER = Number.POSITIVE_INFINITY;
const DAY = 86_400_000;

/** Runs the program until it dies by its plan, or its work is done. True when it died. */
async function live(
  world: World,
  at: number,
  work: (agent: Agent) => Promise<void>,
  options: AgentOptions = {},
): Promise<boolean> {
  const plan: CrashPlan = { at, calls: 0, isDead: false, effectsOnly: true };
  try {
    await work(await startAgent(world, { ...options, plan }));
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  }
  return plan.isDead;
}

/** Every point around every change, until the run dies nowhere any more. */
async function everyCrash(run: (at: number) => Promise<boolean>): Promise<void> {
  let points = 0;
  while (await run(points)) points += 1;
  assert.ok(points > 5, `${points} points`);
}

async function scheduled(world: World, time: string): Promise<Task> {
  putMail(world);
  const task = makeTask(world);
  const path = await deliver(world, task);
  await world.files.write(path, task.text.replace(/^send_at:.*$/m, `send_at: ${time}`));
  await world.files.move(path, `Approved/${task.file}`);
  return task;
}

test("a crash around any change of a scheduled note: it goes out once, and not before its time", () =>
  everyCrash(async (at) => {
    const world = createWorld();
    const task = await scheduled(world, "2026-11-21 08:00:40");
    const died = await live(world, at, (agent) => runFor(world, agent, 50));
    const isEarly = world.clock.now() < Date.UTC(2026, 10, 21, 8, 0, 40);
    assert.ok(!isEarly || world.server.sent.length === 0, `crash at ${at}: early`);
    await live(world, NEVER, (agent) => runFor(world, agent, 60));
    assert.equal(world.server.sent.length, 1, `crash at ${at}`);
    assert.deepEqual(placesOf(world, task), [`Done/2026-11/${task.file}`], `crash at ${at}`);
    return died;
  }));

test("a crash around any change of notes held back as too many: each goes out once", () =>
  everyCrash(async (at) => {
    const world = createWorld();
    const tasks: Task[] = [];
    for (let number = 1; number <= 2; number += 1) tasks.push(await approved(world, { number }));
    const options = { bulk: { approvals: 1, waitMs: 60_000 } };
    const died = await live(world, at, (agent) => runFor(world, agent, 75), options);
    await live(world, NEVER, (agent) => runFor(world, agent, 130), options);
    assert.equal(world.server.sent.length, 2, `crash at ${at}`);
    for (const task of tasks)
      assert.deepEqual(placesOf(world, task), [`Done/2026-11/${task.file}`], `crash at ${at}`);
    return died;
  }));

test("a crash around any change of a note that is snoozed, expires and is renewed: it waits in one place, its text kept", () =>
  everyCrash(async (at) => {
    const world = createWorld();
    putMail(world);
    const task = makeTask(world);
    const pending = await deliver(world, task);
    const text = task.text.replace("Thursday works.", "Friday works.");
    await world.files.write(pending, text);
    await world.files.move(pending, `Snoozed/${task.file}`);
    let step = 0;
    /** Goes on where the run before it died, as the time and the owner do. */
    const work = async (agent: Agent) => {
      for (; step < 4; step += 1) {
        if (step === 1 || step === 2) world.clock.jumpTo(world.clock.now() + 8 * DAY);
        if (step === 3) await world.files.move(`Expired/${task.file}`, pending);
        await agent.presenter.look();
        await agent.presenter.look();
      }
    };
    const died = await live(world, at, work);
    if (died) {
      // The step it died in is finished by a new process.
      await live(world, NEVER, async (agent) => {
        await agent.presenter.look();
        await agent.presenter.look();
        step += 1;
      });
      await live(world, NEVER, work);
    }
    assert.deepEqual(placesOf(world, task), [pending], `crash at ${at}`);
    const note = parseNote(world.files.snapshot()[pending] ?? "", kinds);
    assert.match(note.text ?? "", /Friday works/, `crash at ${at}`);
    assert.ok(Date.parse(note.fields.expires ?? "") > world.clock.now(), `crash at ${at}`);
    await world.files.move(pending, `Approved/${task.file}`);
    await live(world, NEVER, (agent) => runFor(world, agent, 10));
    assert.equal(world.server.sent.length, 1, `crash at ${at}`);
    return died;
  }));
