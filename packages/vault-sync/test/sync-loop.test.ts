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
  const calls = { cheapTip: 0, fetch: 0 };
  const away = { is: false };
  const ask = <T>(name: keyof typeof calls, answer: () => Promise<T>) => {
    calls[name] += 1;
    return away.is ? Promise.reject(fail("REMOTE_UNREACHABLE", "away")) : answer();
  };
  const remote: SyncPorts["remote"] = {
    ...ports.remote,
    cheapTip: () => ask("cheapTip", ports.remote.cheapTip),
    fetch: () => ask("fetch", ports.remote.fetch),
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
