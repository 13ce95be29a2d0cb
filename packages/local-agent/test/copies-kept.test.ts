import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorld, deliver, makeTask, putMail, startAgent } from "./world.ts";

for (const folder of ["Snoozed", "Expired"])
  test(`words the owner wrote are kept when an older copy of the note was put into ${folder}/`, async () => {
    const world = createWorld();
    putMail(world);
    const task = makeTask(world);
    const path = await deliver(world, task);
    const agent = await startAgent(world);
    await agent.presenter.look();
    const shown = world.files.snapshot()[path] ?? "";
    await world.files.write(`${folder}/${task.file}`, shown);
    await world.files.write(path, shown.replace("Thursday works.", "My own words."));
    for (let look = 0; look < 3; look += 1) await agent.presenter.look();
    assert.match(world.files.snapshot()[path] ?? "", /My own words\./);
  });
