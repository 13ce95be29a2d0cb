import assert from "node:assert/strict";
import { test } from "node:test";
import { FOLDERS, payloadOf, STOP_FILE, type Published } from "@nightdesk/claim-lib";
import { OWNER } from "./helpers/fake-mailbox.ts";
import { createWorld, findRefusals, kinds, type World } from "./helpers/world.ts";

const DONE = "Done/2026-11";

function only<T>(items: readonly T[]): T {
  assert.equal(items.length, 1, JSON.stringify(items));
  return items[0] as T;
}

function actions(world: World): string[] {
  return world.audit().map(({ action_type: action }) => action);
}

test("a mail becomes one proposal, with the mailbox's recipients and a text that is ready to send", async () => {
  const world = createWorld();
  world.mailbox.arrive({ subject: "Angebot 2291" });
  await world.settle(world.start());
  const path = only(world.tasks());
  assert.match(
    path,
    /^Pending_Approval\/email\/2026-11-21 Anna Berg - Angebot 2291 ~em_[0-9a-v]{16}-r1\.md$/,
  );
  const note = world.note(path);
  assert.deepEqual(payloadOf(note, kinds).args, {
    to: ["anna@kunde.example"],
    cc: [],
    subject: "Re: Angebot 2291",
    body: 'Hello Anna,\n\nthank you for your message about "Angebot 2291". I have received it and will get back to you with a full answer shortly.\n\nBest regards\nErika Muster',
    source_message_id: "m1",
    thread_id: "tm1",
  });
  assert.equal(note.fields.source_from, "Anna Berg (anna@kunde.example)");
  assert.equal(note.fields.source_last, "m1");
  assert.equal(note.fields.risk, "medium", "never written to before");
  assert.match(note.fields.summary, /^Asks: .*template/);
  assert.match(note.original, /can you deliver on the 27th\?/);
  assert.deepEqual(actions(world), ["task_created", "task_claimed", "proposed"]);
  assert.deepEqual(findRefusals(world.files), []);
});

test("a newsletter goes to Done without a draft, and says why", async () => {
  const world = createWorld();
  world.mailbox.arrive({ header: { list_unsubscribe: "<https://x.example/u>" } });
  await world.settle(world.start());
  const path = only(world.tasks());
  assert.ok(path.startsWith(DONE));
  const { fields, text } = world.note(path);
  assert.deepEqual([fields.outcome, fields.category, text], ["no_reply_needed", "promotion", null]);
  assert.match(fields.summary, /unsubscribe/);
  assert.equal(
    world.mailbox.calls.some((call) => call.startsWith("composeReply")),
    false,
  );
});

test("what the owner wrote, or has answered already, is not drafted again", async () => {
  const world = createWorld();
  world.mailbox.arrive({ message_id: "own", labels: ["INBOX", "SENT"], from: { name: "", address: OWNER } });
  world.mailbox.arrive({ message_id: "asked", thread_id: "deep" });
  world.mailbox.arrive({ message_id: "answer", thread_id: "deep", labels: ["SENT"] });
  await world.settle(world.start());
  const notes = world.tasks(DONE).map((path) => world.note(path).fields);
  assert.deepEqual(
    notes.map(({ outcome }) => outcome),
    ["already_answered", "already_answered"],
  );
  assert.equal(world.tasks(FOLDERS.pending).length, 0);
});

test("deep in a thread the reply hangs on the newest message", async () => {
  const world = createWorld();
  for (let index = 0; index < 30; index += 1) {
    world.mailbox.arrive({
      message_id: `d${index}`,
      thread_id: "deep",
      labels: [index % 2 ? "SENT" : "ARCHIVE"],
    });
  }
  world.mailbox.arrive({ message_id: "newest", thread_id: "deep", subject: "Re: AW: Lieferung" });
  await world.settle(world.start());
  const { fields } = world.note(only(world.tasks(FOLDERS.pending)));
  assert.deepEqual(
    [fields.source_message, fields.source_last, fields.source_thread],
    ["newest", "newest", "deep"],
  );
});

test("a mail that cannot be decoded becomes a task that says so", async () => {
  const world = createWorld();
  world.mailbox.arrive({
    problems: ["the text's character set x-unknown is not known"],
    text: "",
    attachments: [{ name: "a.pdf", type: "application/pdf", size: 2048, sha256: "x" }],
  });
  const agent = world.start();
  await agent.readMail();
  const intake = world.note(only(world.tasks("Needs_Action")));
  assert.match(intake.fields.summary, /could not be decoded: the text's character set/);
  assert.match(intake.original, /^Could not be decoded: .*\nAttachment: a\.pdf \(application\/pdf, 2 KB\)/);
  await world.settle(agent);
  assert.match(String(world.note(only(world.tasks())).fields.notice), /could not be decoded/);
});

test("an unconfirmed claim is never proposed, however long it takes", async () => {
  const world = createWorld();
  const nothing: Published = { tip: null, at: "2026-11-21T08:00:00.000Z", paths: [] };
  world.published = nothing;
  world.mailbox.arrive();
  const agent = world.start();
  for (let round = 0; round < 5; round += 1) {
    await world.settle(agent);
    await world.clock.advance(3_600_000);
  }
  const claim = only(world.tasks());
  assert.ok(claim.startsWith("In_Progress/cloud/"));
  assert.equal(world.note(claim).fields.kind, "email", "not even written into the note");
  world.published = { ...nothing, paths: [claim] };
  await agent.workTasks();
  assert.equal(world.tasks(FOLDERS.pending).length, 1);
});

test("a lost claim is dropped quietly: nothing is written into being again", async () => {
  const world = createWorld();
  world.published = { tip: null, at: "2026-11-21T08:00:00.000Z", paths: [] };
  world.mailbox.arrive();
  const agent = world.start();
  await world.settle(agent);
  const claim = only(world.tasks());
  const local = claim.replace("In_Progress/cloud", "In_Progress/local");
  await world.files.move(claim, local);
  world.published = { ...world.published, paths: [claim, local] };
  await world.settle(agent);
  assert.deepEqual(world.tasks(), [local]);
  assert.equal(actions(world).at(-1), "claim_lost");
});

test("a note taken away at the very moment of proposing is not written into being again", async () => {
  const world = createWorld();
  world.mailbox.arrive();
  let taken = "";
  const agent = world.start((ports) => ({
    ...ports,
    async readPublished() {
      const paths = world.tasks("In_Progress/cloud");
      const claim = paths[0];
      // The laptop's decision, carried in by vault-sync right after the claim was confirmed.
      if (
        claim !== undefined &&
        agent.health.mailError === null &&
        world.state.seen.length > 0 &&
        taken === ""
      ) {
        taken = claim.replace("In_Progress/cloud", "Rejected");
        await world.files.move(claim, taken);
      }
      return { tip: null, at: "2026-11-21T08:00:00.000Z", paths };
    },
  }));
  await world.settle(agent);
  assert.deepEqual(world.tasks(), [taken]);
});

test("while STOP.md lies there mail is taken in, and nothing is claimed or proposed", async () => {
  const world = createWorld();
  await world.files.write(STOP_FILE, "stop\n");
  world.mailbox.arrive();
  const agent = world.start();
  await world.settle(agent);
  assert.equal(world.tasks("Needs_Action").length, 1);
  assert.equal((await agent.reportStatus()).state, "stopped");
  await world.files.remove(STOP_FILE);
  await world.settle(agent);
  assert.equal(world.tasks(FOLDERS.pending).length, 1);
});

test("after a restart claimed tasks are taken up from their notes", async () => {
  const world = createWorld();
  world.published = { tip: null, at: "2026-11-21T08:00:00.000Z", paths: [] };
  for (let count = 0; count < 4; count += 1) world.mailbox.arrive();
  await world.settle(world.start());
  assert.equal(world.tasks("In_Progress/cloud").length, 4);
  world.published = null;
  await world.settle(world.start());
  assert.equal(world.tasks(FOLDERS.pending).length, 4);
});

test("at most five claims are under way to the remote: what others could take is left to them", async () => {
  const world = createWorld();
  const published: Published = { tip: null, at: "2026-11-21T08:00:00.000Z", paths: [] };
  world.published = published;
  for (let count = 0; count < 12; count += 1) world.mailbox.arrive();
  const agent = world.start();
  await world.settle(agent);
  assert.equal(world.tasks("In_Progress/cloud").length, 5);
  // Two of them come through, and make room for two more.
  world.published = { ...published, paths: world.tasks("In_Progress/cloud").slice(0, 2) };
  await world.settle(agent);
  assert.equal(world.tasks(FOLDERS.pending).length, 2);
  assert.equal(world.tasks("In_Progress/cloud").length, 5);
});

test("before vault-sync's first round nothing is taken in: the vault may be empty only because it is new", async () => {
  const world = createWorld();
  world.isSynced = false;
  world.mailbox.arrive();
  const agent = world.start();
  await world.settle(agent);
  assert.deepEqual(world.mailbox.calls, []);
  assert.equal((await agent.reportStatus()).state, "starting");
});
