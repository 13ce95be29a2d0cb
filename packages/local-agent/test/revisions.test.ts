import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNote } from "@nightdesk/claim-lib";
import {
  createWorld,
  deliver,
  kinds,
  makeTask,
  placesOf,
  putMail,
  reasonOf,
  runFor,
  startAgent,
  type Task,
  type World,
} from "./world.ts";

const pendingOf = (task: Task) => `Pending_Approval/email/${task.file}`;

/** Where one version of the task lies. */
const placesOfVersion = (world: World, version: Task) =>
  placesOf(world, version).filter((path) => path.endsWith(version.file));

async function twoVersions(world: World): Promise<{ first: Task; second: Task }> {
  putMail(world);
  const first = makeTask(world);
  await deliver(world, first);
  return { first, second: makeTask(world, { rev: 2, text: "Hello Anna,\n\nFriday works." }) };
}

test("a version that replaced another and is approved within five seconds is asked about once, and then sent", async () => {
  const world = createWorld();
  const { second } = await twoVersions(world);
  const agent = await startAgent(world);
  await agent.presenter.look();
  await deliver(world, second);
  await agent.presenter.look();
  await world.clock.advance(4_900);
  await world.files.move(pendingOf(second), `Approved/${second.file}`);
  await runFor(world, agent, 10);
  assert.equal(world.server.sent.length, 0);
  const { fields } = parseNote(world.files.snapshot()[pendingOf(second)] ?? "", kinds);
  assert.match(fields.notice ?? "", /replaced an earlier one in the moment you approved it.*It was not sent/);
  assert.equal(fields.risk, "low");
  await world.files.move(pendingOf(second), `Approved/${second.file}`);
  await runFor(world, agent, 10);
  assert.match(String(world.server.sent[0]?.args["body"]), /Friday works/);
  assert.equal(world.server.sent.length, 1);
});

test("after five seconds a version that replaced another is approved like any other", async () => {
  const world = createWorld();
  const { second } = await twoVersions(world);
  const agent = await startAgent(world);
  await deliver(world, second);
  await agent.presenter.look();
  await world.clock.advance(5_000);
  await world.files.move(pendingOf(second), `Approved/${second.file}`);
  await runFor(world, agent, 8);
  assert.equal(world.server.sent.length, 1);
});

test("a first version may be approved the moment it is there", async () => {
  const world = createWorld();
  const { first } = await twoVersions(world);
  await world.files.move(pendingOf(first), `Approved/${first.file}`);
  await runFor(world, await startAgent(world), 8);
  assert.equal(world.server.sent.length, 1);
});

test("an owner who approves a version while the next one arrives: the old one is not sent, the new one waits", async () => {
  for (const arrivesAfterSeconds of [0, 2, 4]) {
    const world = createWorld();
    const { first, second } = await twoVersions(world);
    const agent = await startAgent(world);
    await agent.presenter.look();
    await world.files.move(pendingOf(first), `Approved/${first.file}`);
    await runFor(world, agent, arrivesAfterSeconds);
    await deliver(world, second);
    await agent.presenter.look();
    await runFor(world, agent, 10);
    assert.equal(world.server.sent.length, 0, `after ${arrivesAfterSeconds} s`);
    assert.deepEqual(placesOfVersion(world, first), [`Needs_Attention/${first.file}`]);
    assert.deepEqual(placesOfVersion(world, second), [pendingOf(second)]);
    assert.match(reasonOf(world, first.file), /newer version of this note\. Approve that one/);
  }
});

test("a version that was sent before the next one arrives is the only one that is ever sent", async () => {
  const world = createWorld();
  const { first, second } = await twoVersions(world);
  const agent = await startAgent(world);
  await world.files.move(pendingOf(first), `Approved/${first.file}`);
  await runFor(world, agent, 6);
  await deliver(world, second);
  await world.clock.advance(10_000);
  await world.files.move(pendingOf(second), `Approved/${second.file}`);
  await runFor(world, agent, 10);
  assert.equal(world.server.sent.length, 1);
  assert.deepEqual(placesOfVersion(world, second), [`Needs_Attention/${second.file}`]);
});
