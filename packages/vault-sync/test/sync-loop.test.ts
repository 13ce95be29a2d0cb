import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createFakeClock, type FakeClock } from "@nightdesk/testkit";
import { fail } from "../src/errors.ts";
import { openReplica, type SyncPorts } from "../src/replica.ts";
import { createStatusReporter } from "../src/report-status.ts";
import { startSyncLoop } from "../src/sync-loop.ts";
import { createMemoryWorld } from "./support/memory-world.ts";
import { fileOf, mailNote } from "./support/notes.ts";

const INTERVAL_MS = 30_000;
const NEW = `Needs_Action/cloud-email/${fileOf(1)}`;

async function start() {
  const clock = createFakeClock();
  const world = createMemoryWorld(clock);
  const ports = world.ports("cloud");
  const calls = { cheapTip: 0, fetch: 0, push: 0 };
  const away = { is: false };
  const ask = <T>(name: keyof typeof calls, answer: () => Promise<T>) => {
    calls[name] += 1;
    return away.is ? Promise.reject(fail("REMOTE_UNREACHABLE", "away")) : answer();
  };
  const remote: SyncPorts["remote"] = {
    ...ports.remote,
    cheapTip: () => ask("cheapTip", ports.remote.cheapTip),
    fetch: () => ask("fetch", ports.remote.fetch),
    push: (commit) => ask("push", () => ports.remote.push(commit)),
  };
  const replica = await openReplica({ ...ports, remote });
  const status = await createStatusReporter(replica);
  const loop = startSyncLoop({ replica, status, intervalMs: INTERVAL_MS });
  await pass(clock, 100);
  return { clock, world, calls, away, status, loop };
}

/** Time in small steps, so that each turn of the loop sees its own instant. */
async function pass(clock: FakeClock, durationMs: number): Promise<void> {
  for (let left = durationMs; left > 0; left -= 500) await clock.advance(Math.min(500, left));
}

describe("the rhythm", () => {
  it("while things move the remote is asked every second; when idle ever less, but within the interval", async () => {
    const { clock, calls, loop } = await start();
    await pass(clock, 50_000);
    assert.ok(calls.cheapTip >= 40, `${calls.cheapTip} questions in the first 50 s`);
    await pass(clock, 200_000);
    const before = calls.cheapTip + calls.fetch;
    await pass(clock, 240_000);
    const idle = calls.cheapTip + calls.fetch - before;
    assert.ok(idle >= 8 && idle <= 12, `${idle} questions in 4 idle minutes`);
    const stopped = loop.stop();
    await pass(clock, 1000);
    await stopped;
  });

  it("an event starts a round at once", async () => {
    const { clock, world, loop } = await start();
    await pass(clock, 300_000);
    world.machines.cloud.disk.put(NEW, mailNote(1), { mtimeMs: clock.now() - 1000 });
    const tips = world.tips.length;
    loop.changed("Needs_Action/cloud-email");
    await pass(clock, 1);
    assert.equal(world.tips.length, tips + 1);
    const stopped = loop.stop();
    await pass(clock, 1000);
    await stopped;
  });

  it("without the remote the pauses grow, and what changed meanwhile goes when it is back", async () => {
    const { clock, world, calls, away, status, loop } = await start();
    away.is = true;
    world.machines.cloud.disk.put(NEW, mailNote(1));
    loop.changed("Needs_Action/cloud-email");
    await pass(clock, 10 * 60_000);
    assert.equal(status.current().state, "offline");
    const before = calls.cheapTip + calls.fetch;
    for (let i = 0; i < 20; i += 1) loop.changed("Needs_Action/cloud-email");
    await pass(clock, 120_000);
    const asked = calls.cheapTip + calls.fetch - before;
    assert.ok(asked >= 2 && asked <= 4, `${asked} questions in 2 minutes`);
    away.is = false;
    const tips = world.tips.length;
    await pass(clock, 61_000);
    assert.equal(status.current().state, "ok");
    assert.equal(world.tips.length, tips + 1);
    const stopped = loop.stop();
    await pass(clock, 61_000);
    await stopped;
  });
});

/** A loop whose remote announces, at rest. */
async function startAnnounced() {
  const started = await start();
  const { clock, loop } = started;
  const syncLocal = async () => {
    const synced = started.world.sync("local");
    await pass(clock, 3000);
    await synced;
  };
  // A first commit, for the next one to build on.
  started.world.machines.local.disk.put("Company_Handbook.md", "# Handbook\n", { mtimeMs: 0 });
  await syncLocal();
  loop.setAnnounced(true);
  await pass(clock, 2000);
  const count = () => ({ ...started.calls });
  const end = async () => {
    const stopped = loop.stop();
    await pass(clock, 61_000);
    await stopped;
  };
  return { ...started, syncLocal, count, end };
}

describe("while the remote announces its changes", () => {
  it("it is not asked, but for a net every quarter of an hour, and the status says so", async () => {
    const { clock, status, count, end } = await startAnnounced();
    const before = count();
    await pass(clock, 60 * 60_000);
    const after = count();
    const asked = after.cheapTip + after.fetch - before.cheapTip - before.fetch;
    assert.ok(asked >= 4 && asked <= 8, `${asked} questions in an hour`);
    assert.equal(status.current().remoteNews, "announced");
    const heardMsAgo = clock.now() - Date.parse(status.current().lastSyncAt ?? "");
    assert.ok(heardMsAgo <= 61_000, "a channel that stands is a sign of life");
    await end();
  });

  it("a change of this machine's goes out with a push alone", async () => {
    const { clock, world, loop, count, end } = await startAnnounced();
    const before = count();
    world.machines.cloud.disk.put(NEW, mailNote(1), { mtimeMs: clock.now() - 1000 });
    loop.changed("Needs_Action/cloud-email");
    await pass(clock, 1);
    assert.deepEqual(count(), { ...before, push: before.push + 1 });
    // Its own push is announced like any other.
    loop.announced(world.tips.at(-1) ?? null);
    await pass(clock, 5000);
    assert.deepEqual(count(), { ...before, push: before.push + 1 });
    await end();
  });

  it("an announced change is brought in at once", async () => {
    const { clock, world, loop, syncLocal, count, end } = await startAnnounced();
    await syncLocal();
    world.machines.local.disk.put("Company_Handbook.md", "# Rules\n", { mtimeMs: 0 });
    await syncLocal();
    const before = count();
    await pass(clock, 5000);
    assert.deepEqual(count(), before, "nothing happens before the word comes");
    loop.announced(world.tips.at(-1) ?? null);
    await pass(clock, 1);
    assert.equal(world.machines.cloud.disk.text("Company_Handbook.md"), "# Rules\n");
    assert.deepEqual(count(), { ...before, fetch: before.fetch + 1 });
    await end();
  });

  it("a claim made on a tip that has moved is refused, fetched for and made again", async () => {
    const { clock, world, loop, syncLocal, end } = await startAnnounced();
    await syncLocal();
    world.machines.local.disk.put("Company_Handbook.md", "# Rules\n", { mtimeMs: 0 });
    await syncLocal();
    world.machines.cloud.disk.put(NEW, mailNote(1), { mtimeMs: clock.now() - 1000 });
    loop.changed("Needs_Action/cloud-email");
    await pass(clock, 5000);
    assert.equal(world.machines.cloud.disk.text("Company_Handbook.md"), "# Rules\n");
    await syncLocal();
    assert.equal(world.machines.local.disk.text(NEW), mailNote(1));
    await end();
  });

  it("a flood of false announcements does not become a flood of fetches", async () => {
    const { clock, loop, count, end } = await startAnnounced();
    const before = count();
    for (let i = 0; i < 600; i += 1) {
      loop.announced((1000 + i).toString(16).padStart(40, "0"));
      await clock.advance(100);
    }
    const fetched = count().fetch - before.fetch;
    assert.ok(fetched >= 4 && fetched <= 12, `${fetched} fetches in a minute of 600 lies`);
    await end();
  });

  it("when the channel is lost the remote is asked again, in the rhythm of before", async () => {
    const { clock, loop, status, count, end } = await startAnnounced();
    await pass(clock, 120_000);
    const before = count();
    loop.setAnnounced(false);
    await pass(clock, 60_000);
    const after = count();
    const asked = after.cheapTip + after.fetch - before.cheapTip - before.fetch;
    assert.ok(asked >= 5, `${asked} questions in the minute after`);
    assert.equal(status.current().remoteNews, "polled");
    await end();
  });

  it("a channel that stands again ends the pause after failures", async () => {
    const { clock, world, away, loop, status, end } = await startAnnounced();
    away.is = true;
    loop.setAnnounced(false);
    world.machines.cloud.disk.put(NEW, mailNote(1), { mtimeMs: 0 });
    loop.changed("Needs_Action/cloud-email");
    await pass(clock, 10 * 60_000);
    assert.equal(status.current().state, "offline");
    away.is = false;
    const tips = world.tips.length;
    loop.setAnnounced(true);
    await pass(clock, 1);
    assert.equal(world.tips.length, tips + 1);
    await end();
  });
});
