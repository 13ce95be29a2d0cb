import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { tryPatch } from "../src/sim/mutants.ts";
import { replay } from "../src/sim/replay.ts";
import { runAll } from "../src/sim/run-all.ts";
import { surviveCrash } from "../src/sim/survivors.ts";
import { StepRunner, parseSteps } from "../src/sim/run-steps.ts";

const MUTANTS = join(import.meta.dirname, "../mutants");

async function traceOf(seed: string): Promise<{ lines: string[]; broken: number }> {
  const lines: string[] = [];
  const violations = await replay(seed, (line) => lines.push(line));
  return { lines, broken: violations.length };
}

describe("the simulator", () => {
  it("finds no broken promise in a short run, and says how much it tried", async () => {
    const { violations, ...counts } = await runAll({
      seconds: 14,
      seed: 11,
      workers: 2,
      isHunt: true,
      only: "sync",
    });
    assert.deepEqual(violations, []);
    assert.ok(counts.plans > 500, JSON.stringify(counts));
    assert.ok(counts.runs > 40 && counts.runs < counts.plans, JSON.stringify(counts));
    assert.ok(counts.drills > 20, JSON.stringify(counts));
  });

  for (const seed of [
    "random:12",
    "crash:claim-race:60.none",
    "crash:propose:40.1:30.names",
    "drill:crime-approve",
  ]) {
    it(`"${seed}" is the same run each time`, async () => {
      const [one, two] = [await traceOf(seed), await traceOf(seed)];
      assert.ok(one.lines.length > 20);
      assert.deepEqual(one, two);
      assert.equal(one.broken, 0);
    });
  }

  it("a seed nobody printed is refused with a sentence", async () => {
    for (const seed of [
      "",
      "nonsense",
      "random:x",
      "crash:nowhere:1.none",
      "crash:claim:1.never",
      "drill:none",
    ])
      await assert.rejects(traceOf(seed), { code: "USAGE" });
  });

  it("notices a task that a disk has lost", async () => {
    const runner = new StepRunner(["cloud", "local"]);
    await runner.world.init();
    await runner.play(parseSteps("local editHandbook; local round; cloud round; cloud arrive 1"));
    const { disk } = runner.world.machine("cloud");
    const [path = ""] = [...runner.world.machine("cloud").vaultFiles()]
      .map((file) => file.path)
      .filter((one) => one.includes("~em_"));
    assert.equal(runner.world.violations.length, 0);
    await disk.unlink(`/vault/${path}`);
    disk.restore(surviveCrash(disk.snapshot(), "all"));
    await runner.settle(1);
    assert.ok(runner.world.violations.some(({ invariant }) => invariant === "no task is lost"));
  });
});

describe("a weakening of the real code", () => {
  for (const name of ["agent-does-not-wait", "no-rights-check", "rollback-not-noticed"]) {
    it(`${name} is caught, and the seed that caught it brings it back in a run of its own`, async () => {
      const { outcome, detail } = await tryPatch(join(MUTANTS, `${name}.patch`));
      assert.equal(outcome, "caught", detail);
      assert.match(detail, /^(drill|crash|random):\S+ /);
    });
  }

  it("a patch that does not fit is named as such, never as caught", async () => {
    const { outcome } = await tryPatch(join(import.meta.dirname, "support/does-not-fit.patch"));
    assert.equal(outcome, "does not apply");
  });
});
