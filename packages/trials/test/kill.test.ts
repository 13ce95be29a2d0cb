import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { FAILPOINTS } from "@nightdesk/local-agent";
import { createTempDir, waitFor, type TempDir } from "@nightdesk/testkit";
import { openOffice, type Office } from "../src/office/open-office.ts";

const MAIN = join(import.meta.dirname, "../../local-agent/src/main.ts");

let folder: TempDir;
let office: Office;
before(async () => {
  folder = await createTempDir("office");
  office = await openOffice({ folder: folder.path });
  await office.local.mailServer.start();
});
after(async () => {
  await office.close();
  await folder.remove();
});

test("killed at every point between the draft, the sending and the record, each mail goes out once", async () => {
  await office.local.worker.start({ NIGHTDESK_FAILPOINT: FAILPOINTS.join(",") });
  const tasks = [];
  for (const point of FAILPOINTS)
    tasks.push(await office.bring({ subject: `Order ${point.replace(":", " ")}` }));
  for (const task of tasks)
    await waitFor(
      async () =>
        (await readFile(join(office.local.vault, "Pending_Approval/email", task.file), "utf8")).includes(
          'checked: "verified',
        ),
      { what: "the note to be checked" },
    );
  for (const task of tasks) await office.approve(task);
  for (const task of tasks) assert.match(await office.untilDone(task), /outcome: sent/);
  assert.equal(office.local.worker.starts(), 1 + FAILPOINTS.length, "one kill for each point");
  const sent = (await office.gmail.sentMessages()).map(({ threadId }) => threadId);
  assert.deepEqual(sent.sort(), tasks.map((task) => String(task.note.fields.source_thread)).sort());
});

test("from the end of the undo window to the sent mail it takes well under a second", async (t) => {
  const task = await office.bring({ subject: "Order fast" });
  const before = (await office.gmail.sentMessages()).length;
  const startMs = Date.now();
  await office.approve(task);
  const sent = await waitFor(async () => (await office.gmail.sentMessages())[before], { what: "the mail" });
  const overheadMs = sent.sentAtMs - startMs - 1000;
  t.diagnostic(`overhead beyond the undo window: ${Math.round(overheadMs)} ms`);
  assert.ok(overheadMs < 1000, `${overheadMs} ms`);
  await office.untilDone(task);
});

test("STOP.md holds an approval back, and the dashboard says so", async () => {
  const task = await office.bring({ subject: "Order stopped" });
  await writeFile(join(office.local.vault, "STOP.md"), "");
  await office.approve(task);
  const dashboard = () => readFile(join(office.local.vault, "Dashboard.md"), "utf8");
  await waitFor(async () => /STOP\.md is in the vault; nothing is carried out/.test(await dashboard()), {
    what: "the dashboard",
  });
  assert.deepEqual(await office.places(task.id), [`Approved/${task.file}`]);
  await rm(join(office.local.vault, "STOP.md"));
  await office.untilDone(task);
});

test("a second local-agent on the same state folder does not start", async () => {
  const second = spawnSync(process.execPath, [MAIN], { env: office.local.env, encoding: "utf8" });
  assert.equal(second.status, 1);
  assert.match(second.stdout + second.stderr, /LOCK_HELD/);
});
