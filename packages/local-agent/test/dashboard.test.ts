import assert from "node:assert/strict";
import { test } from "node:test";
import { findActiveContent, type SyncStatus } from "@nightdesk/claim-lib";
import fc from "fast-check";
import { renderDashboard, saysTheSame, type DashboardModel } from "../src/dashboard.ts";
import { createDashboard } from "../src/keep-dashboard.ts";
import { createWaitingNotes } from "../src/waiting-notes.ts";
import { createWorld, deliver, makeTask, putMail, startAgent, type World } from "./world.ts";

/** The page's own headings, tables and callouts are meant to be dressed; whatever else is active came from outside. */
function findStrangersActiveContent(page: string): string[] {
  const rest = page
    .replace(/^\|(?: --- \|)+$|^#{1,2} (?=[A-Z])|^---$/gm, ".")
    .replace(/^> \[!(?:todo|success|warning|danger)\] /gm, "> ");
  return findActiveContent(rest);
}

const EMPTY: DashboardModel = {
  times: { now: "2026-11-21T08:00:00.000Z", lastSync: null, cloudSeen: null, usedThisHour: 0 },
  halt: null,
  isRehearsal: false,
  waiting: [],
  held: [],
  attention: [],
  counts: [{ folder: "Approved/", meaning: "approved", count: 0 }],
  agents: [{ name: "Laptop", state: "ok", seen: "now", message: "" }],
  refused: [],
  reports: [],
  caps: { perHour: 10, perDay: 50 },
  activity: [],
};

/** A model in which every text is the given one. */
function modelOf(text: string): DashboardModel {
  return {
    ...EMPTY,
    waiting: [{ from: text, subject: text, risk: text, state: text, expires: null }],
    held: [{ note: text, sentence: text }],
    attention: [{ file: text, sentence: text }],
    refused: [{ at: "2026-11-21T08:00:00.000Z", path: text, reason: text }],
    reports: [{ at: "2026-11-21T08:00:00.000Z", kind: "warning", message: text }],
    agents: [{ name: text, state: text, seen: "now", message: text }],
    activity: [{ at: "2026-11-21T08:00:00.000Z", actor: text, action: text, target: text, result: text }],
  };
}

const HOSTILE = [
  "![](http://x.example/p.png)",
  "```dataviewjs",
  "[[a]]",
  "<img src=x>",
  "`= x`",
  "%%",
  "|",
  "\n\n## A heading\n",
  "a|b|c",
  "\u202e",
  "$$x$$",
  "> [!danger]",
  "{{x}}",
  "\\|",
];

test("whatever strangers wrote, the dashboard is inert and its tables keep their shape", () => {
  const cells = (source: string) =>
    source
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .map((line) => line.split("|").length);
  const shape = cells(renderDashboard(modelOf("x")));
  const text = fc.oneof(
    fc.constantFrom(...HOSTILE),
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 6 }), (pieces) => {
      const rendered = renderDashboard(modelOf(`x${pieces.join("")}`));
      assert.deepEqual(findStrangersActiveContent(rendered), []);
      assert.deepEqual(cells(rendered), shape);
    }),
    { numRuns: 500 },
  );
});

test("only what moves on by itself is no news", () => {
  const later = {
    ...EMPTY,
    times: {
      now: "2026-11-21T09:00:00.000Z",
      lastSync: "2026-11-21T09:00:00.000Z",
      cloudSeen: null,
      usedThisHour: 3,
    },
  };
  assert.ok(saysTheSame(EMPTY, later));
  assert.ok(!saysTheSame(EMPTY, { ...later, halt: "STOP.md is in the vault." }));
});

const SYNC: SyncStatus = {
  replica: "local",
  state: "ok",
  message: "",
  lastSyncAt: "2026-11-21T07:59:58.000Z",
  tip: null,
  peerLastCommitAt: null,
  pendingChanges: 0,
  refused: [
    {
      at: "2026-11-21T07:00:00.000Z",
      path: "Approved/forged.md",
      reason: "only the laptop may write there.",
      commit: "c1",
    },
  ],
};

async function openDashboard(world: World) {
  world.sync ??= SYNC;
  const { ports, approver, presenter, reconciler } = await startAgent(world);
  return createDashboard(ports, {
    listWaiting: createWaitingNotes(ports),
    held: approver.held,
    stuck: reconciler.waiting,
    trouble: presenter.trouble,
    caps: { perHour: 10, perDay: 50 },
    usedThisHour: () => 0,
  });
}

test("the dashboard shows what waits, what was refused, and what needs attention with its sentence", async () => {
  const world = createWorld();
  putMail(world);
  await deliver(world, makeTask(world));
  await world.files.write("Needs_Attention/x.md", "?");
  await world.files.write(
    "Needs_Attention/WHY x.md",
    "# Why this note is here\n\nIt has no recipient.\n\n...",
  );
  await world.files.write(
    "Cloud_Status.md",
    "---\nat: 2026-11-21T07:59:00.000Z\nstate: ok\nlast_error:\n---\n",
  );
  await (
    await openDashboard(world)
  )();
  const text = world.files.snapshot()["Dashboard.md"] ?? "";
  assert.match(text, /1 note waits for your decision/);
  assert.match(
    text,
    /Anna Berg \(anna@kunde\.example\) \| Re: Angebot 2291|Anna Berg \(anna@kunde\.example\) \| Angebot 2291/,
  );
  assert.match(text, /A change to "Approved\/forged\.md" was refused: only the laptop may write there\./);
  assert.match(text, /- x\.md: It has no recipient\./);
  assert.match(text, /\| Cloud \| ok \| 2026-11-21 07:59 \|/);
  assert.deepEqual(findStrangersActiveContent(text), []);
});

test("a sync in which nothing happened does not write the dashboard, so that no sync causes another", async () => {
  const world = createWorld();
  const look = await openDashboard(world);
  await look();
  const writes: string[] = [];
  const write = world.files.write;
  world.files.write = async (path, text) => {
    writes.push(path);
    await write(path, text);
  };
  world.sync = { ...SYNC, lastSyncAt: "2026-11-21T08:00:30.000Z" };
  await world.clock.advance(60_000);
  await look();
  assert.deepEqual(writes, []);
  await world.clock.advance(15 * 60_000);
  await look();
  assert.deepEqual(writes, ["Dashboard.md"]);
});

test("what the cloud reports is shown and archived, and what is not inert is not quoted", async () => {
  const world = createWorld();
  const report = (message: string) =>
    `---\nat: 2026-11-21T07:00:00.000Z\nkind: note\nmessage: ${JSON.stringify(message)}\n---\n${message}\n`;
  await world.files.write("Updates/cloud/20261121T070000Z-a.md", report("40 mails taken in."));
  await world.files.write("Signals/cloud/20261121T070001Z-b.md", report("![](http://evil.example/p.png)"));
  await (
    await openDashboard(world)
  )();
  const files = world.files.snapshot();
  assert.match(files["Dashboard.md"] ?? "", /2026-11-21 07:00 40 mails taken in\./);
  assert.doesNotMatch(files["Dashboard.md"] ?? "", /evil/);
  assert.match(
    files["Dashboard.md"] ?? "",
    /cannot be shown here; it lies at Signals\/cloud\/archive\/2026-11/,
  );
  assert.ok(files["Updates/cloud/archive/2026-11/20261121T070000Z-a.md"] !== undefined);
  assert.deepEqual(await world.files.list("Updates/cloud"), []);
});

test("a reason whose note the owner has dealt with goes away; the owner's own files stay", async () => {
  const world = createWorld();
  await world.files.write("Needs_Attention/WHY gone.md", "# Why this note is here\n\nIt was empty.\n");
  await world.files.write("Needs_Attention/WHY I keep this.md", "my own words");
  await world.clock.advance(10_000);
  await world.files.write(
    "Needs_Attention/WHY comes.md",
    "# Why this note is here\n\nIts note is on its way.\n",
  );
  const look = await openDashboard(world);
  await look();
  assert.deepEqual(await world.files.list("Needs_Attention"), ["WHY I keep this.md", "WHY comes.md"]);
  await world.clock.advance(10_000);
  await look();
  assert.deepEqual(await world.files.list("Needs_Attention"), ["WHY I keep this.md"]);
});
