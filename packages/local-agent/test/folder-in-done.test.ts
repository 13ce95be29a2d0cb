import assert from "node:assert/strict";
import { test } from "node:test";
import { approved, auditOf, createWorld, placesOf, runFor, startAgent } from "./world.ts";

test("a folder with the note's name in Done/ does not keep what was sent from being told", async () => {
  const world = createWorld();
  const task = await approved(world);
  const agent = await startAgent(world);
  agent.ports.files.listOdd = async (folder) => (folder === "Done/2026-11" ? [task.file] : []);
  await runFor(world, agent, 8);
  assert.deepEqual(placesOf(world, task), [`Needs_Attention/${task.file}`]);
  assert.equal(auditOf(world).filter((record) => record["action_type"] === "email_send").length, 1);
  assert.equal(world.server.sent.length, 1);
});
