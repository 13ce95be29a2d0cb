import assert from "node:assert/strict";
import { test } from "node:test";
import { createOddEntries } from "../src/odd-entries.ts";
import { auditOf, createWorld, deliver, makeTask, placesOf, putMail, run, startAgent } from "./world.ts";

async function checkedNote() {
  const world = createWorld();
  putMail(world);
  const task = makeTask(world);
  const path = await deliver(world, task);
  const asDelivered = world.files.snapshot()[path] ?? "";
  await (await startAgent(world)).presenter.look();
  return { world, task, path, asDelivered, checked: world.files.snapshot()[path] ?? "" };
}

const refusedFor = (world: Parameters<typeof auditOf>[0]) =>
  auditOf(world).flatMap(({ parameters }) => {
    const code = (parameters as Record<string, unknown>)["code"];
    return code === undefined ? [] : [code];
  });

test("a copy of a note that waits is not taken for the owner's move", async () => {
  const { world, task, path, checked } = await checkedNote();
  await world.files.write(`Approved/${task.file}`, checked);
  await run(world);
  assert.equal(world.server.sent.length, 0);
  assert.deepEqual(refusedFor(world), ["TWO_COPIES"]);
  assert.deepEqual(placesOf(world, task).sort(), [`Needs_Attention/${task.file}`, path].sort());
});

test("a copy with another text is not, and neither is the note as it came, long after it was checked", async () => {
  for (const make of [
    ({ checked }: Awaited<ReturnType<typeof checkedNote>>) => checked.replace("Thank you", "Forged"),
    ({ asDelivered }: Awaited<ReturnType<typeof checkedNote>>) => asDelivered,
  ]) {
    const note = await checkedNote();
    const { world, task } = note;
    await world.clock.advance(60_000);
    await world.files.write(`Approved/${task.file}`, make(note));
    await run(world);
    assert.equal(world.server.sent.length, 0);
    assert.deepEqual(refusedFor(world), ["TWO_COPIES"]);
  }
});

test("a link or folder in Approved/ is audited once while it lies there, with a sentence for the dashboard", async () => {
  const { world, task } = await checkedNote();
  const { ports } = await startAgent(world);
  let names = [task.file];
  const files = { ...world.files, listOdd: async () => names };
  const look = createOddEntries({ ...ports, files }, ["Approved"]);
  assert.match((await look()).get(`Approved/${task.file}`) ?? "", /a link or a folder/);
  await look();
  assert.deepEqual(refusedFor(world), ["FILE_NOT_REGULAR"]);
  names = [];
  assert.equal((await look()).size, 0);
});
