import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { makeTaskName } from "@nightdesk/claim-lib";
import type { TreeEntry } from "../src/git/tree-codec.ts";
import { openReplica, type SyncPorts } from "../src/replica.ts";
import { runCycle } from "../src/run-cycle.ts";
import { createMemoryWorld } from "./support/memory-world.ts";
import { fileOf, mailNote } from "./support/notes.ts";

const NOTES_PER_MONTH = 100;
const WAITING = `Needs_Action/cloud-email/${fileOf(1)}`;
const CLAIMED = `In_Progress/local/${fileOf(1)}`;

/** What a round asks of the disk and the object store; a folder counts with what it holds. */
interface Cost {
  treeEntries: number;
  listedFiles: number;
  stats: number;
  reads: number;
}

function counting(ports: SyncPorts, cost: Cost): SyncPorts {
  const { store, disk } = ports;
  // The real store keeps the folders it read a moment ago.
  const seen = new Map<string, Promise<readonly TreeEntry[]>>();
  return {
    ...ports,
    store: {
      ...store,
      async readTree(oid) {
        const known = seen.get(oid);
        if (known) return known;
        const read = store.readTree(oid);
        seen.set(oid, read);
        cost.treeEntries += (await read).length;
        return read;
      },
    },
    disk: {
      ...disk,
      // Nothing came or went in the archive since it was listed.
      changedAtMs: () => Promise.resolve(1),
      async list(folder) {
        const listing = await disk.list(folder);
        cost.listedFiles += listing?.files.length ?? 0;
        return listing;
      },
      stat(path) {
        cost.stats += 1;
        return disk.stat(path);
      },
      read(path, maxBytes) {
        cost.reads += 1;
        return disk.read(path, maxBytes);
      },
    },
  };
}

/** A laptop with so many finished notes, one that waits, and what its rounds cost once it has started. */
async function startWith(finished: number) {
  const world = createMemoryWorld();
  const { disk } = world.machines.local;
  for (let n = 0; n < finished; n += 1) {
    const month = `${2025 - Math.floor(n / NOTES_PER_MONTH / 12)}-${String((Math.floor(n / NOTES_PER_MONTH) % 12) + 1).padStart(2, "0")}`;
    const id = `em_${n.toString(32).padStart(16, "0")}`;
    const name = makeTaskName({ date: "2025-01-01", who: "W", subject: "S", id, rev: 1 });
    disk.put(`Done/${month}/${name}`, `note ${n}`, { mtimeMs: 0 });
  }
  disk.put(WAITING, mailNote(1), { mtimeMs: 0 });
  const cost: Cost = { treeEntries: 0, listedFiles: 0, stats: 0, reads: 0 };
  const replica = await openReplica(counting(world.ports("local"), cost));
  for (let i = 0; i < 3; i += 1) await runCycle(replica, "all");
  const costOf = async (round: () => Promise<unknown>): Promise<Cost> => {
    Object.assign(cost, { treeEntries: 0, listedFiles: 0, stats: 0, reads: 0 });
    await round();
    return { ...cost };
  };
  return { world, disk, replica, costOf };
}

/** The same day's work in a vault of this size, round by round. */
async function costsAt(finished: number): Promise<Record<string, Cost>> {
  const { world, disk, replica, costOf } = await startWith(finished);
  const idle = await costOf(() => runCycle(replica, []));
  disk.rename(WAITING, CLAIMED);
  const claim = await costOf(() => runCycle(replica, ["Needs_Action/cloud-email", "In_Progress/local"]));
  disk.rename(CLAIMED, `Done/2026-11/${fileOf(1)}`);
  const done = await costOf(() => runCycle(replica, ["In_Progress/local"]));
  assert.equal(replica.base.commit, world.tips.at(-1));
  return { idle, claim, done };
}

describe("what a round costs", () => {
  it("is the same in a vault of 100 notes and of 3,000", async () => {
    const small = await costsAt(100);
    const large = await costsAt(3_000);
    for (const [round, cost] of Object.entries(large)) {
      assert.equal(cost.stats, small[round]?.stats, round);
      assert.equal(cost.reads, small[round]?.reads, round);
      assert.equal(cost.listedFiles, small[round]?.listedFiles, round);
      // The list of months is as long as there are months: 30 of them here.
      assert.ok(
        cost.treeEntries <= (small[round]?.treeEntries ?? 0) + 3 * 30,
        `${round}: ${cost.treeEntries}`,
      );
    }
  });
});
