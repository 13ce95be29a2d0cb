import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ExecEnumeration, newExecCounts, type Shared } from "../src/sim/execution/enumerate.ts";
import { checkRest } from "../src/sim/execution/check-rest.ts";
import { deliver } from "../src/sim/execution/deliver.ts";
import { OWNER_ACTS } from "../src/sim/execution/owner.ts";
import { playToRest } from "../src/sim/execution/play.ts";
import { prepareWorld } from "../src/sim/execution/prepare.ts";
import { ExecRandomRun } from "../src/sim/execution/random-run.ts";
import { EXEC_SCENARIOS } from "../src/sim/execution/scenarios.ts";
import { ExecWorld } from "../src/sim/execution/world.ts";
import { tryPatch } from "../src/sim/mutants.ts";
import { replay } from "../src/sim/replay.ts";

const MUTANTS = join(import.meta.dirname, "../mutants");

function shared(): Shared {
  return { counts: newExecCounts(), violations: [], known: new Set() };
}

function enumerate(name: string, all: Shared): ExecEnumeration {
  const scenario = EXEC_SCENARIOS.find((one) => one.name === name);
  assert.ok(scenario, name);
  return new ExecEnumeration(scenario, all);
}

async function broken(seed: string): Promise<readonly string[]> {
  const violations = await replay(seed, () => undefined);
  return violations.map(({ invariant, detail }) => `${invariant}: ${detail}`);
}

/** A world in which one note was approved, and nothing else has happened yet. */
async function approvedWorld(): Promise<ExecWorld> {
  const world = new ExecWorld("handle", 0);
  await prepareWorld(world, 1);
  await OWNER_ACTS.approve(world, 1);
  return world;
}

describe("the execution of an approval, in the simulator", () => {
  for (const name of ["handle.10.approve.none", "search-only.10.approve.send-lost-answer"]) {
    it(`${name}: no single crash breaks a promise, whatever survives it`, async () => {
      const all = shared();
      await enumerate(name, all).runSingles(() => false);
      assert.deepEqual(all.violations, []);
      assert.ok(all.counts.execPlans > 300, JSON.stringify(all.counts));
      assert.ok(all.counts.execRuns > 50 && all.counts.execRuns < all.counts.execPlans);
    });
  }

  it("a second crash at any point of a recovery breaks none either", async () => {
    const all = shared();
    const enumeration = enumerate("handle.10.approve.none", all);
    await enumeration.runSingles(() => false);
    // The recoveries differ most after the mail is out; the whole list is the command's.
    const late = enumeration.singles
      .filter(({ point }) => point.snapshot.outside.sent.length > 0)
      .slice(0, 4);
    assert.equal(late.length, 4);
    for (const single of late) await enumeration.runDoubles(single, () => false);
    assert.deepEqual(all.violations, []);
    assert.ok(all.counts.execDoubles > 500, JSON.stringify(all.counts));
  });

  it("a mail that is refused, late or lost is sent once, and only a provider that cannot tell leaves a doubt", async () => {
    const withSend = EXEC_SCENARIOS.filter(({ lagMs, name }) => lagMs > 0 && /send-|commit-/.test(name));
    assert.ok(withSend.length > 20);
    for (const scenario of withSend) {
      const all = shared();
      await new ExecEnumeration(scenario, all).recordBase();
      assert.deepEqual(all.violations, [], scenario.name);
    }
  });

  it("random runs with an owner who acts at any moment break no promise, and each can be run again", async () => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const lines: [string[], string[]] = [[], []];
      for (const trace of lines) {
        if (trace === lines[1] && seed > 3) continue;
        const run = new ExecRandomRun(seed, (line) => trace.push(line));
        assert.deepEqual(await run.run(), [], `exec-random:${seed}`);
      }
      if (seed <= 3) assert.deepEqual(lines[0], lines[1]);
    }
  });
});

describe("the checks of execution", () => {
  it("notice a second effect, and one nobody approved", async () => {
    const world = await approvedWorld();
    await playToRest(world, []);
    const [sent] = world.outside.sent;
    assert.ok(sent);
    assert.equal(world.violations.length, 0);
    const again = { id: "draft-9", content: sent.content, threadId: "t1", ref: "<other>" };
    world.outside = { ...world.outside, drafts: [again] };
    deliver(world, again);
    assert.equal(world.violations[0]?.invariant, "one effect per approval");

    const early = await approvedWorld();
    early.outside = { ...early.outside, drafts: [again] };
    deliver(early, again);
    assert.equal(early.violations[0]?.invariant, "no effect without an approval");
  });

  it("notice a note that is gone, one put aside without a reason, and an effect without a line in the audit", async () => {
    const world = await approvedWorld();
    await playToRest(world, []);
    const [path] = [...world.disk.peek().folders.keys()].filter((folder) => folder.endsWith("Done/2026-11"));
    const [name] =
      world.disk
        .peek()
        .folders.get(path ?? "")
        ?.keys() ?? [];
    await world.disk.rename(`${path}/${name}`, `/vault/Needs_Attention/${name}`);
    await world.disk.unlink("/vault/Logs/local/2026-11-21.jsonl");
    checkRest(world);
    assert.deepEqual(
      world.violations.map(({ invariant }) => invariant),
      ["put aside only when nobody can tell", "one line in the audit for each effect"],
    );
    await world.disk.unlink(`/vault/Needs_Attention/${name}`);
    world.violations.length = 0;
    checkRest(world);
    assert.equal(world.violations[0]?.invariant, "nothing is lost");
  });

  it("a seed nobody printed is refused with a sentence", async () => {
    for (const seed of [
      "exec:",
      "exec:nowhere:1.kill",
      "exec:handle.10.approve.none:1.never",
      "exec-random:x",
    ])
      await assert.rejects(broken(seed), { code: "USAGE" });
  });
});

it("a weakening of the execution is caught, and its seed brings it back", async () => {
  const { outcome, detail } = await tryPatch(join(MUTANTS, "exec-resent-on-unknown.patch"));
  assert.equal(outcome, "caught", detail);
});
