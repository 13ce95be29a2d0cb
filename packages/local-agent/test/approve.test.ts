import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNote } from "@nightdesk/claim-lib";
import {
  approved,
  createWorld,
  deliver,
  kinds,
  makeTask,
  placesOf,
  putMail,
  reasonOf,
  run,
  runFor,
  startAgent,
} from "./world.ts";
import { checkRefused } from "./check-refused.ts";

test("an approved note is sent once, as it is, and lies in Done with its outcome", async () => {
  const world = createWorld();
  const task = await approved(world, { text: "Hello Anna,\n\nThursday works.\n  \nBest" });
  await run(world);
  assert.deepEqual(
    world.server.sent.map(({ args }) => args),
    [
      {
        to: ["anna@kunde.example"],
        cc: [],
        subject: "Re: Angebot 2291",
        body: "Hello Anna,\n\nThursday works.\n  \nBest",
        source_message_id: "m1",
        thread_id: "t1",
      },
    ],
  );
  assert.deepEqual(placesOf(world, task), [`Done/2026-11/${task.file}`]);
  const { fields } = parseNote(world.files.snapshot()[`Done/2026-11/${task.file}`] ?? "", kinds);
  assert.equal(fields.outcome, "sent");
  assert.equal(fields.outcome_ref, "sent-1");
  assert.equal(fields.approved_at, "2026-11-21T08:00:00.000Z");
  assert.equal(fields.outcome_at, "2026-11-21T08:00:05.000Z");
});

test("nothing is sent before the undo window ends, and moving the note back cancels it", async () => {
  const world = createWorld();
  const task = await approved(world);
  const agent = await startAgent(world);
  await runFor(world, agent, 4);
  assert.equal(world.server.sent.length, 0);
  await world.files.move(`Approved/${task.file}`, `Pending_Approval/email/${task.file}`);
  await runFor(world, agent, 20);
  assert.equal(world.server.sent.length, 0);
});

test("every write to the note starts the undo window anew, and the last text is what is sent", async () => {
  const world = createWorld();
  const task = await approved(world);
  const agent = await startAgent(world);
  await runFor(world, agent, 4);
  await world.files.write(`Approved/${task.file}`, task.text.replace("Thursday works.", "Friday works."));
  await runFor(world, agent, 4);
  assert.equal(world.server.sent.length, 0);
  await runFor(world, agent, 2);
  assert.match(String(world.server.sent[0]?.args["body"]), /Friday works/);
});

test("a text saved in the moment of the move is not sent before its own undo window", async () => {
  const world = createWorld();
  const task = await approved(world);
  const { move } = world.files;
  world.files.move = async (from, to) => {
    world.files.move = move;
    await world.files.write(from, task.text.replace("Thursday", "Friday"));
    await move(from, to);
  };
  const agent = await startAgent(world);
  await runFor(world, agent, 7);
  assert.equal(world.server.sent.length, 0);
  await runFor(world, agent, 5);
  assert.match(String(world.server.sent[0]?.args["body"]), /Friday/);
});

test("a note that never waited for approval on this laptop is not carried out", async () => {
  const world = createWorld();
  putMail(world);
  const task = makeTask(world);
  await world.files.write(`Approved/${task.file}`, task.text);
  await run(world);
  checkRefused(world, task.file, task.text, /never waited for your approval/, "NEVER_PRESENTED");
});

test("an older revision is not carried out when a newer one was presented", async () => {
  const world = createWorld();
  const old = await approved(world);
  await deliver(world, makeTask(world, { rev: 2 }));
  await run(world);
  checkRefused(world, old.file, old.text, /newer version/, "OLD_REVISION");
});

test("a note that lies in two folders is not carried out", async () => {
  const world = createWorld();
  const task = await approved(world);
  await world.files.write(`Rejected/${task.file}`, task.text);
  await run(world);
  checkRefused(world, task.file, task.text, /more than one folder.*Rejected/, "TWO_COPIES");
});

test("a note that was carried out before is not carried out again, wherever it comes from", async () => {
  const world = createWorld();
  const task = await approved(world);
  await run(world);
  const done = world.files.snapshot()[`Done/2026-11/${task.file}`] ?? "";
  for (const bytes of [task.text, done]) {
    await world.files.write(`Approved/${task.file}`, bytes);
    await run(world);
    assert.equal(world.server.sent.length, 1);
    assert.match(reasonOf(world, task.file), /already carried out/);
    await world.files.remove(`Needs_Attention/${task.file}`);
  }
});

test("another revision of a task that was carried out is not carried out", async () => {
  const world = createWorld();
  await approved(world);
  await run(world);
  const second = await approved(world, { rev: 2 });
  await run(world);
  assert.equal(world.server.sent.length, 1);
  assert.match(reasonOf(world, second.file), /already carried out/);
});

test("a note put right and approved again is sent, and its old reason goes", async () => {
  const world = createWorld();
  const task = await approved(world);
  await world.files.write(`Approved/${task.file}`, task.text.replace("## Feedback", "## Comment"));
  await run(world);
  await world.files.write(`Needs_Attention/${task.file}`, task.text);
  await world.files.move(`Needs_Attention/${task.file}`, `Approved/${task.file}`);
  await run(world);
  assert.equal(world.server.sent.length, 1);
});

test("STOP.md halts everything, and the undo window starts anew when it is gone", async () => {
  const world = createWorld();
  await approved(world);
  await world.files.write("STOP.md", "");
  const agent = await startAgent(world);
  await runFor(world, agent, 30);
  assert.equal(world.server.sent.length, 0);
  assert.match([...agent.approver.held().values()].join(), /STOP\.md/);
  await world.files.remove("STOP.md");
  await runFor(world, agent, 4);
  assert.equal(world.server.sent.length, 0);
  await runFor(world, agent, 3);
  assert.equal(world.server.sent.length, 1);
});

test("while sync has stopped itself nothing is carried out: this machine may have been put back to an older state", async () => {
  const world = createWorld();
  await approved(world);
  const stopped = {
    replica: "local",
    state: "stopped",
    message: "The remote holds work of this machine that it has no record of.",
    lastSyncAt: null,
    tip: null,
    peerLastCommitAt: null,
    pendingChanges: 0,
    refused: [],
  } as const;
  world.sync = { ...stopped, refused: [] };
  const agent = await startAgent(world);
  await runFor(world, agent, 30);
  assert.equal(world.server.sent.length, 0);
  assert.match([...agent.approver.held().values()].join(), /no record of/);
  const lastSyncAt = new Date(world.clock.now()).toISOString();
  world.sync = { ...stopped, refused: [], state: "ok", message: "", lastSyncAt };
  await runFor(world, agent, 7);
  assert.equal(world.server.sent.length, 1);
});

test("what is over the hourly cap waits in Approved with its time, and is sent then", async () => {
  const world = createWorld();
  for (let number = 1; number <= 5; number += 1) await approved(world, { number });
  const agent = await startAgent(world, { perHour: 3 });
  await runFor(world, agent, 8);
  assert.equal(world.server.sent.length, 3);
  assert.equal((await world.files.list("Approved")).length, 2);
  assert.match([...agent.approver.held().values()].join(), /Waits until 2026-11-21 09:00 UTC/);
  await world.clock.advance(3_590_000);
  await runFor(world, agent, 20);
  assert.equal(world.server.sent.length, 5);
});

test("a mail server that is away holds the note, and it is sent when it is back", async () => {
  const world = createWorld();
  await approved(world);
  world.server.isDown = true;
  const agent = await startAgent(world);
  await runFor(world, agent, 10);
  assert.match([...agent.approver.held().values()].join(), /could not be reached/);
  world.server.isDown = false;
  await runFor(world, agent, 31);
  assert.equal(world.server.sent.length, 1);
});

test("forty approvals at once are all sent once", async () => {
  const world = createWorld();
  for (let number = 1; number <= 40; number += 1) await approved(world, { number });
  const agent = await startAgent(world);
  await runFor(world, agent, 20);
  assert.equal(world.server.sent.length, 40);
  assert.equal(new Set(world.server.sent.map(({ args }) => args["source_message_id"])).size, 40);
});

test("when the journal was lost, what is approved or under way counts as unknown and is not sent", async () => {
  const world = createWorld();
  await run(world, 1);
  const task = await approved(world);
  const other = makeTask(world, { number: 2 });
  await world.files.write(`In_Progress/local/${other.file}`, other.text);
  world.journal.lines.length = 0;
  await run(world);
  assert.equal(world.server.sent.length, 0);
  assert.deepEqual(placesOf(world, task), [`Needs_Attention/${task.file}`]);
  assert.deepEqual(placesOf(world, other), [`Needs_Attention/${other.file}`]);
  assert.match(reasonOf(world, other.file), /not known whether this was carried out/);
});

test("a rehearsal ends like the real thing, sends nothing, and its note never becomes live", async () => {
  const world = createWorld();
  const task = await approved(world);
  world.server.mode = "dry_run";
  await runFor(world, await startAgent(world, { mode: "dry_run" }), 8);
  const done = `Done/2026-11/${task.file}`;
  assert.equal(parseNote(world.files.snapshot()[done] ?? "", kinds).fields.outcome, "rehearsed");
  world.server.mode = "live";
  await world.files.move(done, `Approved/${task.file}`);
  await run(world);
  assert.equal(world.server.sent.length, 1, "the rehearsal's own");
  assert.match(reasonOf(world, task.file), /already carried out/);
});

test("a rehearsal that was interrupted is not carried out for real after a restart", async () => {
  const world = createWorld();
  const task = await approved(world);
  world.server.mode = "dry_run";
  world.server.faults.set("email_commit", ["lost-request"]);
  await runFor(world, await startAgent(world, { mode: "dry_run" }), 5);
  assert.ok(world.journal.lines.some((line) => line["type"] === "prepared"));
  world.server.mode = "live";
  await run(world);
  assert.equal(world.server.sent.length, 0);
  assert.deepEqual(placesOf(world, task), [`Needs_Attention/${task.file}`]);
});

test("what was approved while DEV_MODE was on and not yet taken is asked about before it goes out for real", async () => {
  const world = createWorld();
  const task = await approved(world);
  await runFor(world, await startAgent(world, { mode: "dry_run" }), 2);
  assert.deepEqual(placesOf(world, task), [`Approved/${task.file}`], "its undo window still runs");
  await run(world);
  assert.equal(world.server.sent.length, 0);
  const pending = `Pending_Approval/email/${task.file}`;
  assert.match(world.files.snapshot()[pending] ?? "", /approved this while DEV_MODE was on/);
  await world.files.move(pending, `Approved/${task.file}`);
  await run(world);
  assert.equal(world.server.sent.length, 1, "the owner said yes to the real thing");
});

test("after a noticed rollback what was approved goes to Needs_Attention/ with a sentence, and nothing is sent", async () => {
  const world = createWorld();
  await approved(world);
  const later = await approved(world, { number: 2 });
  await world.files.move(`Approved/${later.file}`, `Scheduled/${later.file}`);
  world.sync = {
    replica: "local",
    state: "stopped",
    code: "OWN_COMMIT_UNKNOWN",
    message: "The remote holds work of this machine that it has no record of.",
    lastSyncAt: null,
    tip: null,
    peerLastCommitAt: null,
    pendingChanges: 0,
    refused: [],
  };
  const agent = await startAgent(world);
  await runFor(world, agent, 30);
  world.sync = { ...world.sync, state: "ok", code: null };
  await runFor(world, agent, 30);
  assert.equal(world.server.sent.length, 0);
  assert.deepEqual(await world.files.list("Approved"), []);
  assert.deepEqual(await world.files.list("Scheduled"), []);
  const aside = await world.files.list("Needs_Attention");
  assert.equal(aside.filter((name) => !name.startsWith("WHY ")).length, 2);
  const why = await world.files.read(
    `Needs_Attention/${aside.find((name) => name.startsWith("WHY ")) ?? ""}`,
  );
  assert.match(why ?? "", /put back to an older state.*sent mail/);
});
