import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNote } from "@nightdesk/claim-lib";
import { createAgent, type Agent } from "../src/agent.ts";
import { parseQuietHours } from "../src/local-time.ts";
import { createNotifier, type Notice } from "../src/notify.ts";
import { auditOf, createWorld, deliver, kinds, makeTask, putMail, startAgent, type World } from "./world.ts";

const DAY = 86_400_000;
const NOTES = 30;
const ANSWERED = [4, 17];

/** The whole program, with what it shows on the desktop. */
async function openProgram(world: World): Promise<{ agent: Agent; shown: Notice[] }> {
  const shown: Notice[] = [];
  const log = { debug() {}, info() {}, warn() {}, error() {}, child: () => log };
  const notifier = createNotifier(
    { clock: world.clock, log, show: async (notice) => void shown.push(notice) },
    { quietHours: parseQuietHours("22:00-07:00"), timeZone: "UTC" },
  );
  const { ports } = await startAgent(world);
  const settings = {
    undoWindowMs: 5_000,
    bulk: { approvals: 10, waitMs: 60_000 },
    scheduleGraceMs: 3_600_000,
    caps: { perHour: 100, perDay: 500 },
  };
  const agent = await createAgent(ports, settings, { notifier, ring() {}, onDashboard() {} });
  return { agent, shown };
}

/** Every part looks, for a while. */
async function work(world: World, agent: Agent, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    for (const look of Object.values(agent.looks)) await look();
    await agent.idle();
    await world.clock.advance(1_000);
  }
}

/** Three weeks pass; the owner answers two of the mails from the phone. */
async function goOnHoliday(world: World): Promise<{ agent: Agent; shown: Notice[] }> {
  for (let number = 1; number <= NOTES; number += 1) {
    putMail(world, number);
    await deliver(
      world,
      makeTask(world, { number, fields: { category: number === 1 ? "urgent" : "request" } }),
    );
  }
  const program = await openProgram(world);
  await work(world, program.agent, 15);
  for (let week = 0; week < 3; week += 1) {
    await world.clock.advance(7 * DAY);
    await work(world, program.agent, 2);
  }
  for (const number of ANSWERED)
    world.server.mails.get(`m${number}`)?.thread.push({
      message_id: `own${number}`,
      sent_by_owner: true,
      received_at: "2026-12-01T10:00:00.000Z",
    });
  return program;
}

/** One move of the owner's hand: the folder as a whole, or everything in it at once. */
const MOVES = {
  "the folder Expired dragged into Pending_Approval": "Pending_Approval/Expired",
  "all notes selected and moved": "Pending_Approval/email",
};

for (const [name, target] of Object.entries(MOVES)) {
  test(`after a holiday nothing was sent, and ${name} renews all but what was answered meanwhile`, async () => {
    const world = createWorld();
    const { agent, shown } = await goOnHoliday(world);
    assert.equal(world.server.sent.length, 0);
    assert.equal((await world.files.list("Expired")).length, NOTES);
    shown.length = 0;
    for (const file of await world.files.list("Expired"))
      await world.files.move(`Expired/${file}`, `${target}/${file}`);
    await work(world, agent, 30);
    const waiting = await world.files.list("Pending_Approval/email");
    assert.equal(waiting.length, NOTES - ANSWERED.length);
    for (const file of waiting) {
      const { fields } = parseNote((await world.files.read(`Pending_Approval/email/${file}`)) ?? "", kinds);
      assert.match(fields.notice ?? "", /^Renewed on 2026-12-12/);
      assert.ok(Date.parse(fields.expires ?? "") > world.clock.now() + 6 * DAY);
    }
    const dropped = await world.files.list("Done/2026-12");
    assert.equal(dropped.length, ANSWERED.length);
    for (const file of dropped)
      assert.match(
        (await world.files.read(`Done/2026-12/${file}`)) ?? "",
        /This draft was dropped; nothing was sent/,
      );
    assert.equal(auditOf(world).filter(({ action_type: type }) => type === "note_dropped").length, 2);
    assert.equal(world.server.sent.length, 0);
    const [one] = waiting;
    await world.files.move(`Pending_Approval/email/${one}`, `Approved/${one}`);
    await work(world, agent, 10);
    assert.equal(world.server.sent.length, 1, "a renewed one is approved like any other");
    const calm = shown.filter(({ text }) => !text.startsWith("Urgent"));
    assert.deepEqual(
      calm.map(({ text }) => text.replace(/\d+ note/, "n note")),
      ["n notes wait for your decision: Anna Berg"],
      "one notification for all of them",
    );
  });
}

test("a notification names who wrote and how many wait, and nothing of what is in the mails", async () => {
  const world = createWorld();
  const { shown } = await goOnHoliday(world);
  assert.deepEqual(shown.slice(0, 2), [
    { title: "Nightdesk", text: "Urgent: 1 note waits for your decision: Anna Berg" },
    { title: "Nightdesk", text: "29 notes wait for your decision: Anna Berg" },
  ]);
  for (const { text } of shown) assert.doesNotMatch(text, /Thursday|deliver|Angebot|@/);
});

test("what comes in the night is told about in the morning, but for what is urgent", async () => {
  const world = createWorld();
  const { agent, shown } = await openProgram(world);
  await world.clock.advance(15 * 3_600_000);
  for (const [number, category] of [
    [1, "request"],
    [2, "urgent"],
    [3, "request"],
  ] as const) {
    putMail(world, number);
    await deliver(world, makeTask(world, { number, fields: { category } }));
  }
  await work(world, agent, 60);
  assert.deepEqual(
    shown.map(({ text }) => text),
    ["Urgent: 1 note waits for your decision: Anna Berg"],
  );
  await world.clock.advance(8 * 3_600_000);
  assert.deepEqual(
    shown.slice(1).map(({ text }) => text),
    ["2 notes wait for your decision: Anna Berg"],
  );
});
