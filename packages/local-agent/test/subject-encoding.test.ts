import assert from "node:assert/strict";
import { test } from "node:test";
import { approved, createWorld, run } from "./world.ts";

test("a subject an editor did not save as UTF-8 is not sent with holes in it", async () => {
  const world = createWorld();
  const task = await approved(world);
  const path = `Approved/${task.file}`;
  const spoiled = task.text.replace("Re: Angebot 2291", "Re: R\ufffdckfrage");
  assert.notEqual(spoiled, task.text);
  await world.files.write(path, spoiled);
  await run(world);
  assert.equal(world.server.sent.length, 0);
  assert.match(world.files.snapshot()[`Pending_Approval/email/${task.file}`] ?? "", /could not be read/);
});
