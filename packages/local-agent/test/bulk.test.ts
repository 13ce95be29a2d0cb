import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNote } from "@nightdesk/claim-lib";
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
  type Task,
  type World,
} from "./world.ts";

const GUARD = { bulk: { approvals: 10, waitMs: 60_000 } };

async function approveMany(world: World, count: number, from = 1): Promise<Task[]> {
  const tasks: Task[] = [];
  for (let number = from; number < from + count; number += 1) tasks.push(await approved(world, { number }));
  return tasks;
}

function noticeOf(world: World, task: Task): string {
  const [path = ""] = placesOf(world, task);
  return parseNote(world.files.snapshot()[path] ?? "", kinds).fields.notice ?? "";
}

test("ten approvals within a minute go out as always", async () => {
  const world = createWorld();
  await approveMany(world, 10);
  const agent = await startAgent(world, GUARD);
  await runFor(world, agent, 10);
  assert.equal(world.server.sent.length, 10);
  assert.deepEqual(agent.bursts, []);
});

test("more than ten wait a minute with their time on top, the owner is told once, and then all go out once", async () => {
  const world = createWorld();
  const tasks = await approveMany(world, 30);
  const agent = await startAgent(world, GUARD);
  await runFor(world, agent, 58);
  assert.equal(world.server.sent.length, 0);
  assert.deepEqual(agent.bursts, [Date.UTC(2026, 10, 21, 8, 1)]);
  for (const task of tasks) assert.match(noticeOf(world, task), /^Waits until 2026-11-21 08:01 UTC: many/);
  await runFor(world, agent, 20);
  assert.equal(world.server.sent.length, 30);
  assert.equal(new Set(world.server.sent.map(({ args }) => args["source_message_id"])).size, 30);
  assert.equal(agent.bursts.length, 1);
});

test("dragged back within that minute none of them is sent, each says so, and one approved anew goes out as always", async () => {
  const world = createWorld();
  const tasks = await approveMany(world, 25);
  const agent = await startAgent(world, GUARD);
  await runFor(world, agent, 30);
  for (const task of tasks)
    await world.files.move(`Approved/${task.file}`, `Pending_Approval/email/${task.file}`);
  await runFor(world, agent, 2);
  for (const task of tasks) assert.match(noticeOf(world, task), /You took this back.*nothing was sent/);
  const [one] = tasks;
  assert.ok(one);
  await world.files.move(`Pending_Approval/email/${one.file}`, `Approved/${one.file}`);
  await runFor(world, agent, 8);
  assert.equal(world.server.sent.length, 1);
  await runFor(world, agent, 120);
  assert.equal(world.server.sent.length, 1);
});

test("a note edited while it waits goes out with its last text, not before the minute is over", async () => {
  const world = createWorld();
  const [first] = await approveMany(world, 11);
  assert.ok(first);
  const agent = await startAgent(world, GUARD);
  await runFor(world, agent, 20);
  const path = `Approved/${first.file}`;
  await world.files.write(
    path,
    (world.files.snapshot()[path] ?? "").replace("Thursday works.", "Friday works."),
  );
  await runFor(world, agent, 35);
  assert.equal(world.server.sent.length, 0);
  await runFor(world, agent, 20);
  assert.equal(world.server.sent.length, 11);
  assert.equal(world.server.sent.filter(({ args }) => String(args["body"]).includes("Friday")).length, 1);
});

test("a restart within the minute sends none of them early", async () => {
  const world = createWorld();
  await approveMany(world, 12);
  await runFor(world, await startAgent(world, GUARD), 20);
  const again = await startAgent(world, GUARD);
  await runFor(world, again, 39);
  assert.equal(world.server.sent.length, 0);
  await runFor(world, again, 40);
  assert.equal(world.server.sent.length, 12);
});

test("over a cap a note stays in Approved with its time on top, and is sent with nothing of that in it", async () => {
  const world = createWorld();
  const tasks = await approveMany(world, 3);
  const agent = await startAgent(world, { perHour: 2 });
  await runFor(world, agent, 8);
  const [left = ""] = await world.files.list("Approved");
  const waiting = tasks.find(({ file }) => file === left);
  assert.ok(waiting);
  assert.match(noticeOf(world, waiting), /^Waits until 2026-11-21 09:00 UTC: the limit/);
  await world.clock.advance(3_600_000);
  await runFor(world, agent, 8);
  assert.equal(world.server.sent.length, 3);
  assert.doesNotMatch(JSON.stringify(world.server.sent), /Waits until/);
  assert.equal(noticeOf(world, waiting), "");
});

/** Eleven approvals, the first of them checked on this laptop before, so that its bytes are this program's own. */
async function approveChecked(world: World): Promise<{ first: Task; agent: Agent }> {
  putMail(world);
  const first = makeTask(world);
  await deliver(world, first);
  const agent = await startAgent(world, GUARD);
  await agent.presenter.look();
  await world.files.move(`Pending_Approval/email/${first.file}`, `Approved/${first.file}`);
  await approveMany(world, 10, 2);
  return { first, agent };
}

const sentFirst = (world: World) => world.server.sent.some(({ args }) => args["source_message_id"] === "m1");

test("the owner takes a note back in the very moment its time is written on it: it is not sent", async () => {
  const world = createWorld();
  const { first, agent } = await approveChecked(world);
  const { write } = world.files;
  let taken = 0;
  world.files.write = async (path, text) => {
    if (path === `Approved/${first.file}` && taken === 0) {
      taken += 1;
      await world.files.move(path, `Pending_Approval/email/${first.file}`);
    }
    await write(path, text);
  };
  await runFor(world, agent, 130);
  assert.equal(taken, 1);
  assert.equal(world.server.sent.length, 10);
  assert.equal(sentFirst(world), false);
  assert.ok(placesOf(world, first).includes(`Pending_Approval/email/${first.file}`));
});

test("taken back just before that, it is not written into being again", async () => {
  const world = createWorld();
  const { first, agent } = await approveChecked(world);
  const { append } = world.decisions;
  world.decisions.append = async (record) => {
    const held = record as { type: string; id: string };
    if (held.type === "held" && held.id === first.id)
      await world.files.move(`Approved/${first.file}`, `Pending_Approval/email/${first.file}`);
    await append(record);
  };
  await runFor(world, agent, 130);
  assert.equal(sentFirst(world), false);
  assert.deepEqual(placesOf(world, first), [`Pending_Approval/email/${first.file}`]);
});
