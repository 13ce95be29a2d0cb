import assert from "node:assert/strict";
import { test } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { approved, createWorld, reasonOf, runFor, startAgent } from "./world.ts";

test("what piled up while the mail server failed does not go out all at once over the cap", async () => {
  const world = createWorld();
  world.server.faults.set("email_prepare", Array<"refused">(500).fill("refused"));
  const agent = await startAgent(world, { perHour: 2 });
  for (let number = 1; number <= 6; number += 1) {
    await approved(world, { number });
    await runFor(world, agent, 7);
  }
  assert.equal(world.server.sent.length, 0);
  world.server.faults.clear();
  await runFor(world, agent, 90);
  assert.equal(world.server.sent.length, 2);
});

test("a file in Approved that cannot be read is put aside and holds up no other note", async () => {
  const world = createWorld();
  const path = "Approved/film.mp4";
  await world.files.write(path, "much");
  const read = world.files.read;
  world.files.read = async (asked) => {
    if (asked === path)
      throw new NightdeskError("NOTE_TOO_LARGE", `"${path}" is too long to be read; it was left alone.`);
    return read(asked);
  };
  await approved(world);
  await runFor(world, await startAgent(world), 8);
  assert.equal(world.server.sent.length, 1);
  assert.ok("Needs_Attention/film.mp4" in world.files.snapshot());
  assert.match(reasonOf(world, "film.mp4.md"), /too long to be read/);
});
