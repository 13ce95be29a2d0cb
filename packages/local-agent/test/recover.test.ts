import assert from "node:assert/strict";
import { test } from "node:test";
import { Crash, type CrashPlan } from "./crash-plan.ts";
import {
  approved,
  createWorld,
  placesOf,
  reasonOf,
  run,
  runFor,
  startAgent,
  type Task,
  type World,
} from "./world.ts";

/** Runs until the process dies right after the first call for which `isThere` holds. */
async function dieWhen(
  isThere: (world: World) => boolean,
): Promise<{ world: World; task: Task; inProgress: string }> {
  for (let at = 1; at < 400; at += 2) {
    const world = createWorld();
    const task = await approved(world);
    const plan: CrashPlan = { at, calls: 0, isDead: false, effectsOnly: true };
    await startAgent(world, { plan })
      .then((agent) => runFor(world, agent, 7))
      .catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error;
      });
    if (isThere(world)) return { world, task, inProgress: `In_Progress/local/${task.file}` };
  }
  return assert.fail("that point was never reached");
}

const isPrepared = (world: World) => world.journal.lines.some((line) => line["type"] === "prepared");
const hasDraft = (world: World) => world.server.drafts.size > 0;

test("a note changed after a crash and before the sending is not sent: what it says was not approved", async () => {
  const { world, task, inProgress } = await dieWhen(isPrepared);
  const changed = task.text.replace("Thursday", "Friday");
  await world.files.write(inProgress, changed);
  await run(world);
  assert.equal(world.server.sent.length, 0);
  assert.equal(world.files.snapshot()[`Needs_Attention/${task.file}`], changed);
  assert.match(reasonOf(world, task.file), /changed after it was approved.*Nothing was sent/);
});

test("a note changed after a crash and before its draft was recorded is not sent either", async () => {
  const { world, task, inProgress } = await dieWhen(hasDraft);
  await world.files.write(inProgress, task.text.replace("Thursday", "Friday"));
  await run(world);
  assert.equal(world.server.sent.length, 0);
  assert.deepEqual(placesOf(world, task), [`Needs_Attention/${task.file}`]);
});

test("a note taken back after a crash and before the sending is not sent, and can be approved again", async () => {
  const { world, task, inProgress } = await dieWhen(isPrepared);
  const pending = `Pending_Approval/email/${task.file}`;
  await world.files.move(inProgress, pending);
  await run(world);
  assert.equal(world.server.sent.length, 0);
  assert.equal(world.server.drafts.size, 0, "no draft is left behind");
  assert.deepEqual(placesOf(world, task), [pending]);
  await world.files.move(pending, `Approved/${task.file}`);
  await run(world);
  assert.equal(world.server.sent.length, 1);
});

test("a note moved back to Approved after a crash is sent once, with the draft that was begun", async () => {
  for (const point of [hasDraft, isPrepared]) {
    const { world, task, inProgress } = await dieWhen(point);
    await world.files.move(inProgress, `Approved/${task.file}`);
    await run(world, 12);
    assert.equal(world.server.sent.length, 1);
    assert.equal(world.server.drafts.size, 0, "no draft is left behind");
  }
});

test("a note changed after it was sent keeps the owner's words, and its change is not sent", async () => {
  const { world, task, inProgress } = await dieWhen((at) => at.server.sent.length > 0);
  const changed = task.text.replace("Thursday", "Friday");
  await world.files.write(inProgress, changed);
  await run(world);
  assert.equal(world.server.sent.length, 1);
  assert.equal(world.files.snapshot()[`Needs_Attention/${task.file}`], changed);
  assert.match(reasonOf(world, task.file), /It was sent at .* before this note was changed/);
});

test("what the provider refuses for good goes to Needs_Attention, unsent, and may be approved again", async () => {
  for (const tool of ["email_prepare", "email_commit"]) {
    const world = createWorld();
    const task = await approved(world);
    world.server.faults.set(tool, ["denied"]);
    await run(world);
    assert.equal(world.server.sent.length, 0);
    assert.equal(world.server.drafts.size, 0, "no draft is left behind");
    assert.match(reasonOf(world, task.file), /nothing was sent: A recipient is not a plain address/);
    await world.files.move(`Needs_Attention/${task.file}`, `Approved/${task.file}`);
    await run(world);
    assert.equal(world.server.sent.length, 1);
  }
});

test("a draft that cannot be taken away stays, and holds nothing up; one whose sending is in doubt is never touched", async () => {
  const kept = createWorld();
  const task = await approved(kept);
  kept.server.faults.set("email_commit", ["denied"]);
  kept.server.faults.set("email_discard", ["refused"]);
  await run(kept);
  assert.equal(kept.server.drafts.size, 1);
  assert.deepEqual(placesOf(kept, task), [`Needs_Attention/${task.file}`]);
  const { world } = await dieWhen(isPrepared);
  world.server.dropDraft("draft-1");
  await run(world, 150);
  assert.ok(world.journal.lines.some((line) => line["type"] === "parked" && line["effect"] === "unknown"));
  assert.ok(!world.server.calls.includes("email_discard"));
});

test("while it cannot be looked up whether a mail went out, nothing is decided", async () => {
  const world = createWorld();
  const task = await approved(world);
  world.server.faults.set("email_commit", ["lost-answer"]);
  world.server.faults.set("email_find", ["refused", "refused", "refused"]);
  const agent = await startAgent(world);
  await runFor(world, agent, 6);
  assert.deepEqual(placesOf(world, task), [`In_Progress/local/${task.file}`]);
  assert.match([...agent.reconciler.waiting().values()].join(), /looked up/);
  await runFor(world, agent, 10);
  assert.equal(world.server.sent.length, 1);
  assert.deepEqual(placesOf(world, task), [`Done/2026-11/${task.file}`]);
});

test("a provider whose index lags by 20 s is waited for: sent once, and nothing put before the owner", async () => {
  const world = createWorld();
  const task = await approved(world);
  world.server.faults.set("email_commit", ["lost-answer"]);
  world.server.faults.set("email_find", ["refused", "refused"]);
  const agent = await startAgent(world);
  await runFor(world, agent, 6);
  const hidden = world.server.sent.splice(0);
  assert.equal(hidden.length, 1);
  await runFor(world, agent, 20);
  assert.deepEqual(placesOf(world, task), [`In_Progress/local/${task.file}`]);
  world.server.sent.push(...hidden);
  await runFor(world, agent, 20);
  assert.deepEqual(placesOf(world, task), [`Done/2026-11/${task.file}`]);
  assert.equal(world.server.sent.length, 1);
});

test("a receipt that ran out during a long break is made anew for the same draft", async () => {
  const { world, task } = await dieWhen(isPrepared);
  await world.clock.advance(3 * 3_600_000);
  await run(world);
  assert.equal(world.server.sent.length, 1);
  assert.equal(world.server.sent[0]?.handle, "draft-1");
  assert.deepEqual(placesOf(world, task), [`Done/2026-11/${task.file}`]);
});

test("STOP.md that appears after a crash holds the sending back until it is gone", async () => {
  const { world, task, inProgress } = await dieWhen(isPrepared);
  await world.files.write("STOP.md", "");
  const agent = await startAgent(world);
  await runFor(world, agent, 10);
  assert.equal(world.server.sent.length, 0);
  assert.deepEqual(placesOf(world, task), [inProgress]);
  await world.files.remove("STOP.md");
  await runFor(world, agent, 5);
  assert.equal(world.server.sent.length, 1);
});
