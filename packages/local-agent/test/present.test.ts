import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNote, sha256Hex, type TaskFields } from "@nightdesk/claim-lib";
import type { CrashPlan } from "./crash-plan.ts";
import {
  approved,
  createWorld,
  deliver,
  kinds,
  makeTask,
  placesOf,
  putMail,
  run,
  startAgent,
  type Task,
  type TaskOptions,
  type World,
} from "./world.ts";

async function present(world: World, options: TaskOptions = {}): Promise<{ task: Task; path: string }> {
  const task = makeTask(world, options);
  const path = await deliver(world, task);
  const agent = await startAgent(world);
  await agent.presenter.look();
  return { task, path };
}

function fieldsAt(world: World, path: string): TaskFields {
  return parseNote(world.files.snapshot()[path] ?? "", kinds).fields;
}

test("a note the own mailbox confirms says so, and its new bytes stand in the ledger", async () => {
  const world = createWorld();
  putMail(world);
  const { path } = await present(world);
  assert.match(fieldsAt(world, path).checked ?? "", /^verified/);
  assert.equal(fieldsAt(world, path).risk, "low");
  const last = world.presented.lines.at(-1);
  assert.equal(last?.["from"], "local");
  assert.equal(last?.["sha256"], sha256Hex(world.files.snapshot()[path] ?? ""));
});

test("a crash at any call while a note is checked leaves it to be checked at the next start", async () => {
  for (let at = 0, died = true; died; at += 1) {
    const world = createWorld();
    putMail(world);
    const path = await deliver(world, makeTask(world));
    const plan: CrashPlan = { at, calls: 0, isDead: false };
    await startAgent(world, { plan })
      .then((agent) => agent.presenter.look())
      .catch(() => undefined);
    died = plan.isDead;
    await (await startAgent(world)).presenter.look();
    assert.match(fieldsAt(world, path).checked ?? "", /^verified/, `crash at ${at}`);
  }
});

test("the ledger holds a note's new bytes before the note does", async () => {
  const world = createWorld();
  putMail(world);
  const task = makeTask(world);
  const path = await deliver(world, task);
  const agent = await startAgent(world);
  const order: string[] = [];
  const append = world.presented.append;
  world.presented.append = async (record) => {
    order.push("ledger");
    await append(record);
  };
  const write = world.files.write;
  world.files.write = async (to, text) => {
    order.push(to);
    await write(to, text);
  };
  await agent.presenter.look();
  assert.deepEqual(order, ["ledger", path]);
});

test("a note whose recipients are not the mailbox's stays, with a warning on top and high risk", async () => {
  const world = createWorld();
  putMail(world);
  const { path } = await present(world, { fields: { to: ["eve@evil.example"] } });
  const fields = fieldsAt(world, path);
  assert.equal(fields.risk, "high");
  assert.match(
    fields.notice ?? "",
    /goes to eve@evil\.example, but your own mailbox says .*anna@kunde\.example/,
  );
  assert.match(fields.checked ?? "", /contradicted/);
});

test("a note that names another conversation is warned about", async () => {
  const world = createWorld();
  putMail(world);
  const { path } = await present(world, { fields: { source_thread: "t99" } });
  assert.match(fieldsAt(world, path).notice ?? "", /another conversation/);
});

test("a note whose mail the own mailbox does not know is labelled as not verified", async () => {
  const world = createWorld();
  const { path } = await present(world);
  assert.match(fieldsAt(world, path).checked ?? "", /^not verified: your own account does not know/);
  assert.equal(fieldsAt(world, path).risk, "high");
});

test("a note for another account is labelled as not verified", async () => {
  const world = createWorld();
  putMail(world);
  const { path } = await present(world, { fields: { source_account: "other@firma.example" } });
  assert.match(fieldsAt(world, path).checked ?? "", /not verified: it is for other@firma\.example/);
});

test("the risk is raised, never lowered", async () => {
  const world = createWorld();
  putMail(world);
  const { path } = await present(world, { fields: { risk: "high" } });
  assert.equal(fieldsAt(world, path).risk, "high");
});

test("a copy of the mail that is not the mailbox's is pointed out", async () => {
  const world = createWorld();
  putMail(world);
  const mail = world.server.mails.get("m1");
  assert.ok(mail);
  mail.text = "Please cancel everything.";
  const { path } = await present(world);
  assert.match(fieldsAt(world, path).checked ?? "", /copy of the mail below differs/);
  assert.equal(fieldsAt(world, path).risk, "medium");
});

test("a sender the note made up is replaced by the mailbox's", async () => {
  const world = createWorld();
  putMail(world);
  const { path } = await present(world, { fields: { source_from: "Your Bank (bank@bank.example)" } });
  assert.equal(fieldsAt(world, path).source_from, "Anna Berg (anna@kunde.example)");
});

test("the right address does not let a lie about the sender stand beside it", async () => {
  const world = createWorld();
  putMail(world);
  const { path } = await present(world, {
    fields: { source_from: "Your Bank bank@bank.example (anna@kunde.example)" },
  });
  assert.equal(fieldsAt(world, path).source_from, "Anna Berg (anna@kunde.example)");
});

test("an instant of sending set by the cloud does not count, and its expiry can only be shorter", async () => {
  const world = createWorld();
  putMail(world);
  const { path } = await present(world, {
    fields: { send_at: "2026-12-24T08:00:00.000Z", expires: "2099-01-01T00:00:00.000Z" },
  });
  assert.equal(fieldsAt(world, path).send_at, undefined);
  assert.equal(fieldsAt(world, path).expires, "2026-11-28T08:00:00.000Z");
});

test("a note the owner has edited meanwhile is not touched", async () => {
  const world = createWorld();
  putMail(world);
  const task = makeTask(world);
  const path = await deliver(world, task);
  const edited = task.text.replace("Thursday", "Friday");
  await world.files.write(path, edited);
  await (await startAgent(world)).presenter.look();
  assert.equal(world.files.snapshot()[path], edited);
});

test("a save in the moment the ledger is written is not overwritten", async () => {
  const world = createWorld();
  putMail(world);
  const task = makeTask(world);
  const path = await deliver(world, task);
  const edited = task.text.replace("Thursday", "Friday");
  const { append } = world.presented;
  world.presented.append = async (record) => {
    await append(record);
    await world.files.write(path, edited);
  };
  await (await startAgent(world)).presenter.look();
  assert.equal(world.files.snapshot()[path], edited);
});

test("a note without a record in the ledger is not touched and not vouched for", async () => {
  const world = createWorld();
  putMail(world);
  const task = makeTask(world);
  await world.files.write(`Pending_Approval/email/${task.file}`, task.text);
  await (await startAgent(world)).presenter.look();
  assert.equal(world.files.snapshot()[`Pending_Approval/email/${task.file}`], task.text);
  assert.equal(world.presented.lines.length, 0);
});

test("a mailbox that is away leaves the note as it is, and it is checked when the mailbox is back", async () => {
  const world = createWorld();
  putMail(world);
  const task = makeTask(world);
  const path = await deliver(world, task);
  const agent = await startAgent(world);
  world.server.isDown = true;
  assert.ok(((await agent.presenter.look()) ?? 0) > 0);
  assert.match(agent.presenter.trouble() ?? "", /could not be reached/);
  assert.equal(world.files.snapshot()[path], task.text);
  world.server.isDown = false;
  await agent.presenter.look();
  assert.match(fieldsAt(world, path).checked ?? "", /^verified/);
  assert.equal(agent.presenter.trouble(), null);
});

test("a note moved by the owner while it was being rewritten stays one note, and is sent", async () => {
  const world = createWorld();
  putMail(world);
  const task = makeTask(world);
  const path = await deliver(world, task);
  const agent = await startAgent(world);
  const write = world.files.write;
  world.files.write = async (to, text) => {
    if (to === path) await world.files.move(path, `Approved/${task.file}`);
    await write(to, text);
  };
  await agent.presenter.look();
  world.files.write = write;
  assert.deepEqual(placesOf(world, task), [`Approved/${task.file}`]);
  await run(world);
  assert.equal(world.server.sent.length, 1);
});

test("a twin a crash left behind while presenting does not stop an approval", async () => {
  const world = createWorld();
  await startAgent(world);
  const task = await approved(world);
  const twin = task.text.replace("risk: low", "risk: medium");
  await world.presented.append({ ...world.presented.lines[0], sha256: sha256Hex(twin), from: "local" });
  await world.files.write(`Pending_Approval/email/${task.file}`, twin);
  await run(world);
  assert.equal(world.server.sent.length, 1);
  assert.deepEqual(placesOf(world, task), [`Done/2026-11/${task.file}`]);
});

test("a note nobody decided on in time goes to Expired with its bytes untouched", async () => {
  const world = createWorld();
  putMail(world);
  const { task, path } = await present(world);
  const before = world.files.snapshot()[path];
  await world.clock.advance(8 * 86_400_000);
  await (await startAgent(world)).presenter.look();
  assert.equal(world.files.snapshot()[`Expired/${task.file}`], before);
  assert.deepEqual(placesOf(world, task), [`Expired/${task.file}`]);
});

test("a newer version takes the older one's place, unless the owner is editing that one", async () => {
  for (const isEdited of [false, true]) {
    const world = createWorld();
    putMail(world);
    const { task, path } = await present(world);
    if (isEdited) await world.files.write(path, task.text.replace("Thursday", "Friday"));
    await present(world, { rev: 2 });
    const folders = placesOf(world, task).map((place) => place.split("/")[0]);
    assert.deepEqual(
      folders.sort(),
      isEdited ? ["Pending_Approval", "Pending_Approval"] : ["Expired", "Pending_Approval"],
    );
  }
});

test("of a storm of newer versions the newest alone waits for the owner", async () => {
  const world = createWorld();
  putMail(world);
  const versions = Array.from({ length: 99 }, (_, index) => makeTask(world, { rev: index + 1 }));
  for (const task of versions.toReversed()) await deliver(world, task);
  const agent = await startAgent(world);
  await agent.presenter.look();
  await agent.presenter.look();
  const places = Object.keys(world.files.snapshot());
  const waiting = places.filter((path) => path.startsWith("Pending_Approval/"));
  assert.deepEqual(waiting, [`Pending_Approval/email/${versions.at(-1)?.file ?? ""}`]);
  assert.equal(places.filter((path) => path.startsWith("Expired/")).length, 98);
});
