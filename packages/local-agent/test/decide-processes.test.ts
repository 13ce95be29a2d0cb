import assert from "node:assert/strict";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { waitFor } from "@nightdesk/testkit";
import { formatWhen } from "../src/local-time.ts";
import { openLaptop, untilDone, type Laptop } from "./process-world.ts";
import type { Task } from "./world.ts";

/** The real program, the real disk, the real clock, and a mail server with the emulator behind it. */
const ZONE = "Asia/Tokyo";
const BULK_WAIT_MS = 12_000;

let laptop: Laptop;
before(async () => {
  laptop = await openLaptop();
  laptop.startAgent({
    TZ: ZONE,
    BULK_APPROVALS: "4",
    BULK_WAIT_SECONDS: String(BULK_WAIT_MS / 1000),
  });
});
after(() => laptop.close());

const pendingOf = (task: Task) => join(laptop.vault, "Pending_Approval/email", task.file);
/** As the owner writes it: to the second, without a zone. */
const localTime = (atMs: number) =>
  `${formatWhen(atMs, ZONE).slice(0, 16)}:${new Date(atMs).toISOString().slice(17, 19)}`;

async function sentThreads(): Promise<string[]> {
  return (await laptop.gmail.sentMessages()).map(({ threadId }) => threadId);
}

const threadOf = (task: Task) => String(task.note.fields.source_thread);

async function untilShown(path: string, pattern: RegExp): Promise<void> {
  await waitFor(async () => pattern.test(await readFile(path, "utf8").catch(() => "")), {
    what: `${pattern} in ${path}`,
    timeoutMs: 30_000,
    describe: async () => `${await readFile(path, "utf8").catch(() => "not there")}\n${laptop.output()}`,
  });
}

test("a time in the owner's own clock is kept to the second or so, and shown on top until then", async () => {
  const task = await laptop.present("Order for later");
  await untilShown(pendingOf(task), /checked: "verified/);
  const atMs = Math.ceil((Date.now() + 16_000) / 1000) * 1000;
  const text = await readFile(pendingOf(task), "utf8");
  await writeFile(pendingOf(task), text.replace(/^send_at:.*$/m, `send_at: ${localTime(atMs)}`));
  await laptop.approve(task);
  await untilShown(join(laptop.vault, "Scheduled", task.file), /waits until .*\(Asia\/Tokyo\)/);
  assert.equal((await sentThreads()).includes(threadOf(task)), false);
  await untilDone(laptop, task);
  const mail = (await laptop.gmail.sentMessages()).find(({ threadId }) => threadId === threadOf(task));
  assert.ok(mail);
  assert.ok(mail.sentAtMs >= atMs && mail.sentAtMs < atMs + 3_000, `${mail.sentAtMs - atMs} ms late`);
});

test("a snoozed note is back when the owner said, checked again, and can be approved", async () => {
  const task = await laptop.present("Order not now");
  await untilShown(pendingOf(task), /checked: "verified/);
  const text = await readFile(pendingOf(task), "utf8");
  const until = localTime(Date.now() + 5_000);
  await writeFile(pendingOf(task), text.replace(/^send_at:/m, `snooze_until: ${until}\nsend_at:`));
  await rename(pendingOf(task), join(laptop.vault, "Snoozed", task.file));
  await untilShown(pendingOf(task), /Back from Snoozed/);
  await laptop.approve(task);
  await untilDone(laptop, task);
});

test("more than allowed at once wait with their time on top; dragged back they are not sent, the others are, once", async () => {
  const tasks: Task[] = [];
  for (let number = 1; number <= 8; number += 1) tasks.push(await laptop.present(`Order bulk ${number}`));
  for (const task of tasks) await untilShown(pendingOf(task), /checked: "verified/);
  await Promise.all(tasks.map((task) => laptop.approve(task)));
  for (const task of tasks)
    await untilShown(join(laptop.vault, "Approved", task.file), /many notes were approved/);
  const [back, stay] = [tasks.slice(0, 3), tasks.slice(3)];
  for (const task of back) await rename(join(laptop.vault, "Approved", task.file), pendingOf(task));
  for (const task of stay) await untilDone(laptop, task);
  for (const task of back) await untilShown(pendingOf(task), /You took this back before it was carried out/);
  const sent = await sentThreads();
  for (const task of tasks)
    assert.equal(sent.filter((thread) => thread === threadOf(task)).length, back.includes(task) ? 0 : 1);
});
