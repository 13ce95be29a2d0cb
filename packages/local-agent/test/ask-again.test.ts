import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNote, type TaskFields } from "@nightdesk/claim-lib";
import { approved, createWorld, kinds, placesOf, run, type Task, type World } from "./world.ts";

async function pendingNote(world: World, task: Task): Promise<{ fields: TaskFields; text: string }> {
  const text = world.files.snapshot()[`Pending_Approval/email/${task.file}`];
  assert.ok(text !== undefined, `the note waits again; it lies in ${placesOf(world, task).join(", ")}`);
  return { fields: parseNote(text, kinds).fields, text };
}

async function approveAgain(world: World, task: Task): Promise<void> {
  await world.files.move(`Pending_Approval/email/${task.file}`, `Approved/${task.file}`);
  await run(world);
}

test("recipients the owner changed are asked about once more, and then used", async () => {
  const world = createWorld();
  const task = await approved(world);
  await world.files.write(
    `Approved/${task.file}`,
    task.text.replace('to: ["anna@kunde.example"]', 'to: ["ben@kunde.example"]'),
  );
  await run(world);
  assert.equal(world.server.sent.length, 0);
  const { fields } = await pendingNote(world, task);
  assert.match(
    fields.notice ?? "",
    /You changed the recipients to ben@kunde\.example\. Move it to Approved\/ again/,
  );
  await approveAgain(world, task);
  assert.deepEqual(
    world.server.sent.map(({ args }) => args["to"]),
    [["ben@kunde.example"]],
  );
});

test("what the owner saves while the question is put is kept, and is what is asked about", async () => {
  const world = createWorld();
  const task = await approved(world, { fields: { to: ["eve@evil.example"] } });
  const edited = task.text.replace("Thursday works.", "Friday works.");
  const { append } = world.presented;
  world.presented.append = async (record) => {
    await append(record);
    world.presented.append = append;
    await world.files.write(`Pending_Approval/email/${task.file}`, edited);
  };
  await run(world);
  assert.deepEqual(placesOf(world, task), [`Approved/${task.file}`]);
  await run(world);
  assert.equal(world.server.sent.length, 0);
  const { text, fields } = await pendingNote(world, task);
  assert.match(text, /Friday works/);
  assert.match(fields.notice ?? "", /Move it to Approved\/ again/);
  await approveAgain(world, task);
  assert.deepEqual(
    world.server.sent.map(({ args }) => String(args["body"]).includes("Friday works.")),
    [true],
  );
});

test("recipients changed again after being asked are asked about again", async () => {
  const world = createWorld();
  const task = await approved(world);
  await world.files.write(
    `Approved/${task.file}`,
    task.text.replace('anna@kunde.example"]', 'ben@kunde.example"]'),
  );
  await run(world);
  const { text } = await pendingNote(world, task);
  await world.files.write(
    `Pending_Approval/email/${task.file}`,
    text.replace('ben@kunde.example"]', 'eve@kunde.example"]'),
  );
  await approveAgain(world, task);
  assert.equal(world.server.sent.length, 0);
  assert.match((await pendingNote(world, task)).fields.notice ?? "", /eve@kunde\.example/);
});

test("recipients that are not the mailbox's are asked about once more even if they were presented", async () => {
  const world = createWorld();
  const task = await approved(world, { fields: { to: ["eve@evil.example"] } });
  await run(world);
  assert.equal(world.server.sent.length, 0);
  assert.match(
    (await pendingNote(world, task)).fields.notice ?? "",
    /goes to eve@evil\.example, but your own mailbox says .* anna@kunde\.example/,
  );
  await approveAgain(world, task);
  assert.deepEqual(
    world.server.sent.map(({ args }) => args["to"]),
    [["eve@evil.example"]],
  );
});

test("a note whose mail the own mailbox does not know is asked about twice", async () => {
  const world = createWorld();
  const task = await approved(world);
  world.server.mails.clear();
  await run(world);
  assert.equal(world.server.sent.length, 0);
  assert.match((await pendingNote(world, task)).fields.notice ?? "", /could not be verified/);
  await approveAgain(world, task);
  assert.equal(world.server.sent.length, 1);
});

test("a thread that moved on is asked about once for each newer mail", async () => {
  const world = createWorld();
  const task = await approved(world);
  const thread = world.server.mails.get("m1")?.thread ?? [];
  thread.push({ message_id: "m9", sent_by_owner: false, received_at: "2026-11-21T07:00:00.000Z" });
  await run(world);
  assert.match((await pendingNote(world, task)).fields.notice ?? "", /newer mail came/);
  thread.push({ message_id: "m10", sent_by_owner: false, received_at: "2026-11-21T07:30:00.000Z" });
  await approveAgain(world, task);
  assert.equal(world.server.sent.length, 0);
  await approveAgain(world, task);
  assert.equal(world.server.sent.length, 1);
});

test("an answer the owner wrote meanwhile is asked about before another is sent", async () => {
  const world = createWorld();
  const task = await approved(world);
  world.server.mails
    .get("m1")
    ?.thread.push({ message_id: "m9", sent_by_owner: true, received_at: "2026-11-21T07:00:00.000Z" });
  await run(world);
  assert.match(
    (await pendingNote(world, task)).fields.notice ?? "",
    /You answered in this conversation yourself/,
  );
  assert.equal(world.server.sent.length, 0);
});

test("being asked once more keeps what the owner wrote anywhere in the note", async () => {
  const world = createWorld();
  const task = await approved(world);
  const edited = task.text
    .replace('to: ["anna@kunde.example"]', "to:\n  - ben@kunde.example\ntags: [money]")
    .replace("## Reply (edit here)", "A line of mine\n\n## Reply (edit here)")
    .replace("Thursday works.", "Friday  works. ")
    .concat("\nA line at the very end\n");
  await world.files.write(`Approved/${task.file}`, edited);
  await run(world);
  const { text } = await pendingNote(world, task);
  for (const kept of ["A line of mine", "Friday  works. ", "A line at the very end", 'tags: ["money"]'])
    assert.ok(text.includes(kept), kept);
  await approveAgain(world, task);
  assert.equal(world.server.sent.length, 1);
});

test("a note rejected before and then approved is asked about once more", async () => {
  const world = createWorld();
  const task = await approved(world);
  await world.decisions.append({ type: "rejected", id: task.id, rev: 1, at: "2026-11-20T08:00:00.000Z" });
  await run(world);
  assert.match((await pendingNote(world, task)).fields.notice ?? "", /rejected this note before/);
  await approveAgain(world, task);
  assert.equal(world.server.sent.length, 1);
});
