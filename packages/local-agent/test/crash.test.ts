import assert from "node:assert/strict";
import { test } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { Crash, type CrashPlan } from "./crash-plan.ts";
import type { Fault } from "./fake-live-server.ts";
import {
  approved,
  auditOf,
  createWorld,
  placesOf,
  runFor,
  startAgent,
  type Task,
  type World,
} from "./world.ts";

const NEVER = Number.POSITIVE_INFINITY;
/** What became of a mail is looked up for 30 s, with growing pauses. */
const UNKNOWN_SECONDS = 40;

/** Runs the program until it dies by its plan or has nothing left to do. Returns the plan as it ended. */
async function live(world: World, at: number, effectsOnly = false, seconds = 9): Promise<CrashPlan> {
  const plan: CrashPlan = { at, calls: 0, isDead: false, effectsOnly };
  try {
    await runFor(world, await startAgent(world, { plan }), seconds);
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  }
  return plan;
}

function checkOneMail(world: World, task: Task, what: string): void {
  assert.equal(world.server.sent.length, 1, `${what}: ${world.server.sent.length} mails went out`);
  const folders = placesOf(world, task).map((path) => path.split("/")[0]);
  assert.deepEqual(folders, ["Done"], `${what}: the note lies in ${folders.join(", ")}`);
  const records = auditOf(world).filter((record) => record["action_type"] === "email_send");
  assert.equal(records.length, 1, `${what}: ${records.length} audit records`);
}

test("a crash before or after any port call still ends in exactly one mail and one note in Done", async () => {
  const whole = createWorld();
  await approved(whole);
  const { calls } = await live(whole, NEVER);
  assert.ok(calls > 50, `${calls} port calls`);
  for (let at = 0; at < 2 * calls; at += 1) {
    const world = createWorld();
    const task = await approved(world);
    const first = await live(world, at);
    assert.ok(first.isDead, `the crash at ${at} happened`);
    await live(world, NEVER);
    checkOneMail(world, task, `crash at ${at}`);
  }
});

test("any two crashes around any two changes still end in exactly one mail and one note in Done", async () => {
  let pairs = 0;
  for (let first = 0, firstDied = true; firstDied; first += 1) {
    for (let second = 0, secondDied = true; secondDied; second += 1) {
      const world = createWorld();
      const task = await approved(world);
      firstDied = (await live(world, first, true)).isDead;
      secondDied = firstDied && (await live(world, second, true)).isDead;
      await live(world, NEVER);
      checkOneMail(world, task, `crashes at ${first} and ${second}`);
      pairs += 1;
    }
  }
  assert.ok(pairs > 300, `${pairs} pairs`);
});

test("any call that fails, before or after its effect, still ends in exactly one mail without a restart", async () => {
  for (let at = 0, failed = true; failed; at += 1) {
    const world = createWorld();
    const task = await approved(world);
    const plan: CrashPlan = { at, calls: 0, isDead: false, survives: true };
    const agent = await startAgent(world, { plan }).catch(() => startAgent(world, { plan }));
    for (let round = 0; round < 8; round += 1) {
      // A look that fails is tried again, as main.ts does.
      await runFor(world, agent, 2).catch(rethrowUnforeseen);
    }
    checkOneMail(world, task, `call ${at} failed`);
    failed = plan.isDead;
  }
});

function rethrowUnforeseen(error: unknown): void {
  if (!NightdeskError.is(error)) throw error;
}

const FAULTS: readonly Fault[] = ["refused", "lost-request", "lost-answer"];

test("a failing call and a crash around any change still end in exactly one mail", async () => {
  for (const tool of ["email_prepare", "email_commit", "email_find"]) {
    for (const fault of FAULTS) {
      for (let at = 0, died = true; died; at += 1) {
        const world = createWorld();
        const task = await approved(world);
        world.server.faults.set(tool, [fault]);
        died = (await live(world, at, true)).isDead;
        await live(world, NEVER);
        checkOneMail(world, task, `${tool} ${fault}, crash at ${at}`);
      }
    }
  }
});

test("a draft that is gone without a sent mail is never sent again: it is put aside, whatever crashes meanwhile", async () => {
  for (let at = 0, died = true; died; at += 1) {
    const world = createWorld();
    const task = await approved(world);
    world.server.faults.set("email_commit", ["lost-request"]);
    await live(world, await pointBeforeCommit(), true);
    world.server.dropDraft("draft-1");
    died = (await live(world, at, true, UNKNOWN_SECONDS)).isDead;
    await live(world, NEVER, false, UNKNOWN_SECONDS);
    assert.equal(world.server.sent.length, 0);
    assert.deepEqual(placesOf(world, task), [`Needs_Attention/${task.file}`], `crash at ${at}`);
    assert.match(world.files.snapshot()[`Needs_Attention/WHY ${task.file}`] ?? "", /may have been sent/);
    assert.ok(world.journal.lines.some((line) => line["type"] === "parked" && line["effect"] === "unknown"));
  }
});

/** The first point after which the handle is recorded and nothing is sent. */
async function pointBeforeCommit(): Promise<number> {
  for (let at = 0; at < 200; at += 1) {
    const world = createWorld();
    await approved(world);
    await live(world, at, true);
    if (world.journal.lines.some((line) => line["type"] === "prepared")) return at;
  }
  return assert.fail("no handle was ever recorded");
}
