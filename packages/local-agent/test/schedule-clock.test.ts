import assert from "node:assert/strict";
import { test } from "node:test";
import { approveFor, HOUR, VIENNA } from "./scheduled-task.ts";
import { createWorld, placesOf, runFor, startAgent } from "./world.ts";

test("nine in the morning stays nine in the morning over the change to summer time", async () => {
  const world = createWorld();
  world.clock.jumpTo(Date.UTC(2027, 2, 26, 12));
  await approveFor(world, "2027-03-29 09:00");
  const agent = await startAgent(world, VIENNA);
  await runFor(world, agent, 12);
  await world.clock.advance(Date.UTC(2027, 2, 29, 6, 59, 30) - world.clock.now());
  await runFor(world, agent, 1);
  assert.equal(world.server.sent.length, 0, "08:59:30 on the owner's clock");
  await runFor(world, agent, 40);
  assert.equal(world.server.sent.length, 1);
});

test("a laptop carried into another time zone keeps the time it promised on top of the note", async () => {
  const world = createWorld();
  await approveFor(world, "2026-11-21 12:00");
  await runFor(world, await startAgent(world, VIENNA), 12);
  const abroad = await startAgent(world, { timeZone: "America/New_York" });
  await runFor(world, abroad, 12);
  await world.clock.advance(Date.UTC(2026, 10, 21, 11) - world.clock.now());
  await runFor(world, abroad, 12);
  assert.equal(world.server.sent.length, 1);
});

test("after records were lost, what is scheduled counts as unknown and is not sent", async () => {
  const world = createWorld();
  const task = await approveFor(world, "2026-11-21 10:00");
  await runFor(world, await startAgent(world), 12);
  world.journal.lines.length = 0;
  await runFor(world, await startAgent(world), 12);
  await world.clock.advance(3 * HOUR);
  await runFor(world, await startAgent(world), 12);
  assert.equal(world.server.sent.length, 0);
  assert.deepEqual(placesOf(world, task), [`Needs_Attention/${task.file}`]);
});
