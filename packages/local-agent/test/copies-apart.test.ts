import assert from "node:assert/strict";
import { test } from "node:test";
import { auditOf, createWorld, deliver, makeTask, placesOf, putMail, startAgent } from "./world.ts";

test("a snoozed note comes back although a copy of it lies in Expired/, and the audit tells of it once", async () => {
  const world = createWorld();
  putMail(world);
  const task = makeTask(world);
  const path = await deliver(world, task);
  const agent = await startAgent(world);
  await agent.presenter.look();
  await world.files.write(`Expired/${task.file}`, world.files.snapshot()[path] ?? "");
  await world.files.move(path, `Snoozed/${task.file}`);
  for (let hour = 0; hour < 72; hour += 1) {
    await agent.presenter.look();
    await world.clock.advance(3_600_000);
  }
  assert.ok(!placesOf(world, task).includes(`Snoozed/${task.file}`));
  assert.equal(auditOf(world).filter((record) => record["action_type"] === "note_snoozed").length, 1);
  assert.ok(world.decisions.lines.length < 10);
});
