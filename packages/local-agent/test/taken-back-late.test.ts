import assert from "node:assert/strict";
import { test } from "node:test";
import { approved, auditOf, createWorld, runFor, startAgent } from "./world.ts";

test("a note that is taken back while it is decided on says so, too", async () => {
  const world = createWorld();
  const task = await approved(world);
  const agent = await startAgent(world);
  await agent.approver.look();
  await world.clock.advance(40_000);
  const pending = `Pending_Approval/email/${task.file}`;
  const { read } = world.server.link;
  world.server.link.read = async (...call) => {
    world.server.link.read = read;
    await world.files.move(`Approved/${task.file}`, pending);
    return read(...call);
  };
  await runFor(world, agent, 8);
  assert.equal(world.server.sent.length, 0);
  assert.match(world.files.snapshot()[pending] ?? "", /You took this back/);
  assert.deepEqual(
    auditOf(world).map((record) => record["action_type"]),
    ["approval_taken_back"],
  );
});
