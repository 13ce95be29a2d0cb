import assert from "node:assert/strict";
import { test } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { createRejectionRecorder } from "../src/rejected.ts";
import { createWorld, deliver, makeTask, putMail, startAgent } from "./world.ts";

test("a file too long to be read holds up neither the other notes nor the dashboard", async () => {
  const world = createWorld();
  putMail(world);
  putMail(world, 2);
  const [huge, other] = [makeTask(world), makeTask(world, { number: 2 })];
  await world.files.write(`Pending_Approval/${huge.file}`, "x");
  await world.files.write(`Rejected/${huge.file}`, "x");
  const path = await deliver(world, other);
  const { read } = world.files;
  world.files.read = async (at) => {
    if (at.endsWith(huge.file)) throw new NightdeskError("NOTE_TOO_LARGE", "too long", { retry: "never" });
    return read(at);
  };
  const { ports, presenter } = await startAgent(world);
  await presenter.look();
  assert.match(world.files.snapshot()[path] ?? "", /checked: /);
  await createRejectionRecorder(ports)();
});
