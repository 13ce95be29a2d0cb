import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { foldName, folderOf, makeTaskName, taskKey } from "@nightdesk/claim-lib";
import fc from "fast-check";
import { buildTree } from "../src/build-tree.ts";
import { DiskIndex } from "../src/disk-index.ts";
import { EMPTY_TREE, type Oid } from "../src/git/oid.ts";
import { Snapshot } from "../src/snapshot.ts";
import { TaskPlaces } from "../src/task-places.ts";
import { VaultIndex, withChanges, type TreeChange } from "../src/vault-index.ts";
import { listTree } from "./support/list-tree.ts";
import { createMemoryStore } from "./support/memory-store.ts";

const NAMES = [1, 2, 3, 4].map((n) =>
  makeTaskName({ date: "2026-11-21", who: `W ${n}`, subject: "S", id: `em_000000000000000${n}`, rev: 1 }),
);
const FOLDERS = ["Needs_Action/cloud-email", "In_Progress/cloud", "Pending_Approval/email", "Done/2026-10"];
const PATHS = [
  ...FOLDERS.flatMap((folder) => NAMES.map((name) => `${folder}/${name}`)),
  "Dashboard.md",
  "Plans/cloud-email/plan.md",
  "Plans/cloud-email/PLAN.md",
  "Plans/cloud-Email/plan.md",
];
const KEYS = NAMES.map((name) => taskKey(name) ?? "");
const blob = (n: number): Oid => String(n).padStart(40, "0");
const anyChanges = fc.array(
  fc.record({ path: fc.constantFrom(...PATHS), oid: fc.option(fc.nat(3).map(blob), { freq: 3 }) }),
  { maxLength: 20, size: "max" },
);

const sorted = (paths: Iterable<string>) => [...paths].sort();

/** The plain answer: a look at everything. */
const model = {
  pathsOf: (tree: Map<string, Oid>, key: string) =>
    sorted([...tree.keys()].filter((path) => taskKey(path) === key)),
  twins(tree: Map<string, Oid>, path: string): string[] {
    const parts = (of: string) => {
      const found: string[] = [];
      for (let part = of; part !== ""; part = folderOf(part)) found.push(part);
      return found;
    };
    const known = new Set([...tree.keys()].flatMap(parts));
    return parts(path).flatMap((part) =>
      [...known].filter((other) => other !== part && foldName(other) === foldName(part)),
    );
  },
};

async function snapshotOf(changes: readonly TreeChange[]) {
  const store = createMemoryStore();
  const last = [...new Map(changes.map((change) => [change.path, change])).values()];
  const snapshot = new Snapshot(store, await buildTree(store, EMPTY_TREE, last));
  const places = new TaskPlaces();
  for (const path of (await listTree(snapshot)).keys()) places.add(path);
  return { store, snapshot, places, last };
}

describe("what is read folder by folder says the same as a map of everything", () => {
  it("for a tree with any changes made in it", () =>
    fc.assert(
      fc.asyncProperty(anyChanges, anyChanges, async (before, changes) => {
        const { snapshot, places, last } = await snapshotOf(before);
        const index = new VaultIndex(snapshot, places);
        for (const change of changes) index.apply(change);
        const expected = withChanges(withChanges(new Map(), last), changes);
        for (const path of PATHS) {
          assert.equal(await index.get(path), expected.get(path), path);
          const twins = model.twins(expected, path);
          const twin = await index.twinOf(path);
          // Of several any may be named; one in a folder that is a twin itself is told by the folder.
          assert.equal(twin !== null, twins.length > 0, `${path}: ${twin ?? "none"}, not ${twins.join()}`);
          if (twin !== null) assert.equal(foldName(twin), foldName(path.slice(0, twin.length)));
        }
        for (const key of KEYS)
          assert.deepEqual(sorted(await index.pathsOf(key)), model.pathsOf(expected, key));
        const waiting = [...expected.keys()].filter((path) => path.startsWith("Pending_Approval/"));
        assert.equal(await index.count("Pending_Approval"), waiting.length);
      }),
    ));

  it("for the difference of two trees", () =>
    fc.assert(
      fc.asyncProperty(anyChanges, anyChanges, async (before, changes) => {
        const { store, snapshot } = await snapshotOf(before);
        const last = [...new Map(changes.map((change) => [change.path, change])).values()];
        const after = new Snapshot(store, await buildTree(store, snapshot.tree, last));
        const known = await listTree(snapshot);
        assert.deepEqual(
          await listTree(after).then((tree) => [...tree].sort()),
          [...withChanges(known, await snapshot.changesTo(after))].sort(),
        );
      }),
    ));

  it("for a disk that went on from what was synced, also when it is saved and read back", () =>
    fc.assert(
      fc.asyncProperty(anyChanges, anyChanges, anyChanges, async (before, changes, synced) => {
        const { store, snapshot, places } = await snapshotOf(before);
        const stat = { size: 1, mtimeMs: 1.5, inode: 7 };
        const known = { planned: snapshot, places };
        let index = new DiskIndex();
        await index.restore(null, known, snapshot.files());
        for (const [path, oid] of await listTree(snapshot)) index.set(path, oid, stat);
        for (const { path, oid } of changes) {
          if (oid === null) index.delete(path);
          else index.set(path, oid, stat);
        }
        const disk = withChanges(await listTree(snapshot), changes);
        // The base moves on while the disk stays; then this machine starts anew with what was saved.
        const last = [...new Map(synced.map((change) => [change.path, change])).values()];
        const next = new Snapshot(store, await buildTree(store, snapshot.tree, last));
        for (const path of (await listTree(next)).keys()) places.add(path);
        index.rebase(
          { planned: next, places },
          last.map(({ path }) => path),
        );
        for (let i = 0; i < 2; i += 1) {
          const base = await listTree(next);
          const differences = await index.differences();
          for (const path of PATHS) {
            assert.equal(index.get(path), disk.get(path), path);
            const differs = disk.get(path) !== base.get(path);
            assert.deepEqual(
              differences.has(path) ? differences.get(path) : "same",
              differs ? (disk.get(path) ?? null) : "same",
            );
            const others = model.pathsOf(disk, taskKey(path) ?? "").filter((other) => other !== path);
            assert.deepEqual(sorted(await index.otherPlaces(path)), others);
          }
          for (const folder of FOLDERS)
            assert.deepEqual(
              sorted(await index.pathsIn(folder)),
              sorted([...disk.keys()].filter((path) => folderOf(path) === folder)),
            );
          const saved = index.toSaved();
          index = new DiskIndex();
          await index.restore(saved, { planned: next, places }, next.files());
        }
      }),
    ));
});

it("a row nobody can name any more is not taken for a file", async () => {
  const { store, snapshot, places } = await snapshotOf([{ path: "Dashboard.md", oid: blob(1) }]);
  const index = new DiskIndex();
  await index.restore(null, { planned: snapshot, places }, snapshot.files());
  index.set("Dashboard.md", blob(1), { size: 1, mtimeMs: 1, inode: 1 });
  await index.differences();
  const saved = index.toSaved();
  // Killed here; what came meanwhile has no such file any more, and later again.
  const empty = new Snapshot(store, EMPTY_TREE);
  const again = new DiskIndex();
  await again.restore(saved, { planned: empty, places: new TaskPlaces() }, empty.files());
  again.rebase({ planned: snapshot, places }, ["Dashboard.md"]);
  assert.deepEqual([...(await again.differences())], [["Dashboard.md", null]]);
});
