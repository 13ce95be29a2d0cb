import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLearning, sha256Hex, type LearningRecord } from "@nightdesk/claim-lib";
import { createRejectionRecorder } from "../src/rejected.ts";
import { pruneDrafts } from "../src/drafts.ts";
import { Crash, type CrashPlan } from "./crash-plan.ts";
import {
  approved,
  createWorld,
  deliver,
  makeTask,
  putMail,
  run,
  runFor,
  startAgent,
  type Task,
  type TaskOptions,
  type World,
} from "./world.ts";

const DRAFTED = "Hello Anna,\n\nThursday works.";
const pendingOf = (task: Task) => `Pending_Approval/email/${task.file}`;

/** A note that was looked at while it waited, as every note is. */
async function shown(world: World, options: TaskOptions = {}): Promise<Task> {
  putMail(world, options.number ?? 1);
  const task = makeTask(world, options);
  await deliver(world, task);
  await (await startAgent(world)).presenter.look();
  return task;
}

async function edit(world: World, path: string, from: string, to: string): Promise<void> {
  const text = world.files.snapshot()[path] ?? "";
  assert.ok(text.includes(from), `${path} holds ${from}`);
  await world.files.write(path, text.replace(from, to));
}

async function approve(world: World, task: Task): Promise<void> {
  await world.files.move(pendingOf(task), `Approved/${task.file}`);
  await run(world);
}

function learned(world: World): LearningRecord[] {
  return parseLearning(world.files.snapshot()["Logs/local/learning-2026-11-21.jsonl"] ?? "");
}

test("what was sent as drafted says so", async () => {
  const world = createWorld();
  const task = await shown(world, { fields: { category: "request" } });
  await approve(world, task);
  assert.deepEqual(learned(world), [
    {
      v: 1,
      at: "2026-11-21T08:00:05.000Z",
      key: world.journal.lines.find((line) => line["type"] === "done")?.["nonce"],
      id: task.id,
      rev: 1,
      kind: "email_reply",
      category: "request",
      contacts: ["anna@kunde.example"],
      mode: "live",
      outcome: "sent_unchanged",
      text_sha256: sha256Hex(DRAFTED),
      drafted: DRAFTED,
      final: null,
      feedback: "",
      left_out: null,
    },
  ]);
});

test("what the owner changed is kept with what was drafted, also when the note was checked, held and renewed meanwhile", async () => {
  const world = createWorld();
  const task = await shown(world);
  await world.clock.advance(8 * 86_400_000);
  const agent = await startAgent(world);
  await agent.presenter.look();
  await world.files.move(`Expired/${task.file}`, pendingOf(task));
  await agent.presenter.look();
  await edit(world, pendingOf(task), "Thursday works.", "Friday works 👍");
  await edit(world, pendingOf(task), "send_at:", "send_at: 2026-11-29 08:01:00");
  await world.files.move(pendingOf(task), `Approved/${task.file}`);
  await runFor(world, agent, 90);
  assert.equal(world.server.sent.length, 1);
  const [record, ...others] = parseLearning(
    world.files.snapshot()["Logs/local/learning-2026-11-29.jsonl"] ?? "",
  );
  assert.equal(others.length, 0);
  assert.equal(record?.outcome, "edited");
  assert.equal(record?.drafted, DRAFTED);
  assert.equal(record?.final, "Hello Anna,\n\nFriday works 👍");
  assert.deepEqual(await world.drafts.list(""), [], "nothing is left in the state folder");
});

test("a note edited and approved before it was ever looked at is an edited one, its draft not known", async () => {
  const world = createWorld();
  putMail(world);
  const task = makeTask(world);
  await deliver(world, task);
  await edit(world, pendingOf(task), "Thursday", "Friday");
  await approve(world, task);
  assert.equal(learned(world)[0]?.outcome, "edited");
  assert.equal(learned(world)[0]?.drafted, null);
});

test("a gap the owner filled is an answered question", async () => {
  const world = createWorld();
  const task = await shown(world, { text: "Hello,\n\n[gap: which day?]" });
  await edit(world, pendingOf(task), "[gap: which day?]", "On Monday.");
  await approve(world, task);
  assert.equal(learned(world)[0]?.outcome, "question");
});

test("a rejection is kept with its reason and the text it was about, and once more when the reason changes", async () => {
  const world = createWorld();
  const task = await shown(world);
  await world.files.move(pendingOf(task), `Rejected/${task.file}`);
  const record = createRejectionRecorder((await startAgent(world)).ports);
  await record();
  const heading = "## Feedback (only if you reject)\n";
  await edit(world, `Rejected/${task.file}`, heading, `${heading}Too long.\n`);
  await record();
  await record();
  await createRejectionRecorder((await startAgent(world)).ports)();
  assert.deepEqual(
    learned(world).map(({ outcome, feedback, text_sha256: sha256, drafted }) => [
      outcome,
      feedback,
      sha256,
      drafted,
    ]),
    [
      ["rejected", "", sha256Hex(DRAFTED), DRAFTED],
      ["rejected", "Too long.", sha256Hex(DRAFTED), DRAFTED],
    ],
  );
});

test("a secret the owner typed goes into no record, and the record is still there", async () => {
  const world = createWorld();
  const task = await shown(world);
  const token = ["ghp", "abcdefghijklmnopqrstuvwxyz0123456789"].join("_");
  await edit(world, pendingOf(task), "Thursday works.", `The token is ${token}`);
  await approve(world, task);
  const [record] = learned(world);
  assert.equal(record?.outcome, "edited");
  assert.equal(record?.left_out, "secret");
  assert.ok(!JSON.stringify(learned(world)).includes(token));
});

test("a long text is cut, and a day that holds a megabyte takes decisions without their texts", async () => {
  const world = createWorld();
  const long = await shown(world, { text: "word ".repeat(4_000) });
  await approve(world, long);
  assert.equal(learned(world)[0]?.left_out, "too_long");
  assert.equal(learned(world)[0]?.drafted?.length, 8_000);
  await world.files.append("Logs/local/learning-2026-11-21.jsonl", `${"x".repeat(1_100_000)}\n`);
  const task = await shown(world, { number: 2 });
  await approve(world, task);
  const last = learned(world).at(-1);
  assert.deepEqual(
    [last?.id, last?.outcome, last?.drafted, last?.left_out],
    [task.id, "sent_unchanged", null, "full"],
  );
});

/** Dies at one change after the other until the work ends without dying. */
async function everyCrash(
  work: (world: World, plan: CrashPlan) => Promise<void>,
  check: (world: World, at: number) => Promise<void>,
) {
  let points = 0;
  for (let died = true; died; points += 1) {
    const world = createWorld();
    const plan: CrashPlan = { at: points, calls: 0, isDead: false, effectsOnly: true };
    await work(world, plan).catch((error: unknown) => {
      if (!(error instanceof Crash)) throw error;
    });
    died = plan.isDead;
    await check(world, points);
  }
  assert.ok(points > 5, `${points} points`);
}

test("a crash around any change leaves exactly one record of a mail that was sent", async () => {
  await everyCrash(
    async (world, plan) => {
      const task = await approved(world);
      await edit(world, `Approved/${task.file}`, "Thursday", "Friday");
      await runFor(world, await startAgent(world, { plan }), 9);
    },
    async (world, at) => {
      await run(world, 9);
      assert.equal(world.server.sent.length, 1);
      assert.equal(learned(world).length, 1, `crash at ${at}`);
    },
  );
});

test("a crash around any change leaves exactly one record of a rejection", async () => {
  await everyCrash(
    async (world, plan) => {
      const task = await approved(world);
      await world.files.move(`Approved/${task.file}`, `Rejected/${task.file}`);
      await createRejectionRecorder((await startAgent(world, { plan })).ports)();
    },
    async (world, at) => {
      await createRejectionRecorder((await startAgent(world)).ports)();
      assert.equal(learned(world).length, 1, `crash at ${at}`);
    },
  );
});

test("texts kept for notes nobody decided on go after two months", async () => {
  const world = createWorld();
  await shown(world);
  const { ports } = await startAgent(world);
  await world.clock.advance(59 * 86_400_000);
  await pruneDrafts(ports);
  assert.equal((await world.drafts.list("")).length, 1);
  await world.clock.advance(2 * 86_400_000);
  await pruneDrafts(ports);
  assert.equal((await world.drafts.list("")).length, 0);
});
