import assert from "node:assert/strict";
import { test } from "node:test";
import { approved, createWorld, runFor, startAgent } from "./world.ts";

test("what waited for the end of a burst, and whose time to decide ended while the laptop was off, is asked about", async () => {
  const world = createWorld();
  const tasks = [];
  for (const number of [1, 2, 3]) tasks.push(await approved(world, { number }));
  const bulk = { approvals: 2, waitMs: 60_000 };
  await runFor(world, await startAgent(world, { bulk }), 8);
  await world.clock.advance(21 * 86_400_000);
  await runFor(world, await startAgent(world, { bulk }), 100);
  assert.equal(world.server.sent.length, 0);
  for (const task of tasks)
    assert.match(
      world.files.snapshot()[`Pending_Approval/email/${task.file}`] ?? "",
      /Its time to decide ended/,
    );
});
