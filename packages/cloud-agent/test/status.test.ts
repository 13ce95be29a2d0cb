import assert from "node:assert/strict";
import { test } from "node:test";
import { CLOUD_STATUS, NightdeskError } from "@nightdesk/claim-lib";
import { unreachable } from "./helpers/fake-mailbox.ts";
import { createWorld, findRefusals } from "./helpers/world.ts";

test("the status tells counts, the last look and the last error, and is inert", async () => {
  const world = createWorld();
  world.mailbox.arrive();
  const agent = world.start();
  await world.settle(agent);
  world.mailbox.failures.set(
    "*",
    new NightdeskError("GMAIL_LOGIN_FAILED", "Google says: <b>[[no]]</b> `x`", { retry: "never" }),
  );
  await agent.readMail();
  assert.deepEqual(await agent.reportStatus(), {
    state: "trouble",
    waiting: 0,
    inProgress: 0,
    forApproval: 1,
  });
  const text = world.files.snapshot()[CLOUD_STATUS] ?? "";
  assert.match(
    text,
    /^---\nat: 2026-11-21T08:00:00.000Z\nstate: trouble\nwaiting: 0\nin_progress: 0\nfor_approval: 1\n/,
  );
  assert.match(text, /Since the start: mails taken in 1, replies drafted 1, no reply needed 0/);
  assert.match(text, /GMAIL_LOGIN_FAILED/);
  assert.deepEqual(findRefusals(world.files), []);
});

test("a status that only says 'still alive' is written every 15 minutes at most; trouble at once", async () => {
  const world = createWorld();
  const agent = world.start();
  let writes = 0;
  const write = world.files.write.bind(world.files);
  world.files.write = (path, text) => {
    if (path === CLOUD_STATUS) writes += 1;
    return write(path, text);
  };
  await world.settle(agent);
  await agent.reportStatus();
  for (let minute = 0; minute < 14; minute += 1) {
    await world.clock.advance(60_000);
    await agent.readMail();
    await agent.reportStatus();
  }
  assert.equal(writes, 1);
  await world.clock.advance(60_000);
  await agent.reportStatus();
  assert.equal(writes, 2);
  world.mailbox.failures.set("*", unreachable());
  await agent.readMail();
  await agent.reportStatus();
  assert.equal(writes, 3);
});

test("every step of a task is in the audit, without a word of the mail", async () => {
  const world = createWorld();
  world.mailbox.arrive({ subject: "canary subject", text: "canary text?" });
  await world.settle(world.start());
  const records = world.audit();
  assert.deepEqual(
    records.map(({ action_type: action, approval_status: approval }) => [action, approval]),
    [
      ["task_created", "not_required"],
      ["task_claimed", "not_required"],
      ["proposed", "pending"],
    ],
  );
  assert.equal(new Set(records.map(({ target }) => target)).size, 1);
  assert.doesNotMatch(JSON.stringify(records), /canary/);
});
