import assert from "node:assert/strict";
import { test } from "node:test";
import { FOLDERS, parseTaskName, type VaultFiles } from "@nightdesk/claim-lib";
import fc from "fast-check";
import type { CloudPorts } from "../src/ports.ts";
import { taskIdOf } from "../src/take-in.ts";
import { OWNER } from "./helpers/fake-mailbox.ts";
import { createWorld, findRefusals, SETTINGS, type World } from "./helpers/world.ts";

const DAY_MS = 86_400_000;

/** Ends the process at the n-th call of any port: before it takes effect, or right after. */
function crashAt(call: number, moment: "before" | "after") {
  let count = 0;
  const state = { crashed: false };
  const wrap = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, key, receiver) {
        const member: unknown = Reflect.get(target, key, receiver);
        if (typeof member !== "function") return member;
        return async (...args: unknown[]) => {
          if (state.crashed) throw new Error("the process is dead");
          count += 1;
          const isNow = count === call;
          if (isNow && moment === "before") {
            state.crashed = true;
            throw new Error("killed before the call");
          }
          const result: unknown = await Reflect.apply(member, target, args);
          if (isNow || state.crashed) {
            state.crashed = true;
            throw new Error("killed after the call");
          }
          return result;
        };
      },
    });
  const damage = (ports: CloudPorts): CloudPorts => ({
    ...ports,
    files: wrap<VaultFiles>(ports.files),
    mail: wrap(ports.mail),
    state: wrap(ports.state),
    readPublished: wrap({ read: ports.readPublished }).read,
  });
  return { damage, state, calls: () => count };
}

/** Exactly one task per mail, and nothing but tasks of mails. */
function assertOneTaskEach(world: World, messageIds: readonly string[], hint: string): void {
  const ids = world.tasks().map((path) => parseTaskName(path.slice(path.lastIndexOf("/") + 1))?.id ?? "");
  const wanted = messageIds.map((messageId) => taskIdOf(SETTINGS, OWNER, messageId));
  assert.deepEqual(ids.sort(), wanted.sort(), hint);
  assert.deepEqual(findRefusals(world.files), [], hint);
}

async function runUntilDead(world: World, damage: (ports: CloudPorts) => CloudPorts): Promise<void> {
  const agent = world.start(damage);
  await world.settle(agent).catch(() => undefined);
  await agent.settled();
  // Whatever the dead one waited for is over when the next one starts.
  await world.clock.advance(120_000);
}

test("killed at any single call of the first start, and restarted: one task per mail, all proposed", async () => {
  for (const moment of ["before", "after"] as const) {
    for (let call = 1; ; call += 1) {
      const world = createWorld(call);
      const mails = [world.mailbox.arrive(), world.mailbox.arrive({ header: { precedence: "bulk" } })];
      const crash = crashAt(call, moment);
      await runUntilDead(world, crash.damage);
      await world.settle(world.start());
      const hint = `killed ${moment} call ${call}`;
      assertOneTaskEach(world, mails, hint);
      assert.equal(world.tasks(FOLDERS.pending).length, 1, hint);
      assert.equal(world.tasks(FOLDERS.done).length, 1, hint);
      if (!crash.state.crashed) {
        assert.ok(call > 40, "the crash points were really met");
        break;
      }
    }
  }
});

test("mails at any time, kills at any calls, expired histories: one task per mail", async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("mail" as const), bulk: fc.boolean() }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("crash" as const),
        call: fc.integer({ min: 1, max: 80 }),
        moment: fc.constantFrom("before" as const, "after" as const),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("run" as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("expire" as const) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("wait" as const), hours: fc.integer({ min: 1, max: 60 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("lose-cursor" as const) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), fc.integer(), async (steps, seed) => {
      const world = createWorld(seed);
      // The mailbox has been looked at before: from here on every mail counts, read or not.
      await world.settle(world.start());
      const mails: string[] = [];
      for (const one of steps) {
        if (one.kind === "mail")
          mails.push(world.mailbox.arrive(one.bulk ? { header: { precedence: "bulk" } } : { read: true }));
        else if (one.kind === "crash") await runUntilDead(world, crashAt(one.call, one.moment).damage);
        else if (one.kind === "expire") world.mailbox.expire();
        else if (one.kind === "wait") await world.clock.advance(one.hours * 3_600_000);
        else if (one.kind === "run") await world.settle(world.start());
        // Only when something is known: without cursor and tasks it is a first start, which takes unread ones.
        else if (world.state.seen.length > 0) {
          await world.settle(world.start());
          world.state.cursor = null;
        }
      }
      await world.clock.advance(120_000);
      await world.settle(world.start());
      assertOneTaskEach(world, mails, JSON.stringify(steps));
      assert.equal(world.tasks(FOLDERS.inProgress).length + world.tasks(FOLDERS.needsAction).length, 0);
    }),
    { numRuns: 400, interruptAfterTimeLimit: 4000 },
  );
});

test("the first start takes the unread mails of the last days, and leaves older and read ones", async () => {
  const world = createWorld();
  const at = (days: number) => new Date(world.clock.now() - days * DAY_MS).toISOString();
  world.mailbox.arrive({ message_id: "old", received_at: at(8) });
  world.mailbox.arrive({ message_id: "read", received_at: at(1), read: true });
  const fresh = world.mailbox.arrive({ received_at: at(6) });
  await world.settle(world.start());
  assertOneTaskEach(world, [fresh], "");
  assert.match(world.texts(FOLDERS.updates).join(), /1 unread mail of the last 7 days/);
});

test("a backlog of no days takes only what arrives from now on", async () => {
  const world = createWorld();
  world.mailbox.arrive();
  const agent = world.start((ports) => ports, { backlogDays: 0 });
  await world.settle(agent);
  const later = world.mailbox.arrive();
  await world.settle(agent);
  assertOneTaskEach(world, [later], "");
});

test("a history the mailbox has forgotten is made good from the inbox, and told", async () => {
  const world = createWorld();
  const agent = world.start();
  const mails = [world.mailbox.arrive()];
  await world.settle(agent);
  await world.clock.advance(20 * DAY_MS);
  // Read in the meantime by the owner: it counts all the same.
  for (let count = 0; count < 5; count += 1) mails.push(world.mailbox.arrive({ read: true }));
  world.mailbox.expire();
  await world.settle(agent);
  assertOneTaskEach(world, mails, "");
  assert.match(world.texts(FOLDERS.signals).join(), /5 mails were missing and taken in/);
});

test("a task is not made again when its note is gone, archived, or anywhere else in the vault", async () => {
  const world = createWorld();
  const agent = world.start();
  const mails = [world.mailbox.arrive(), world.mailbox.arrive(), world.mailbox.arrive()];
  await world.settle(agent);
  const [first = "", second = "", third = ""] = world.tasks();
  await world.files.remove(first);
  await world.files.move(second, second.replace("Pending_Approval/email", "Rejected"));
  await world.files.move(third, third.replace("Pending_Approval/email", "Needs_Attention"));
  world.mailbox.expire();
  await world.settle(world.start());
  assert.equal(world.tasks().length, mails.length - 1);
});

test("a task whose note the owner deletes at once is not made again", async () => {
  const world = createWorld();
  world.mailbox.arrive();
  await world.start().readMail();
  await world.files.remove(world.tasks()[0] ?? "");
  world.mailbox.expire();
  await world.settle(world.start());
  assert.deepEqual(world.tasks(), []);
});

test("a rebuilt machine, its memory lost and the vault fetched anew, makes no task twice and misses none", async () => {
  const world = createWorld();
  const mails = [world.mailbox.arrive(), world.mailbox.arrive()];
  await world.settle(world.start());
  await world.clock.advance(5 * DAY_MS);
  mails.push(world.mailbox.arrive({ read: true }));
  await world.clock.advance(5 * DAY_MS);
  world.state.cursor = null;
  world.state.seen = [];
  await runUntilDead(world, crashAt(30, "after").damage);
  await world.settle(world.start());
  assertOneTaskEach(world, mails, "");
});

test("a task the laptop has made meanwhile is not made again", async () => {
  const world = createWorld();
  const agent = world.start();
  await world.settle(agent);
  const mail = world.mailbox.arrive();
  const twin = `Pending_Approval/email/2026-11-21 Anna - Twin ~${taskIdOf(SETTINGS, OWNER, mail)}-r1.md`;
  await world.files.write(twin, "the laptop's");
  await world.settle(agent);
  assert.deepEqual(world.tasks(), [twin]);
});

test("another mailbox begins anew instead of reading with a foreign cursor", async () => {
  const world = createWorld();
  await world.settle(world.start());
  world.mailbox.account = "info@firma.example";
  world.mailbox.arrive();
  await world.settle(world.start());
  assert.equal(world.state.cursor?.account, "info@firma.example");
  assert.equal(world.tasks().length, 1);
});

test("the same mail has the same id for every watcher, whatever the case of the address", () => {
  assert.equal(taskIdOf(SETTINGS, "Erika@Firma.example", "m1"), taskIdOf(SETTINGS, OWNER, "m1"));
  assert.notEqual(taskIdOf(SETTINGS, OWNER, "m1"), taskIdOf(SETTINGS, OWNER, "m2"));
});
