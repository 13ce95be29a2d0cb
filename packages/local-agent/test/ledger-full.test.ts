import assert from "node:assert/strict";
import { test } from "node:test";
import { approved, createWorld, placesOf, runFor, startAgent } from "./world.ts";

test("a note that cannot be asked about because the ledger's disk is full stays approved, and nobody says the owner took it back", async () => {
  const world = createWorld();
  const task = await approved(world, { fields: { to: ["eve@evil.example"] } });
  const agent = await startAgent(world);
  const { append } = world.presented;
  world.presented.append = async () => {
    throw new Error("ENOSPC");
  };
  await runFor(world, agent, 12);
  assert.deepEqual(placesOf(world, task), [`Approved/${task.file}`]);
  assert.ok(!Object.keys(world.files.snapshot()).some((path) => path.startsWith("Logs/local/2")));
  world.presented.append = append;
  await runFor(world, agent, 40);
  assert.match(world.files.snapshot()[`Pending_Approval/email/${task.file}`] ?? "", /eve@evil\.example, but/);
});
