import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { waitFor } from "@nightdesk/testkit";
import { FAILPOINTS } from "../src/ports.ts";
import { openLaptop, untilDone, type Laptop } from "./process-world.ts";

let laptop: Laptop;
before(async () => {
  laptop = await openLaptop();
});
after(() => laptop.close());

test("killed at every point between the draft, the sending and the record, each mail goes out once", async () => {
  laptop.startAgent({ NIGHTDESK_FAILPOINT: FAILPOINTS.join(",") });
  const tasks = [];
  for (const point of FAILPOINTS) tasks.push(await laptop.present(`Order ${point.replace(":", " ")}`));
  for (const task of tasks)
    await waitFor(
      async () =>
        (await readFile(join(laptop.vault, "Pending_Approval/email", task.file), "utf8")).includes(
          'checked: "verified',
        ),
      { what: "the note to be checked" },
    );
  for (const task of tasks) await laptop.approve(task);
  for (const task of tasks) assert.match(await untilDone(laptop, task), /outcome: sent/);
  assert.equal(laptop.starts(), 1 + FAILPOINTS.length, "one kill for each point");
  const sent = (await laptop.gmail.sentMessages()).map(({ threadId }) => threadId);
  assert.deepEqual(sent.sort(), tasks.map((task) => String(task.note.fields.source_thread)).sort());
});

test("from the end of the undo window to the sent mail it takes well under a second", async (t) => {
  const task = await laptop.present("Order fast");
  const before = (await laptop.gmail.sentMessages()).length;
  const startMs = Date.now();
  await laptop.approve(task);
  const sent = await waitFor(async () => (await laptop.gmail.sentMessages())[before], { what: "the mail" });
  const overheadMs = sent.sentAtMs - startMs - 1000;
  t.diagnostic(`overhead beyond the undo window: ${Math.round(overheadMs)} ms`);
  assert.ok(overheadMs < 1000, `${overheadMs} ms`);
  await untilDone(laptop, task);
});

test("STOP.md holds an approval back, and the dashboard says so", async () => {
  const task = await laptop.present("Order stopped");
  await writeFile(join(laptop.vault, "STOP.md"), "");
  await laptop.approve(task);
  const dashboard = () => readFile(join(laptop.vault, "Dashboard.md"), "utf8");
  await waitFor(async () => /STOP\.md is in the vault; nothing is carried out/.test(await dashboard()), {
    what: "the dashboard",
  });
  assert.deepEqual(await laptop.places(task), [`Approved/${task.file}`]);
  await rm(join(laptop.vault, "STOP.md"));
  await untilDone(laptop, task);
});

test("a second local-agent on the same state folder does not start", async () => {
  assert.equal(await laptop.startSecondAgent(), 1);
  assert.match(laptop.output(), /LOCK_HELD/);
});
