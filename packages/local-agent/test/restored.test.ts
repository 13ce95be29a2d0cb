import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { NightdeskError, parseNote, type SyncStatus } from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { withTempDir } from "@nightdesk/testkit";
import { openJournal } from "../src/journal.ts";
import {
  approved,
  createWorld,
  kinds,
  makeTask,
  placesOf,
  reasonOf,
  run,
  runFor,
  startAgent,
  type Task,
  type World,
} from "./world.ts";

/** The laptop's records as a backup would hold them. */
function backUp(world: World): () => void {
  const logs = [world.journal, world.decisions];
  const copies = logs.map(({ lines }) => structuredClone(lines));
  return () => logs.forEach((log, index) => log.lines.splice(0, Infinity, ...(copies[index] ?? [])));
}

/** The note of something that was sent lies in Approved/ again, as an old copy of it would. */
async function bringBack(world: World, task: Task): Promise<void> {
  await world.files.remove(`Done/2026-11/${task.file}`);
  await world.files.write(`Approved/${task.file}`, task.text);
}

function checkParked(world: World, task: Task): void {
  assert.equal(world.server.sent.length, 1, "it is not sent a second time");
  assert.deepEqual(placesOf(world, task), [`Needs_Attention/${task.file}`]);
  assert.match(reasonOf(world, task.file), /not known whether this was carried out/);
}

test("a journal put back to a copy of this morning is noticed, also when its last start is in it", async () => {
  const world = createWorld();
  const agent = await startAgent(world);
  const journal = structuredClone(world.journal.lines);
  const task = await approved(world);
  await runFor(world, agent, 8);
  world.journal.lines.splice(0, Infinity, ...journal);
  await bringBack(world, task);
  await run(world, 20);
  checkParked(world, task);
});

test("the whole state folder put back while the vault is newer: the audit in the vault tells of it", async () => {
  const world = createWorld();
  await run(world, 1);
  const restore = backUp(world);
  const task = await approved(world);
  await run(world);
  restore();
  await bringBack(world, task);
  await run(world, 20);
  checkParked(world, task);
});

test("what lies in Scheduled/ or was begun without a handle counts as unknown as well", async () => {
  const world = createWorld();
  await run(world, 1);
  const restore = backUp(world);
  await approved(world);
  await run(world);
  restore();
  const scheduled = await approved(world, { number: 2 });
  await world.files.move(`Approved/${scheduled.file}`, `Scheduled/${scheduled.file}`);
  const begun = makeTask(world, { number: 3 });
  await world.files.write(`In_Progress/local/${begun.file}`, begun.text);
  await run(world, 20);
  assert.equal(world.server.sent.length, 1);
  for (const task of [scheduled, begun])
    assert.deepEqual(placesOf(world, task), [`Needs_Attention/${task.file}`]);
});

test("it is told once: the next start approves as always, and a second restore is noticed again", async () => {
  const world = createWorld();
  await run(world, 1);
  const restore = backUp(world);
  const task = await approved(world);
  await run(world);
  restore();
  assert.equal((await startAgent(world)).lost, true);
  assert.equal((await startAgent(world)).lost, false);
  await approved(world, { number: 2 });
  await run(world);
  assert.equal(world.server.sent.length, 2);
  restore();
  await bringBack(world, task);
  assert.equal((await startAgent(world)).lost, true);
  assert.deepEqual(placesOf(world, task), [`Needs_Attention/${task.file}`]);
});

test("records that fit are never taken for older ones, whatever ended how", async () => {
  const world = createWorld();
  await approved(world);
  world.server.faults.set("email_prepare", ["denied"]);
  await run(world);
  const refused = (await world.files.list("Needs_Attention")).find((name) => !name.startsWith("WHY "));
  await world.files.move(`Needs_Attention/${refused}`, `Approved/${refused}`);
  assert.equal((await startAgent(world)).lost, false);
  await run(world);
  assert.equal(world.server.sent.length, 1);
  for (let start = 0; start < 3; start += 1) assert.equal((await startAgent(world)).lost, false);
});

function statusOf(over: Partial<SyncStatus>): SyncStatus {
  return {
    replica: "local",
    state: "ok",
    message: "",
    lastSyncAt: null,
    tip: null,
    peerLastCommitAt: null,
    pendingChanges: 0,
    refused: [],
    ...over,
  };
}

const before = (world: World, ms: number) => new Date(world.clock.now() - ms).toISOString();

test("a laptop put back as a whole sends nothing before sync has compared it, and parks when it noticed", async () => {
  const world = createWorld();
  const task = await approved(world);
  // What the backup says of itself.
  world.sync = statusOf({ lastSyncAt: before(world, 86_400_000) });
  const agent = await startAgent(world);
  await runFor(world, agent, 40);
  assert.equal(world.server.sent.length, 0);
  assert.match([...agent.approver.held().values()].join(), /sync first compares/);
  world.sync = statusOf({ state: "stopped", code: "OWN_COMMIT_UNKNOWN" });
  await runFor(world, agent, 10);
  assert.deepEqual(placesOf(world, task), [`Needs_Attention/${task.file}`]);
  assert.equal(world.server.sent.length, 0);
});

test("after the first round since the start everything goes on, also when sync fails later", async () => {
  const world = createWorld();
  world.sync = statusOf({ state: "offline" });
  const agent = await startAgent(world);
  await approved(world);
  await runFor(world, agent, 20);
  assert.equal(world.server.sent.length, 0);
  world.sync = statusOf({ lastSyncAt: before(world, 0) });
  await runFor(world, agent, 2);
  assert.equal(world.server.sent.length, 1);
  world.sync = statusOf({ state: "offline" });
  await approved(world, { number: 2 });
  await runFor(world, agent, 8);
  assert.equal(world.server.sent.length, 2);
});

test("this program alone started again, beside a sync that has run on, goes on at once", async () => {
  const world = createWorld();
  await approved(world);
  world.sync = statusOf({ state: "offline", lastSyncAt: before(world, 3 * 3_600_000) });
  world.isSyncRunning = true;
  await runFor(world, await startAgent(world), 7);
  assert.equal(world.server.sent.length, 1);
});

test("a status out of a backup counts for nothing, not even in the moment sync starts", async () => {
  const world = createWorld();
  await approved(world);
  world.sync = statusOf({ lastSyncAt: before(world, 60_000) });
  const agent = await startAgent(world);
  await runFor(world, agent, 20);
  // It holds its lock, and has not taken the old status back yet.
  world.isSyncRunning = true;
  await agent.approver.look();
  await agent.approver.idle();
  world.sync = statusOf({ state: "offline" });
  await runFor(world, agent, 20);
  assert.equal(world.server.sent.length, 0);
});

test("while the repository cannot be reached after a start the owner is asked once, and a second approval counts", async () => {
  const world = createWorld();
  world.sync = statusOf({ state: "offline" });
  const agent = await startAgent(world);
  const task = await approved(world);
  await runFor(world, agent, 70);
  const pending = `Pending_Approval/email/${task.file}`;
  assert.deepEqual(placesOf(world, task), [pending]);
  const { fields } = parseNote(world.files.snapshot()[pending] ?? "", kinds);
  assert.match(
    fields.notice ?? "",
    /could not be reached, so it is not known whether this was carried out already\. It was not sent now\. Look into your sent mail\. Move it to Approved/,
  );
  await world.files.move(pending, `Approved/${task.file}`);
  await runFor(world, agent, 8);
  assert.equal(world.server.sent.length, 1);
});

test("a yes of an earlier start does not count for this one: it may come out of a backup", async () => {
  const world = createWorld();
  world.sync = statusOf({ state: "offline" });
  const task = await approved(world);
  await runFor(world, await startAgent(world), 70);
  await world.files.move(`Pending_Approval/email/${task.file}`, `Approved/${task.file}`);
  await runFor(world, await startAgent(world), 70);
  assert.equal(world.server.sent.length, 0);
});

test("what was begun without a handle goes on only after sync has compared, however long that takes", async () => {
  const world = createWorld();
  const task = await approved(world);
  world.server.faults.set("email_prepare", ["refused", "refused", "refused"]);
  await runFor(world, await startAgent(world), 5);
  assert.deepEqual(placesOf(world, task), [`In_Progress/local/${task.file}`]);
  world.server.faults.clear();
  world.sync = statusOf({ state: "offline" });
  const agent = await startAgent(world);
  await runFor(world, agent, 200);
  assert.equal(world.server.sent.length, 0);
  assert.match([...agent.reconciler.waiting().values()].join(), /Waits for sync/);
  world.sync = statusOf({ lastSyncAt: before(world, 0) });
  await runFor(world, agent, 61);
  assert.equal(world.server.sent.length, 1);
});

test("a scheduled note whose time comes meanwhile waits for sync, and is asked about when it is too late", async () => {
  for (const minutes of [30, 90]) {
    const world = createWorld();
    const task = await approved(world);
    await world.files.write(
      `Approved/${task.file}`,
      task.text.replace("send_at:", "send_at: 2026-11-21 08:10"),
    );
    world.sync = statusOf({ lastSyncAt: before(world, 0) });
    await runFor(world, await startAgent(world), 20);
    world.sync = statusOf({ state: "offline" });
    const agent = await startAgent(world);
    await world.clock.advance(minutes * 60_000);
    await runFor(world, agent, 20);
    assert.equal(world.server.sent.length, 0);
    if (minutes === 30) {
      assert.deepEqual(placesOf(world, task), [`Scheduled/${task.file}`]);
      world.sync = statusOf({ lastSyncAt: before(world, 0) });
      await runFor(world, agent, 20);
      assert.equal(world.server.sent.length, 1);
    } else assert.deepEqual(placesOf(world, task), [`Pending_Approval/email/${task.file}`]);
  }
});

test("a journal with a damaged line in the middle stops the program with what to do; one torn at its end does not", () =>
  withTempDir(async (folder) => {
    const path = join(folder, "journal.jsonl");
    const log = openAppendLog(path);
    for (let run = 0; run < 3; run += 1)
      await log.append({ type: "run", run: `run${run}`, at: "2026-11-21T08:00:00.000Z" });
    const whole = await readFile(path, "utf8");
    await writeFile(path, whole.replace('"run":"run1"', '"run":"run7"'));
    await assert.rejects(
      openJournal(openAppendLog(path)),
      (error: unknown) =>
        NightdeskError.is(error, "LEDGER_CORRUPT") &&
        /damaged at line .* nothing will be sent until it is repaired.*backup/.test(error.message),
    );
    await writeFile(path, `${whole}\n{"r":{"type":"run","ru`);
    assert.deepEqual((await openJournal(openAppendLog(path))).runs(), ["run0", "run1", "run2"]);
  }));
