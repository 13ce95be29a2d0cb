import assert from "node:assert/strict";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { formatWhen } from "@nightdesk/local-agent";
import { createTempDir, waitFor, type TempDir } from "@nightdesk/testkit";
import type { Reply } from "../src/office/sample-reply.ts";
import { openOffice, type Office } from "../src/office/open-office.ts";

/** The real program, the real disk, the real clock, and a mail server with the emulator behind it. */
const ZONE = "Asia/Tokyo";
const BULK_WAIT_MS = 12_000;

let folder: TempDir;
let office: Office;
before(async () => {
  folder = await createTempDir("office");
  office = await openOffice({ folder: folder.path });
  await office.local.mailServer.start();
  await office.local.worker.start({
    TZ: ZONE,
    BULK_APPROVALS: "4",
    BULK_WAIT_SECONDS: String(BULK_WAIT_MS / 1000),
  });
});
after(async () => {
  await office.close();
  await folder.remove();
});

const pendingOf = (task: Reply) => join(office.local.vault, "Pending_Approval/email", task.file);
/** As the owner writes it: to the second, without a zone. */
const localTime = (atMs: number) =>
  `${formatWhen(atMs, ZONE).slice(0, 16)}:${new Date(atMs).toISOString().slice(17, 19)}`;

async function sentThreads(): Promise<string[]> {
  return (await office.gmail.sentMessages()).map(({ threadId }) => threadId);
}

const threadOf = (task: Reply) => String(task.note.fields.source_thread);

async function untilShown(path: string, pattern: RegExp): Promise<void> {
  await waitFor(async () => pattern.test(await readFile(path, "utf8").catch(() => "")), {
    what: `${pattern} in ${path}`,
    timeoutMs: 30_000,
    describe: async () => `${await readFile(path, "utf8").catch(() => "not there")}\n${await office.logs()}`,
  });
}

test("a time in the owner's own clock is kept to the second or so, and shown on top until then", async () => {
  const task = await office.bring({ subject: "Order for later" });
  await untilShown(pendingOf(task), /checked: "verified/);
  const atMs = Math.ceil((Date.now() + 16_000) / 1000) * 1000;
  const text = await readFile(pendingOf(task), "utf8");
  await writeFile(pendingOf(task), text.replace(/^send_at:.*$/m, `send_at: ${localTime(atMs)}`));
  await office.approve(task);
  await untilShown(join(office.local.vault, "Scheduled", task.file), /waits until .*\(Asia\/Tokyo\)/);
  assert.equal((await sentThreads()).includes(threadOf(task)), false);
  await office.untilDone(task);
  const mail = (await office.gmail.sentMessages()).find(({ threadId }) => threadId === threadOf(task));
  assert.ok(mail);
  assert.ok(mail.sentAtMs >= atMs && mail.sentAtMs < atMs + 3_000, `${mail.sentAtMs - atMs} ms late`);
});

test("a snoozed note is back when the owner said, checked again, and can be approved", async () => {
  const task = await office.bring({ subject: "Order not now" });
  await untilShown(pendingOf(task), /checked: "verified/);
  const text = await readFile(pendingOf(task), "utf8");
  const until = localTime(Date.now() + 5_000);
  await writeFile(pendingOf(task), text.replace(/^send_at:/m, `snooze_until: ${until}\nsend_at:`));
  await rename(pendingOf(task), join(office.local.vault, "Snoozed", task.file));
  await untilShown(pendingOf(task), /Back from Snoozed/);
  await office.approve(task);
  await office.untilDone(task);
});

test("more than allowed at once wait with their time on top; dragged back they are not sent, the others are, once", async () => {
  const tasks: Reply[] = [];
  for (let number = 1; number <= 8; number += 1)
    tasks.push(await office.bring({ subject: `Order bulk ${number}` }));
  for (const task of tasks) await untilShown(pendingOf(task), /checked: "verified/);
  await Promise.all(tasks.map((task) => office.approve(task)));
  for (const task of tasks)
    await untilShown(join(office.local.vault, "Approved", task.file), /many notes were approved/);
  const [back, stay] = [tasks.slice(0, 3), tasks.slice(3)];
  for (const task of back) await rename(join(office.local.vault, "Approved", task.file), pendingOf(task));
  for (const task of stay) await office.untilDone(task);
  for (const task of back) await untilShown(pendingOf(task), /You took this back before it was carried out/);
  const sent = await sentThreads();
  for (const task of tasks)
    assert.equal(sent.filter((thread) => thread === threadOf(task)).length, back.includes(task) ? 0 : 1);
});
