import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNote } from "@nightdesk/claim-lib";
import { approveFor, HOUR, noticeIn, pendingOf, scheduledOf, VIENNA, withTime } from "./scheduled-task.ts";
import { approved, auditOf, createWorld, kinds, makeTask, placesOf, runFor, startAgent } from "./world.ts";

test("an approved note with a time waits in Scheduled with its time on top, and is sent then, once", async () => {
  const world = createWorld();
  const task = await approveFor(world, "2026-11-21 11:00");
  const agent = await startAgent(world, VIENNA);
  await runFor(world, agent, 15);
  assert.deepEqual(placesOf(world, task), [scheduledOf(task)]);
  assert.match(noticeIn(world, scheduledOf(task)), /waits until 2026-11-21 11:00 \(Europe\/Vienna\)/);
  await world.clock.advance(2 * HOUR - 60_000);
  await runFor(world, agent, 1);
  assert.equal(world.server.sent.length, 0);
  await world.clock.advance(60_000);
  await runFor(world, agent, 30);
  assert.equal(world.server.sent.length, 1);
  const [done = ""] = placesOf(world, task);
  const { fields } = parseNote(world.files.snapshot()[done] ?? "", kinds);
  assert.equal(fields.approved_at?.slice(0, 16), "2026-11-21T08:00");
  assert.equal(fields.outcome_at?.slice(0, 16), "2026-11-21T10:00");
  await world.clock.advance(24 * HOUR);
  await runFor(world, await startAgent(world, VIENNA), 10);
  assert.equal(world.server.sent.length, 1);
});

test("a move to Scheduled is an approval for later, with every check of an approval", async () => {
  const world = createWorld();
  const task = await approveFor(world, "2026-11-21T10:00:00", "Scheduled");
  const forged = makeTask(world, { number: 2 });
  await world.files.write(scheduledOf(forged), withTime(forged, "2026-11-21T10:00:00"));
  const agent = await startAgent(world);
  await runFor(world, agent, 10);
  assert.deepEqual(placesOf(world, forged), [`Needs_Attention/${forged.file}`], "never presented");
  await world.clock.advance(2 * HOUR);
  await runFor(world, agent, 10);
  assert.equal(world.server.sent.length, 1);
  assert.equal(placesOf(world, task)[0]?.startsWith("Done/"), true);
});

test("a scheduled note moved back to Pending_Approval or to Rejected, or deleted, is not sent", async () => {
  const world = createWorld();
  const [back, rejected, deleted] = [
    await approveFor(world, "2026-11-21 10:00", "Approved", 1),
    await approveFor(world, "2026-11-21 10:00", "Approved", 2),
    await approveFor(world, "2026-11-21 10:00", "Approved", 3),
  ];
  const agent = await startAgent(world);
  await runFor(world, agent, 12);
  await world.files.move(scheduledOf(back), pendingOf(back));
  await world.files.move(scheduledOf(rejected), `Rejected/${rejected.file}`);
  await world.files.remove(scheduledOf(deleted));
  await runFor(world, agent, 2);
  assert.match(
    noticeIn(world, pendingOf(back)),
    /You took this back.*nothing was sent\. Its send_at still stands/,
  );
  await world.clock.advance(3 * HOUR);
  await runFor(world, agent, 10);
  assert.equal(world.server.sent.length, 0);
  assert.equal(auditOf(world).filter(({ action_type: type }) => type === "approval_taken_back").length, 3);
});

test("taken back while this program was off: the line that it waits does not stay on top", async () => {
  const world = createWorld();
  const task = await approveFor(world, "2026-11-21 10:00");
  await runFor(world, await startAgent(world), 12);
  await world.files.move(scheduledOf(task), pendingOf(task));
  const agent = await startAgent(world);
  await agent.presenter.look();
  assert.match(noticeIn(world, pendingOf(task)), /You took this back/);
});

test("a laptop that slept over the time sends at wake within the hour, and asks when it is later than that", async () => {
  for (const [lateMs, sent] of [
    [59 * 60_000, 1],
    [61 * 60_000, 0],
  ] as const) {
    const world = createWorld();
    const task = await approveFor(world, "2026-11-21 10:00");
    const agent = await startAgent(world);
    await runFor(world, agent, 12);
    world.clock.jumpTo(Date.UTC(2026, 10, 21, 10) + lateMs);
    await runFor(world, agent, 12);
    assert.equal(world.server.sent.length, sent, `${lateMs / 60_000} minutes late`);
    if (sent === 1) continue;
    assert.match(noticeIn(world, pendingOf(task)), /Its time, 2026-11-21 10:00 UTC, passed/);
    assert.match(world.files.snapshot()[pendingOf(task)] ?? "", /^send_at:$/m);
    await world.files.move(pendingOf(task), `Approved/${task.file}`);
    await runFor(world, agent, 12);
    assert.equal(world.server.sent.length, 1, "asked once, not endlessly");
  }
});

test("a time that is not clear, a year away or missing is asked about once, with one line", async () => {
  for (const [time, folder, line] of [
    ["tomorrow", "Approved", /The time "tomorrow" is not clear/],
    ["9", "Approved", /The time "9" is not clear/],
    ["2062-11-23 09:00", "Scheduled", /more than a year away/],
    ["", "Scheduled", /In Scheduled\/ it needs a time/],
    ["2026-11-20 09:00", "Approved", /passed before it could be sent/],
  ] as const) {
    const world = createWorld();
    const task = await approveFor(world, time, folder);
    const agent = await startAgent(world);
    await runFor(world, agent, 8);
    assert.equal(world.server.sent.length, 0, time);
    assert.match(noticeIn(world, pendingOf(task)), line);
    await world.files.move(pendingOf(task), `Approved/${task.file}`);
    await runFor(world, agent, 8);
    assert.equal(world.server.sent.length, 1, `${time}: approved again it goes out`);
  }
});

test("a time the cloud wrote is not the owner's, and holds nothing up", async () => {
  const world = createWorld();
  await approved(world, { fields: { send_at: "2027-01-01T09:00:00.000Z" } });
  await runFor(world, await startAgent(world), 8);
  assert.equal(world.server.sent.length, 1);
});

test("a note scheduled beyond its expiry is sent at its time, for it was approved in time", async () => {
  const world = createWorld();
  await approveFor(world, "2026-11-30 09:00");
  const agent = await startAgent(world);
  await runFor(world, agent, 12);
  await world.clock.advance(Date.UTC(2026, 10, 30, 9) - world.clock.now());
  await runFor(world, agent, 12);
  assert.equal(world.server.sent.length, 1);
});

test("a newer mail in the conversation before its time is asked about, not ignored", async () => {
  const world = createWorld();
  const task = await approveFor(world, "2026-11-21 10:00");
  const agent = await startAgent(world);
  await runFor(world, agent, 12);
  world.server.mails
    .get("m1")
    ?.thread.push({ message_id: "m9", sent_by_owner: false, received_at: "2026-11-21T09:00:00.000Z" });
  await world.clock.advance(2 * HOUR);
  await runFor(world, agent, 12);
  assert.equal(world.server.sent.length, 0);
  assert.match(noticeIn(world, pendingOf(task)), /A newer mail came in/);
});

test("a text or a time changed in Scheduled counts as it then stands", async () => {
  const world = createWorld();
  const task = await approveFor(world, "2026-11-21 10:00");
  const agent = await startAgent(world);
  await runFor(world, agent, 12);
  const text = world.files.snapshot()[scheduledOf(task)] ?? "";
  await world.files.write(
    scheduledOf(task),
    text.replace("Thursday works.", "Friday works.").replace(/^send_at:.*$/m, "send_at: 2026-11-21 12:00"),
  );
  await runFor(world, agent, 12);
  await world.clock.advance(3 * HOUR);
  await runFor(world, agent, 2);
  assert.equal(world.server.sent.length, 0, "11:00");
  await world.clock.advance(HOUR);
  await runFor(world, agent, 12);
  assert.match(String(world.server.sent[0]?.args["body"]), /Friday works/);
});

test("what was scheduled in a rehearsal is asked about before it goes out for real", async () => {
  const world = createWorld();
  const task = await approveFor(world, "2026-11-21 10:00");
  world.server.mode = "dry_run";
  await runFor(world, await startAgent(world, { mode: "dry_run" }), 12);
  assert.deepEqual(placesOf(world, task), [scheduledOf(task)]);
  world.server.mode = "live";
  const agent = await startAgent(world);
  await runFor(world, agent, 12);
  assert.match(noticeIn(world, pendingOf(task)), /approved this while DEV_MODE was on/);
  await world.clock.advance(3 * HOUR);
  await runFor(world, agent, 12);
  assert.equal(world.server.sent.length, 0);
});

test("STOP.md over its time: nothing goes out meanwhile, and it is sent once when it is gone within the hour", async () => {
  const world = createWorld();
  await approveFor(world, "2026-11-21 10:00");
  const agent = await startAgent(world);
  await runFor(world, agent, 12);
  await world.files.write("STOP.md", "");
  await world.clock.advance(2 * HOUR);
  await runFor(world, agent, 12);
  assert.equal(world.server.sent.length, 0);
  await world.files.remove("STOP.md");
  await runFor(world, agent, 12);
  assert.equal(world.server.sent.length, 1);
});

test("the same unclear time filled in again is asked about again, never taken for a yes", async () => {
  const world = createWorld();
  const task = await approveFor(world, "tomorrow");
  const agent = await startAgent(world);
  for (let round = 0; round < 3; round += 1) {
    await runFor(world, agent, 8);
    assert.match(noticeIn(world, pendingOf(task)), /"tomorrow" is not clear/);
    const text = world.files.snapshot()[pendingOf(task)] ?? "";
    await world.files.write(pendingOf(task), text.replace(/^send_at:.*$/m, "send_at: tomorrow"));
    await world.files.move(pendingOf(task), `Approved/${task.file}`);
  }
  assert.equal(world.server.sent.length, 0);
});

test("a scheduled note held back by a cap, and the laptop asleep over that too, is asked about", async () => {
  const world = createWorld();
  const tasks = [1, 2].map((number) => approveFor(world, "2026-11-21 10:00", "Approved", number));
  await Promise.all(tasks);
  const agent = await startAgent(world, { perHour: 1 });
  await runFor(world, agent, 12);
  await world.clock.advance(Date.UTC(2026, 10, 21, 10) - world.clock.now());
  await runFor(world, agent, 12);
  assert.equal(world.server.sent.length, 1);
  const [left = ""] = await world.files.list("Scheduled");
  assert.match(noticeIn(world, `Scheduled/${left}`), /Waits until 2026-11-21 11:00 UTC/);
  world.clock.jumpTo(Date.UTC(2026, 10, 21, 18));
  await runFor(world, await startAgent(world, { perHour: 1 }), 12);
  assert.equal(world.server.sent.length, 1);
  assert.match(noticeIn(world, `Pending_Approval/email/${left}`), /Its time, .*, passed/);
});

test("a hundred notes scheduled for one instant are all sent once, a cap letting them go as it may", async () => {
  const world = createWorld();
  for (let number = 1; number <= 100; number += 1)
    await approveFor(world, "2026-11-21 10:00", "Approved", number);
  const options = { perHour: 60, bulk: { approvals: 10, waitMs: 60_000 } };
  const agent = await startAgent(world, options);
  await runFor(world, agent, 40);
  assert.equal((await world.files.list("Scheduled")).length, 100);
  await world.clock.advance(Date.UTC(2026, 10, 21, 10) - world.clock.now());
  await runFor(world, agent, 40);
  assert.equal(world.server.sent.length, 60);
  const [waiting = ""] = await world.files.list("Scheduled");
  assert.match(noticeIn(world, `Scheduled/${waiting}`), /Waits until 2026-11-21 11:00 UTC: the limit/);
  // A restart in between must not make them late.
  const again = await startAgent(world, options);
  await world.clock.advance(HOUR);
  await runFor(world, again, 40);
  assert.equal(world.server.sent.length, 100);
  assert.equal(new Set(world.server.sent.map(({ args }) => args["source_message_id"])).size, 100);
});
