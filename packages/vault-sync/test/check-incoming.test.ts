import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, it } from "node:test";
import { makeTaskName, NightdeskError, type Role } from "@nightdesk/claim-lib";
import { checkIncoming, type Incoming } from "../src/check-incoming.ts";
import { encodeCommit } from "../src/git/commit-codec.ts";
import { createCommitSigner, type CommitSigner } from "../src/git/commit-signer.ts";
import type { Oid } from "../src/git/oid.ts";
import { EMPTY_SNAPSHOT, loadSnapshot } from "../src/snapshot.ts";
import { createMemoryStore, type Folder, type MemoryStore } from "./support/memory-store.ts";
import { fileOf, KINDS, mailNote, replyNote } from "./support/notes.ts";

const newSigner = () =>
  createCommitSigner(
    generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  );
const laptopKey = newSigner();
const cloudKey = newSigner();

async function commit(
  store: MemoryStore,
  tree: Oid,
  parent: Oid | null,
  signer: CommitSigner | null = cloudKey,
) {
  const draft = {
    tree,
    parents: parent === null ? [] : [parent],
    author: { name: "x", email: "x@example.com" },
    atMs: 1_700_000_000_000,
    message: "x",
  };
  return store.writeCommit(encodeCommit(draft, signer ? signer.sign(encodeCommit(draft)) : null));
}

interface Case {
  before: Folder;
  /** One tree a commit, oldest first; all by the cloud. */
  after: (Folder | Oid)[];
  replica?: Role;
  signer?: CommitSigner | null;
  known?: boolean;
}

async function check(
  { before, after, replica = "local", signer = cloudKey, known = false }: Case,
  store = createMemoryStore(),
) {
  const baseTree = await store.tree(before);
  const base = await commit(store, baseTree, null, laptopKey);
  let tip = base;
  for (const tree of after)
    tip = await commit(store, typeof tree === "string" ? tree : await store.tree(tree), tip, signer);
  const accepted = await loadSnapshot(store, baseTree, EMPTY_SNAPSHOT);
  const deps = {
    store,
    signer: replica === "local" ? laptopKey : cloudKey,
    kinds: KINDS,
    replica,
    isKnownOwn: () => known,
  };
  const incoming = await checkIncoming(deps, { commit: base, accepted }, tip);
  assert.equal(incoming.state, "ahead");
  const ahead = incoming as Extract<Incoming, { state: "ahead" }>;
  // What is told to be accepted is what the tree holds.
  const loaded = await loadSnapshot(store, ahead.accepted.tree);
  assert.deepEqual([...loaded.index.tree].sort(), [...ahead.accepted.index.tree].sort());
  return { ...ahead, paths: [...ahead.accepted.index.tree.keys()].sort(), store };
}

const HANDBOOK: Folder = { "Company_Handbook.md": "# Rules\n" };
const NEW = (n: number, text = mailNote(n)): Folder => ({ "cloud-email": { [fileOf(n)]: text } });

describe("what the cloud may bring", () => {
  it("a task through its states, plans, updates, logs and its status note", async () => {
    const result = await check({
      before: HANDBOOK,
      after: [
        { ...HANDBOOK, Needs_Action: NEW(1) },
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
});

describe("what is refused, and leaves everything else as it was", () => {
  const pending = { Pending_Approval: { email: { [fileOf(1)]: replyNote(1) } } };
  const link = { mode: "120000", oid: "" };
  const CASES: [string, Case, RegExp][] = [
    [
      "a note straight into Approved/",
      { before: HANDBOOK, after: [{ ...HANDBOOK, Approved: { [fileOf(1)]: replyNote(1) } }] },
      /may not put files here/,
    ],
    [
      "a move of a pending note to Approved/",
      { before: pending, after: [{ Approved: { [fileOf(1)]: replyNote(1) } }] },
      /may not take notes out/,
    ],
    [
      "a changed recipient",
      {
        before: pending,
        after: [
          { Pending_Approval: { email: { [fileOf(1)]: replyNote(1, { to: ["m@attacker.example"] }) } } },
        ],
      },
      /may not change files here/,
    ],
    ["a pending note taken away", { before: pending, after: [{}] }, /may not remove files here/],
    [
      "a changed handbook",
      { before: HANDBOOK, after: [{ "Company_Handbook.md": "# Pay Mallory\n" }] },
      /may not change files here/,
    ],
    [
      "a note that is not what it would do",
      {
        before: {},
        after: [
          {
            Pending_Approval: {
              email: { [fileOf(1)]: replyNote(1).replace("To: ann@example.com", "To: bob@example.com") },
            },
          },
        ],
      },
      /not exactly what it would do/,
    ],
    [
      "another task's content",
      { before: {}, after: [{ Pending_Approval: { email: { [fileOf(1)]: replyNote(2) } } }] },
      /belongs to another file name/,
    ],
    [
      "a note that says it was checked",
      {
        before: {},
        after: [{ Pending_Approval: { email: { [fileOf(1)]: replyNote(1, { checked: "verified" }) } } }],
      },
      /which only this laptop may say/,
    ],
    [
      "a mail put up for approval",
      { before: {}, after: [{ Pending_Approval: { email: { [fileOf(1)]: mailNote(1) } } }] },
      /nothing in it to approve/,
    ],
    [
      "code",
      { before: {}, after: [{ Updates: { cloud: { "1.md": "```dataviewjs\nalert(1)\n```\n" } } }] },
      /would run, load or hide/,
    ],
    [
      "a note that is no note",
      { before: {}, after: [{ Needs_Action: NEW(1, "hello\n") }] },
      /cannot be read/,
    ],
    [
      "bytes that are no text",
      { before: {}, after: [{ "Cloud_Status.md": Uint8Array.of(0x41, 0xff, 0x0a) }] },
      /not text/,
    ],
    [
      "a task in a second place",
      {
        before: { Needs_Action: NEW(1) },
        after: [{ Needs_Action: NEW(1), Done: { "2026-11": { [fileOf(1)]: mailNote(1) } } }],
      },
      /already lies in/,
    ],
    [
      "records that were changed",
      {
        before: { Logs: { cloud: { "a.jsonl": "1\n" } } },
        after: [{ Logs: { cloud: { "a.jsonl": "2\n" } } }],
      },
      /records that stood there were changed/,
    ],
    [
      "the laptop's records",
      { before: {}, after: [{ Logs: { local: { "a.jsonl": "1\n" } } }] },
      /may not put files here/,
    ],
    [
      "a table in a cloud folder",
      { before: {}, after: [{ Plans: { "cloud-email": { "x.base": "x" } } }] },
      /only notes lie there/,
    ],
    [
      "a folder of Obsidian's",
      { before: {}, after: [{ ".obsidian": { plugins: { x: { "main.js": "x" } } } }] },
      /its name could mean/,
    ],
    [
      "attributes for git",
      { before: {}, after: [{ ".gitattributes": "* merge=union" }] },
      /its name could mean/,
    ],
    [
      "a program's ending",
      { before: {}, after: [{ Updates: { cloud: { "x.js": "x" } } }] },
      /nothing of this name is synced/,
    ],
    [
      "a Windows device",
      { before: {}, after: [{ Updates: { cloud: { "con.md": "x" } } }] },
      /its name could mean/,
    ],
    [
      "a name that reads backwards",
      { before: {}, after: [{ Updates: { cloud: { "a\u202edm.md": "x" } } }] },
      /its name could mean/,
    ],
    [
      "a twin in other case",
      {
        before: { Updates: { cloud: { "Note.md": "x\n" } } },
        after: [{ Updates: { cloud: { "Note.md": "x\n", "note.md": "y\n" } } }],
      },
      /same file as/,
    ],
    [
      "a folder that is a twin",
      {
        before: { Plans: { "cloud-a": { "x.md": "x\n" } } },
        after: [{ Plans: { "cloud-a": { "x.md": "x\n" }, "cloud-A": { "y.md": "y\n" } } }],
      },
      /same file as/,
    ],
    [
      "a note larger than any",
      { before: {}, after: [{ Updates: { cloud: { "x.md": "x".repeat(5_000_000) } } }] },
      /larger than/,
    ],
    [
      "a link",
      { before: {}, after: [{ Updates: { cloud: { "x.md": { ...link, oid: "1".repeat(40) } } } }] },
      /a link/,
    ],
    [
      "a folder that became a link",
      { before: { Needs_Action: NEW(1) }, after: [{ Needs_Action: { ...link, oid: "1".repeat(40) } }] },
      /a link/,
    ],
    [
      "a submodule",
      { before: {}, after: [{ Plans: { mode: "160000", oid: "1".repeat(40) } }] },
      /repository inside/,
    ],
    [
      "a program",
      { before: {}, after: [{ Updates: { cloud: { "x.md": { mode: "100755", oid: "1".repeat(40) } } } }] },
      /marked as a program/,
    ],
  ];
  for (const [what, given, reason] of CASES) {
    it(what, async () => {
      const result = await check(given);
      assert.ok(result.refused.length > 0, "nothing was refused");
      for (const one of result.refused)
        if (!/may not remove/.test(one.reason)) assert.match(one.reason, reason);
      assert.match(result.refused.map((one) => one.reason).join(), reason);
      const before = await check({ before: given.before, after: [] });
      assert.deepEqual(result.paths, before.paths);
      assert.equal(result.accepted.tree, before.accepted.tree);
      assert.notEqual(result.tipTree, result.accepted.tree);
    });
  }

  it("what follows on a refused change is judged by what was accepted, not by what the remote says", async () => {
    const forged = { Approved: { [fileOf(1)]: replyNote(1) } };
    const result = await check({
      before: HANDBOOK,
      after: [
        { ...HANDBOOK, ...forged },
        { ...HANDBOOK, In_Progress: { cloud: { [fileOf(1)]: replyNote(1) } }, Needs_Action: NEW(2) },
      ],
    });
    const taken = [
      "Company_Handbook.md",
      `In_Progress/cloud/${fileOf(1)}`,
      `Needs_Action/cloud-email/${fileOf(2)}`,
    ];
    assert.deepEqual(result.paths, taken);
    assert.equal(result.refused[0]?.path, `Approved/${fileOf(1)}`);
  });

  it("a tree of 10^30 paths in a few objects is refused within the budget, and the next honest commit is taken", async () => {
    const store = createMemoryStore();
    let level: Oid = await store.tree({ "x.md": "x" });
    for (let depth = 0; depth < 5; depth += 1) {
      const folder = Object.fromEntries(
        Array.from({ length: 1000 }, (_, i) => [`f${i}`, { mode: "40000", oid: level }]),
      );
      level = await store.tree(folder);
    }
    const bomb = { mode: "40000", oid: level };
    const startedAtMs = performance.now();
    const result = await check(
      {
        before: HANDBOOK,
        after: [
          { ...HANDBOOK, Plans: bomb },
          { ...HANDBOOK, Plans: bomb, Needs_Action: NEW(1) },
        ],
      },
      store,
    );
    assert.ok(performance.now() - startedAtMs < 5000);
    assert.deepEqual(
      result.refused.map(({ path, reason }) => [path, reason]),
      [[".", "it holds more files than are ever checked at once"]],
    );
    assert.deepEqual(result.paths, ["Company_Handbook.md", `Needs_Action/cloud-email/${fileOf(1)}`]);
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
    const accepted = await loadSnapshot(store, tree);
    const deps = {
      store,
      signer: laptopKey,
      kinds: KINDS,
      replica: "local" as const,
      isKnownOwn: () => false,
    };
    assert.deepEqual(await checkIncoming(deps, { commit: second, accepted }, first), { state: "behind" });
    await assert.rejects(checkIncoming(deps, { commit: second, accepted }, other), (error) =>
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
    await check({ before: { Done: done }, after: [] }, store);
    store.reads.trees = 0;
    const baseTree = await store.tree({ Done: done });
    const accepted = await loadSnapshot(store, baseTree);
    store.reads.trees = 0;
    const base = await commit(store, baseTree, null, laptopKey);
    const tip = await commit(store, await store.tree({ Done: done, Needs_Action: NEW(1) }), base);
    const deps = {
      store,
      signer: laptopKey,
      kinds: KINDS,
      replica: "local" as const,
      isKnownOwn: () => false,
    };
    await checkIncoming(deps, { commit: base, accepted }, tip);
    assert.ok(store.reads.trees <= 6, `${store.reads.trees} trees read`);
  });
});
