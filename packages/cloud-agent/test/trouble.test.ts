import assert from "node:assert/strict";
import { test } from "node:test";
import { FOLDERS, NightdeskError } from "@nightdesk/claim-lib";
import { createRulesThinker, type Thinker } from "@nightdesk/think";
import { unreachable } from "./helpers/fake-mailbox.ts";
import { createWorld, findRefusals, type World } from "./helpers/world.ts";

const DONE = "Done/2026-11";

function only<T>(items: readonly T[]): T {
  assert.equal(items.length, 1, JSON.stringify(items));
  return items[0] as T;
}

function actions(world: World): string[] {
  return world.audit().map(({ action_type: action }) => action);
}

test("a mail that cannot be read while the mailbox answers becomes a task that says so, and holds up no other", async () => {
  const world = createWorld();
  world.mailbox.arrive({ message_id: "bad" });
  world.mailbox.arrive({ message_id: "good" });
  world.mailbox.failures.set(
    "read bad",
    new NightdeskError("INTERNAL_READ", "the parser fell over", { retry: "safe" }),
  );
  const agent = world.start();
  await agent.readMail();
  assert.equal(world.tasks("Needs_Action").length, 1, "the good one is taken at once");
  assert.ok(world.state.cursor?.sweep, "the sweep is not over before the bad one is settled");
  await agent.readMail();
  await agent.readMail();
  assert.equal(world.state.cursor?.sweep, undefined);
  const summaries = world.tasks().map((path) => world.note(path).fields.summary);
  assert.equal(
    summaries.filter((summary) => /could not be read.*the parser fell over.*your mailbox/.test(summary))
      .length,
    1,
  );
});

test("a mail deleted before it was read is passed over, and told", async () => {
  const world = createWorld();
  const agent = world.start();
  await agent.readMail();
  world.mailbox.arrive({ message_id: "gone" });
  world.mailbox.remove("gone");
  for (let round = 0; round < 3; round += 1) await agent.readMail();
  assert.deepEqual(world.tasks(), []);
  assert.deepEqual(actions(world), ["mail_gone"]);
});

test("a mailbox that is down takes in nothing, skips nothing, and goes on where it stopped", async () => {
  const world = createWorld();
  const agent = world.start();
  await agent.readMail();
  world.mailbox.arrive();
  world.mailbox.failures.set("*", unreachable());
  await agent.readMail();
  assert.match(String(agent.health.mailError), /MCP_UNREACHABLE/);
  const calls = world.mailbox.calls.length;
  await agent.readMail();
  assert.equal(world.mailbox.calls.length, calls, "it waits before it tries again");
  world.mailbox.failures.clear();
  await world.clock.advance(60_000);
  await world.settle(agent);
  assert.equal(world.tasks(FOLDERS.pending).length, 1);
});

test("a mail nobody can be answered on needs the owner, and the dashboard is told in one sentence", async () => {
  const world = createWorld();
  world.mailbox.arrive({ from: { name: "Nobody", address: "" } });
  await world.settle(world.start());
  assert.equal(world.note(only(world.tasks(DONE))).fields.outcome, "needs_owner");
  assert.match(
    only(world.texts(FOLDERS.signals)),
    /^---\nat: .*\nkind: needs_owner\nmessage: ".*needs you: no address/,
  );
  assert.deepEqual(findRefusals(world.files), []);
});

test("a note of somebody's own in the folder is told of once and left byte for byte", async () => {
  const world = createWorld();
  const path = "Needs_Action/cloud-email/2026-11-21 Me - Idea ~em_0000000000000000-r1.md";
  await world.files.write(path, "my own words\n");
  await world.files.write("Needs_Action/cloud-email/shopping.md", "milk\n");
  const agent = world.start();
  await world.settle(agent);
  await world.settle(agent);
  assert.equal(world.files.snapshot()[path], "my own words\n");
  assert.equal(world.texts(FOLDERS.signals).filter((text) => text.includes("note_unusable")).length, 1);
});

test("a dead model releases the task with growing waits, then the template steps in and says so", async () => {
  const world = createWorld();
  const dead: Thinker = {
    think: async () => {
      throw new NightdeskError("THINK_BUSY", "The model's server is busy.", { retry: "safe" });
    },
  };
  world.thinker = dead;
  world.mailbox.arrive();
  const agent = world.start();
  await world.settle(agent);
  assert.ok(only(world.tasks()).startsWith("Needs_Action/"));
  assert.equal((await agent.reportStatus()).state, "trouble");
  await world.clock.advance(30_000);
  await world.settle(agent);
  await world.clock.advance(30_000);
  await world.settle(agent);
  assert.ok(only(world.tasks()).startsWith("Needs_Action/"), "the second wait is longer");
  await world.clock.advance(30_000);
  await world.settle(agent);
  const { notice } = world.note(only(world.tasks(FOLDERS.pending))).fields;
  assert.match(String(notice), /The model could not be used \(THINK_BUSY\), so the built-in rules did this/);
  world.thinker = createRulesThinker();
  world.mailbox.arrive();
  await world.settle(agent);
  assert.equal((await agent.reportStatus()).state, "ok");
});

test("a model that refuses for good is replaced by the template at once", async () => {
  const world = createWorld();
  world.thinker = {
    think: async () => {
      throw new NightdeskError("THINK_QUOTA", "No credit.", { retry: "never" });
    },
  };
  world.mailbox.arrive();
  await world.settle(world.start());
  assert.match(String(world.note(only(world.tasks(FOLDERS.pending))).fields.notice), /THINK_QUOTA/);
});
