import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { makeTaskName, NightdeskError } from "@nightdesk/claim-lib";
import { checkIncoming } from "../src/check-incoming.ts";
import type { Oid } from "../src/git/oid.ts";
import { Snapshot } from "../src/snapshot.ts";
import {
  check,
  cloudKey,
  commit,
  HANDBOOK,
  knownTree,
  laptopKey,
  newWork,
  placesOf,
} from "./support/check-case.ts";
import { createMemoryStore, type Folder } from "./support/memory-store.ts";
import { fileOf, KINDS, mailNote, replyNote } from "./support/notes.ts";

describe("what the cloud may bring", () => {
  it("a task through its states, plans, updates, logs and its status note", async () => {
    const result = await check({
      before: HANDBOOK,
      after: [
        { ...HANDBOOK, Needs_Action: newWork(1) },
        { ...HANDBOOK, In_Progress: { cloud: { [fileOf(1)]: mailNote(1) } } },
        {
          ...HANDBOOK,
          In_Progress: { cloud: { [fileOf(1)]: replyNote(1) } },
          Logs: { cloud: { "2026-11-21.jsonl": "1\n" } },
        },
        {
          ...HANDBOOK,
          Pending_Approval: { email: { [fileOf(1)]: replyNote(1) } },
          Logs: { cloud: { "2026-11-21.jsonl": "1\n2\n" } },
          Plans: { "cloud-email": { "plan.md": "A plan.\n" } },
          Updates: { cloud: { "1.md": "Two mails.\n" } },
          "Cloud_Status.md": "All well.\n",
        },
      ],
    });
    assert.deepEqual(result.refused, []);
    assert.equal(result.tipTree, result.accepted.tree);
    assert.equal(result.paths.length, 6);
    assert.equal(result.commits, 4);
  });

  it("no reply needed: from In_Progress straight to Done", async () => {
    const result = await check({
      before: { In_Progress: { cloud: { [fileOf(1)]: mailNote(1) } } },
      after: [{ Done: { "2026-11": { [fileOf(1)]: mailNote(1) } } }],
    });
    assert.deepEqual(result.refused, []);
  });

  it("500 notes that wait, and not one more: a flood does not bury the owner", async () => {
    const notes = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [fileOf(n + 1), replyNote(n + 1)]));
    const result = await check({
      before: HANDBOOK,
      after: [{ ...HANDBOOK, Pending_Approval: { email: notes(505) } }],
    });
    assert.equal(result.refused.length, 5);
    for (const { reason } of result.refused) assert.equal(reason, "500 notes wait already");
  });
});

describe("who pushed", () => {
  const forged = { ...HANDBOOK, Approved: { [fileOf(1)]: replyNote(1) } };

  it("a commit without a signature counts as the cloud's on the laptop", async () => {
    assert.equal((await check({ before: HANDBOOK, after: [forged], signer: null })).refused.length, 1);
  });

  it("the laptop's own commits come back whole", async () => {
    assert.equal(
      (await check({ before: HANDBOOK, after: [forged], signer: laptopKey, known: true })).refused.length,
      0,
    );
  });

  it("an own commit the laptop has no record of stops everything", async () => {
    await assert.rejects(check({ before: HANDBOOK, after: [forged], signer: laptopKey }), (error) =>
      NightdeskError.is(error, "OWN_COMMIT_UNKNOWN"),
    );
  });

  it("the cloud takes the laptop's decisions, and holds a stranger with its own key to the cloud's rights", async () => {
    assert.equal(
      (await check({ before: HANDBOOK, after: [forged], replica: "cloud", signer: laptopKey })).refused
        .length,
      0,
    );
    const stranger = await check({ before: HANDBOOK, after: [forged], replica: "cloud", signer: cloudKey });
    assert.equal(stranger.refused.length, 1);
    assert.equal(stranger.strangers.length, 1);
  });

  it("a history without what was synced before is refused, an older one is recognised", async () => {
    const store = createMemoryStore();
    const tree = await store.tree(HANDBOOK);
    const first = await commit(store, tree, null);
    const second = await commit(store, await store.tree({}), first);
    const other = await commit(store, await store.tree({ "STOP.md": "x" }), null);
    const known = await knownTree(store, tree);
    const deps = {
      store,
      signer: laptopKey,
      kinds: KINDS,
      replica: "local" as const,
      isKnownOwn: () => false,
    };
    assert.deepEqual(await checkIncoming(deps, { commit: second, ...known }, first), { state: "behind" });
    await assert.rejects(checkIncoming(deps, { commit: second, ...known }, other), (error) =>
      NightdeskError.is(error, "REMOTE_DIVERGED"),
    );
  });
});

describe("cost", () => {
  it("one changed note among many opens only the folders on its way", async () => {
    const store = createMemoryStore();
    const done: Folder = {};
    for (let month = 1; month <= 12; month += 1) {
      done[`2025-${String(month).padStart(2, "0")}`] = Object.fromEntries(
        Array.from({ length: 50 }, (_, i) => [
          makeTaskName({
            date: "2025-01-01",
            who: "A",
            subject: "B",
            id: `em_00000000000${month + 10}${String(i).padStart(3, "0")}`,
            rev: 1,
          }),
          "x",
        ]),
      );
    }
    const baseTree = await store.tree({ Done: done });
    const base = await commit(store, baseTree, null, laptopKey);
    const tip = await commit(store, await store.tree({ Done: done, Needs_Action: newWork(1) }), base);
    const opened = new Set<Oid>();
    const readTree = (oid: Oid) => store.readTree(oid).finally(() => opened.add(oid));
    const deps = {
      store: { ...store, readTree },
      signer: laptopKey,
      kinds: KINDS,
      replica: "local" as const,
      isKnownOwn: () => false,
    };
    const accepted = new Snapshot(deps.store, baseTree);
    const places = await placesOf(new Snapshot(store, baseTree));
    await checkIncoming(deps, { commit: base, accepted, places }, tip);
    assert.ok(opened.size <= 6, `${opened.size} trees read`);
  });
});
