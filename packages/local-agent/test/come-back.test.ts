import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNote, type TaskFields } from "@nightdesk/claim-lib";
import { createRejectionRecorder } from "../src/rejected.ts";
import {
  approved,
  auditOf,
  createWorld,
  deliver,
  kinds,
  makeTask,
  placesOf,
  putMail,
  runFor,
  startAgent,
  type Agent,
  type Task,
  type World,
} from "./world.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const pendingOf = (task: Task) => `Pending_Approval/email/${task.file}`;

async function waiting(world: World, number = 1): Promise<Task> {
  putMail(world, number);
  const task = makeTask(world, { number });
  await deliver(world, task);
  return task;
}

function fieldsAt(world: World, path: string): TaskFields {
  const text = world.files.snapshot()[path];
  assert.ok(text !== undefined, `nothing lies at ${path}: ${Object.keys(world.files.snapshot()).join(", ")}`);
  return parseNote(text, kinds).fields;
}

async function approve(world: World, agent: Agent, task: Task): Promise<void> {
  await world.files.move(pendingOf(task), `Approved/${task.file}`);
  await runFor(world, agent, 8);
}

test("a snoozed note comes back at eight the next morning, checked again, with a week to decide", async () => {
  const world = createWorld();
  const task = await waiting(world);
  const agent = await startAgent(world, { timeZone: "Europe/Vienna" });
  await agent.presenter.look();
  await world.files.move(pendingOf(task), `Snoozed/${task.file}`);
  const wakeInMs = await agent.presenter.look();
  assert.equal(world.clock.now() + (wakeInMs ?? 0), Date.UTC(2026, 10, 22, 7));
  await world.clock.advance(23 * HOUR - 1);
  await agent.presenter.look();
  assert.deepEqual(placesOf(world, task), [`Snoozed/${task.file}`]);
  await world.clock.advance(1);
  await agent.presenter.look();
  const fields = fieldsAt(world, pendingOf(task));
  assert.match(fields.notice ?? "", /Back from Snoozed\//);
  assert.match(fields.checked ?? "", /verified/);
  assert.equal(fields.expires, new Date(world.clock.now() + 7 * DAY).toISOString());
  await approve(world, agent, task);
  assert.equal(world.server.sent.length, 1);
});

test("a snoozed note comes back when the owner said, also when the laptop slept over it or was restarted", async () => {
  const world = createWorld();
  const task = await waiting(world);
  await world.files.write(
    pendingOf(task),
    task.text.replace(/^send_at:/m, "snooze_until: 2026-11-23 14:00\nsend_at:"),
  );
  await world.files.move(pendingOf(task), `Snoozed/${task.file}`);
  await (await startAgent(world)).presenter.look();
  world.clock.jumpTo(Date.UTC(2026, 10, 23, 13, 59));
  const agent = await startAgent(world);
  await agent.presenter.look();
  assert.deepEqual(placesOf(world, task), [`Snoozed/${task.file}`]);
  world.clock.jumpTo(Date.UTC(2026, 10, 24, 6));
  await agent.presenter.look();
  assert.equal(fieldsAt(world, pendingOf(task)).snooze_until, undefined);
});

test("a time to come back that is not clear or has passed sends it back at once, with one line", async () => {
  for (const time of ["soon", "2026-11-20", "2062-01-01"]) {
    const world = createWorld();
    const task = await waiting(world);
    await world.files.write(
      pendingOf(task),
      task.text.replace(/^send_at:/m, `snooze_until: ${time}\nsend_at:`),
    );
    await world.files.move(pendingOf(task), `Snoozed/${task.file}`);
    const agent = await startAgent(world);
    await agent.presenter.look();
    const fields = fieldsAt(world, pendingOf(task));
    assert.match(fields.notice ?? "", new RegExp(`cannot wait until "${time}"`));
    assert.equal(fields.snooze_until, undefined);
  }
});

test("a note nobody decides on expires and is never sent", async () => {
  const world = createWorld();
  const task = await waiting(world);
  const agent = await startAgent(world);
  await world.clock.advance(8 * DAY);
  await agent.presenter.look();
  assert.deepEqual(placesOf(world, task), [`Expired/${task.file}`]);
  await world.clock.advance(30 * DAY);
  await runFor(world, agent, 20);
  await agent.presenter.look();
  assert.deepEqual(placesOf(world, task), [`Expired/${task.file}`]);
  assert.equal(world.server.sent.length, 0);
});

test("while the mailbox does not answer a renewed note waits unchecked, and is not put away again", async () => {
  const world = createWorld();
  const task = await waiting(world);
  const agent = await startAgent(world);
  await world.clock.advance(8 * DAY);
  await agent.presenter.look();
  await world.files.move(`Expired/${task.file}`, pendingOf(task));
  world.server.isDown = true;
  await agent.presenter.look();
  assert.deepEqual(placesOf(world, task), [pendingOf(task)]);
  world.server.isDown = false;
  await agent.presenter.look();
  assert.match(fieldsAt(world, pendingOf(task)).notice ?? "", /Renewed on/);
});

test("a note approved after its time, from Expired or from where it waited, is asked about once with a fresh week", async () => {
  for (const isPutAway of [true, false]) {
    const world = createWorld();
    const task = await waiting(world);
    const agent = await startAgent(world);
    await agent.presenter.look();
    await world.clock.advance(8 * DAY);
    if (isPutAway) await agent.presenter.look();
    const from = isPutAway ? `Expired/${task.file}` : pendingOf(task);
    await world.files.move(from, `Approved/${task.file}`);
    await runFor(world, agent, 10);
    await agent.presenter.look();
    assert.equal(world.server.sent.length, 0);
    const fields = fieldsAt(world, pendingOf(task));
    assert.match(
      fields.notice ?? "",
      /^Its time to decide ended on 2026-11-22 08:00 UTC, so it was not sent\. Its time begins anew now\. Move it to Approved\/ again/,
    );
    assert.equal(fields.risk, "low", "it says nothing about the note itself");
    assert.ok(Date.parse(fields.expires ?? "") > world.clock.now() + 6 * DAY);
    await agent.presenter.look();
    await approve(world, agent, task);
    assert.equal(world.server.sent.length, 1, "the second approval counts");
  }
});

test("a note approved after its time whose mail the owner answered meanwhile is asked about for both at once", async () => {
  const world = createWorld();
  const task = await waiting(world);
  const agent = await startAgent(world);
  await world.clock.advance(8 * DAY);
  await agent.presenter.look();
  world.server.mails.get("m1")?.thread.push({
    message_id: "own1",
    sent_by_owner: true,
    received_at: "2026-11-22T10:00:00.000Z",
  });
  await world.files.move(`Expired/${task.file}`, `Approved/${task.file}`);
  await runFor(world, agent, 10);
  assert.equal(world.server.sent.length, 0);
  assert.match(
    fieldsAt(world, pendingOf(task)).notice ?? "",
    /You answered in this conversation.*Its time to decide/,
  );
});

test("what the owner wrote in a note survives Snoozed and Expired", async () => {
  const world = createWorld();
  const task = await waiting(world);
  const agent = await startAgent(world);
  await world.files.write(pendingOf(task), task.text.replace("Thursday works.", "Friday  works. 👍"));
  await world.files.move(pendingOf(task), `Snoozed/${task.file}`);
  await agent.presenter.look();
  await world.clock.advance(2 * DAY);
  await agent.presenter.look();
  await world.clock.advance(8 * DAY);
  await agent.presenter.look();
  await world.files.move(`Expired/${task.file}`, pendingOf(task));
  await agent.presenter.look();
  await approve(world, agent, task);
  assert.match(String(world.server.sent[0]?.args["body"]), /Friday {2}works\. 👍/);
});

test("moved back in the undo window it is not sent, and the note and the record say so once", async () => {
  const world = createWorld();
  const task = await approved(world);
  const agent = await startAgent(world);
  await runFor(world, agent, 3);
  await world.files.move(`Approved/${task.file}`, pendingOf(task));
  await runFor(world, agent, 20);
  await agent.presenter.look();
  assert.equal(world.server.sent.length, 0);
  assert.match(fieldsAt(world, pendingOf(task)).notice ?? "", /You took this back/);
  assert.equal(auditOf(world).filter(({ action_type: type }) => type === "approval_taken_back").length, 1);
  await approve(world, agent, task);
  assert.equal(world.server.sent.length, 1, "approved again it goes out");
});

test("a note deleted from Approved, Scheduled or Snoozed is never sent", async () => {
  const world = createWorld();
  const [inApproved, inSnoozed] = [await approved(world, { number: 1 }), await waiting(world, 2)];
  const agent = await startAgent(world);
  await runFor(world, agent, 3);
  await world.files.move(pendingOf(inSnoozed), `Snoozed/${inSnoozed.file}`);
  await agent.presenter.look();
  await world.files.remove(`Approved/${inApproved.file}`);
  await world.files.remove(`Snoozed/${inSnoozed.file}`);
  await world.clock.advance(3 * DAY);
  await runFor(world, agent, 20);
  await agent.presenter.look();
  assert.equal(world.server.sent.length, 0);
  assert.deepEqual([...placesOf(world, inApproved), ...placesOf(world, inSnoozed)], []);
});

test("the note in Done says when it was drafted, reached the laptop, was approved and sent, with the provider's id", async () => {
  const world = createWorld();
  const task = makeTask(world, { fields: { drafted_at: "2026-11-21T07:58:00.000Z" } });
  putMail(world);
  await deliver(world, task);
  const agent = await startAgent(world);
  await world.clock.advance(120_000);
  await approve(world, agent, task);
  const text = world.files.snapshot()[`Done/2026-11/${task.file}`] ?? "";
  assert.match(text, /Ended:\*\* sent, 2026-11-21 08:02 UTC \(provider's id sent-1\)/);
  assert.match(
    text,
    /Receipt \(UTC\):\*\* drafted 2026-11-21 07:58:00, reached this laptop 2026-11-21 08:00:00, approved 2026-11-21 08:02:00, sent 2026-11-21 08:02:05$/m,
  );
});

test("a rejection is written down once, and again when its feedback was written after the move", async () => {
  const world = createWorld();
  const task = await waiting(world);
  await world.files.move(pendingOf(task), `Rejected/${task.file}`);
  const agent = await startAgent(world);
  const record = createRejectionRecorder(agent.ports);
  await record();
  await record();
  const said = task.text.replace("## Feedback (only if you reject)\n", "$&\nShorter, please\n");
  await world.files.write(`Rejected/${task.file}`, said);
  await record();
  await record();
  await createRejectionRecorder((await startAgent(world)).ports)();
  assert.deepEqual(
    auditOf(world).map(({ action_type: type, parameters }) => [
      type,
      (parameters as { feedback: string }).feedback,
    ]),
    [
      ["approval_rejected", ""],
      ["rejection_feedback", "Shorter, please"],
    ],
  );
});
