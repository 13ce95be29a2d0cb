import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { withTempDir } from "@nightdesk/testkit";
import { findBenchTools } from "../src/bench/bench-tools.ts";
import { startForkCount } from "../src/bench/count-forks.ts";
import { judgeAims } from "../src/bench/judge-aims.ts";
import type { SideIdle } from "../src/bench/measure-idle.ts";
import { extraMove, ownersMove } from "../src/bench/moves.ts";
import { observeRename } from "../src/bench/observe-rename.ts";
import { cpuTimeMs, memoryOf } from "../src/bench/process-usage.ts";
import { quantile, summarise, type Latency } from "../src/bench/quantiles.ts";
import type { SizeResult } from "../src/bench/run-size.ts";
import { parseSyncOptions } from "../src/bench/sync-options.ts";

const run = promisify(execFile);

/** Two vaults with the same note; `carry` plays the sync between them. */
async function withVaults(work: (on: string, seenOn: string) => Promise<void>): Promise<void> {
  await withTempDir(async (folder) => {
    const vaults = ["a", "b"].map((name) => join(folder, name));
    for (const vault of vaults) {
      await mkdir(join(vault, "Pending"), { recursive: true });
      await mkdir(join(vault, "Approved"));
      await writeFile(join(vault, "Pending/1.md"), "one\n");
    }
    const [on = "", seenOn = ""] = vaults;
    await work(on, seenOn);
  });
}

const MOVE = { from: "Pending/1.md", to: "Approved/1.md", timeoutMs: 200 };

describe("the observer of a rename", () => {
  it("takes as long as the rename took to arrive whole", () =>
    withVaults(async (on, seenOn) => {
      const startedAt = performance.now();
      let arrivedMs = 0;
      const carry = async () => {
        await writeFile(join(seenOn, MOVE.to), "on");
        await writeFile(join(seenOn, MOVE.to), "one\n");
        await new Promise((resolve) => setTimeout(resolve, 60));
        await rm(join(seenOn, MOVE.from));
        arrivedMs = performance.now() - startedAt;
      };
      const tookMs = await observeRename({ on, seenOn, ...MOVE, timeoutMs: 5_000, carry });
      assert.ok(arrivedMs >= 60 && tookMs >= 59, `${tookMs} ms for what took ${arrivedMs}`);
    }));

  it("fails when the rename does not arrive, and when only its copy does", () =>
    withVaults(async (on, seenOn) => {
      await assert.rejects(observeRename({ on, seenOn, ...MOVE }), /was not seen within 200 ms/);
      await rename(join(on, MOVE.to), join(on, MOVE.from));
      const carry = () => writeFile(join(seenOn, MOVE.to), "one\n");
      await assert.rejects(observeRename({ on, seenOn, ...MOVE, carry }), /was not seen/);
    }));

  it("fails on other bytes, on a rename that was there before, and when carrying fails", () =>
    withVaults(async (on, seenOn) => {
      const carry = async () => {
        await writeFile(join(seenOn, MOVE.to), "two\n");
        await rm(join(seenOn, MOVE.from));
      };
      await assert.rejects(observeRename({ on, seenOn, ...MOVE, carry }), /other bytes/);
      await rename(join(on, MOVE.to), join(on, MOVE.from));
      await assert.rejects(observeRename({ on, seenOn, ...MOVE }), /not where it should be/);
      await rename(join(seenOn, MOVE.to), join(seenOn, MOVE.from));
      const broken = () => Promise.reject(new Error("no way there"));
      const startedAt = performance.now();
      await assert.rejects(observeRename({ on, seenOn, ...MOVE, timeoutMs: 60_000, carry: broken }));
      assert.ok(performance.now() - startedAt < 30_000);
    }));
});

describe("the figures", () => {
  it("a median is a value that was measured, and a missed rename is counted, never averaged away", () => {
    assert.equal(quantile([5, 1, 3], 0.5), 3);
    assert.equal(quantile([4, 1, 3, 2], 0.5), 2);
    assert.equal(
      quantile(
        Array.from({ length: 20 }, (_, n) => n + 1),
        0.95,
      ),
      19,
    );
    assert.deepEqual(summarise([10, null, 30]), { p50Ms: 10, p95Ms: 30, worstMs: 30, rounds: 3, missed: 1 });
    assert.ok(Number.isNaN(summarise([null]).p50Ms));
  });

  it("each of the owner's moves starts where the last one of that note ended", () => {
    const places = new Map<string, string>();
    const keyOf = (path: string) => path.split("~")[1] ?? "";
    for (let round = 0; round < 200; round += 1) {
      const { from, to } = ownersMove(round);
      const key = keyOf(from);
      assert.equal(keyOf(to), key);
      assert.notEqual(from, to);
      assert.equal(places.get(key) ?? from, from);
      places.set(key, to);
    }
    assert.equal(places.size, 20);
    for (let n = 0; n < 50; n += 1) assert.ok(!places.has(keyOf(extraMove(n).from)));
  });

  it("CPU time and memory are a process's own and its ended children's", async () => {
    const script = "for (let i = 0; i < 4e8; i++); process.stdout.write('x'); setInterval(() => {}, 1000);";
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "ignore"] });
    try {
      await once(child.stdout, "data");
      const pids = [child.pid ?? 0];
      assert.ok(cpuTimeMs(pids) >= 50, `${cpuTimeMs(pids)} ms`);
      assert.ok((memoryOf(pids)[0]?.rssMb ?? 0) > 10);
    } finally {
      child.kill("SIGKILL");
    }
    assert.equal(cpuTimeMs([2 ** 30]), 0);
    assert.deepEqual(memoryOf([2 ** 30]), []);
  });
});

const { forks } = await findBenchTools(["forkstat"], () => undefined);

describe("the count of processes started", { skip: forks ? false : "forkstat or root is missing" }, () => {
  it("has every child and grandchild, however short, and nobody else's", async () => {
    const shell = spawn("sh", ["-c", "read line; (true; (true) ); sh -c 'true & wait'; read line"]);
    const quiet = spawn("sleep", ["60"]);
    const count = await startForkCount([[shell.pid ?? 0], [quiet.pid ?? 0]]);
    await run("sh", ["-c", "true & true & wait"]);
    const ended = once(shell, "close");
    shell.stdin.end("go\nend\n");
    await ended;
    const [started, none] = await count.stop();
    quiet.kill();
    assert.ok((started ?? 0) >= 3 && (started ?? 0) <= 6, `${started} started`);
    assert.equal(none, 0);
  });
});

describe("the aims", () => {
  const latency = (p50Ms: number, p95Ms: number, missed = 0): Latency => ({
    p50Ms,
    p95Ms,
    worstMs: p95Ms,
    rounds: 20,
    missed,
  });
  const side = (cpuPercent: number, started: number | null, rssMb: number): SideIdle => ({
    cpuMs: cpuPercent * 600,
    cpuPercent,
    started,
    main: { program: "node", rssMb, peakMb: rssMb },
    othersRssMb: 0,
  });
  const size = (notes: number, ours: Latency, git: Latency, idle: SideIdle): SizeResult => ({
    size: notes,
    latencies: { announced: ours, deployed: ours, git, "syncthing-fast": latency(1_000, 1_100) },
    afterIdleMs: {},
    idle: { announced: { A: idle, B: idle } },
  });

  it("are reached by figures that reach them, each by its own", () => {
    const good = [
      size(100, latency(300, 900), latency(200, 250), side(0.1, 0, 80)),
      size(100_000, latency(400, 900), latency(1_700, 2_000), side(0.1, 0, 80)),
    ];
    const contention = { ...latency(500, 1_500), claimsPerSecond: 20 };
    assert.deepEqual(new Set(Object.values(judgeAims(good, contention))), new Set([true]));
    const bad = [
      size(100, latency(1_300, 2_900), latency(200, 250), side(0.6, 1, 80)),
      size(100_000, latency(1_800, 2_900), latency(1_700, 2_000), side(0.1, 0, 95)),
    ];
    const starved = { ...contention, missed: 1 };
    assert.deepEqual(new Set(Object.values(judgeAims(bad, starved))), new Set([false]));
  });

  it("are not reached when a rename was missed, and neither reached nor missed when not measured", () => {
    const missed = [size(100, latency(300, 900, 1), latency(200, 250), side(0.1, null, 80))];
    const aims = judgeAims(missed, null);
    assert.equal(aims.announcedP50Under1s, false);
    assert.equal(aims.within2xOfPlainGit, false);
    assert.equal(aims.aheadOfSyncthing, false);
    assert.equal(aims.noProcessWhileIdle, null);
    assert.equal(aims.rssUnder90MbAt100000, null);
    assert.equal(aims.noStarvation, null);
    assert.deepEqual(new Set(Object.values(judgeAims([], null))), new Set([null]));
  });
});

describe("its options", () => {
  it("have the whole run as default", () => {
    const { sizes, rounds, idleMs, modes, contention } = parseSyncOptions([]);
    assert.deepEqual(
      { sizes, rounds, idleMs, contention, modes: modes.length },
      {
        sizes: [100, 10_000, 100_000],
        rounds: 20,
        idleMs: 60_000,
        contention: true,
        modes: 6,
      },
    );
  });

  it("say what would be right", () => {
    for (const argv of [
      ["--sizes", "5"],
      ["--rounds", "many"],
      ["--modes", "rsync"],
      ["--modes", ""],
      ["--fast"],
    ])
      assert.throws(() => parseSyncOptions(argv), /Nothing was started/);
  });
});
