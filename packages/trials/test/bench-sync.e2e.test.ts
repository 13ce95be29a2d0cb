import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { hasSshd, isDescendant, readProcesses, waitFor } from "@nightdesk/testkit";

const MAIN = join(import.meta.dirname, "../src/bench/main.ts");
const skip = (await hasSshd()) ? false : "no sshd on this machine (Debian: openssh-server)";

function startBench(args: readonly string[]) {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, "close").then(([code]) => code as number | null);
  return { pid: child.pid ?? 0, child, ended, output: () => output };
}

async function leftFolders(pid: number): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith(`nightdesk-${pid}-`));
}

describe("npm run bench -- sync", { skip, timeout: 120_000 }, () => {
  it("measures real renames between real machines, and leaves nothing behind", async () => {
    const small = ["--sizes", "100", "--rounds", "2", "--idle-seconds", "1", "--no-contention"];
    const bench = startBench(["sync", ...small, "--modes", "announced,git"]);
    assert.equal(await bench.ended, 0, bench.output());
    const lines = bench.output().trimEnd().split("\n");
    const result = JSON.parse(lines.at(-1) ?? "");
    assert.deepEqual(result.sizes, [100]);
    assert.deepEqual(Object.keys(result.modes).sort(), ["announced", "git"]);
    for (const mode of ["announced", "git"]) {
      const { rounds, missed, p50Ms, p95Ms, worstMs, firstAfterIdleMs } = result.modes[mode]["100"];
      assert.deepEqual({ rounds, missed }, { rounds: 2, missed: 0 });
      // No rename crosses two ssh connections in a millisecond.
      assert.ok(p50Ms > 1 && p50Ms <= p95Ms && p95Ms <= worstMs && firstAfterIdleMs > 1, lines.at(-1));
      // The round-by-round line shows the very figures the median was taken from.
      assert.match(bench.output(), new RegExp(`${mode} (${Math.round(p50Ms)}|${Math.round(worstMs)}) ms`));
    }
    const { A, B, server } = result.idle.announced["100"];
    for (const side of [A, B, server])
      assert.ok(side.cpuMs >= 0 && side.main.rssMb > 1, JSON.stringify(side));
    for (const side of [A, B]) assert.ok(side.main.rssMb > 20 && side.main.rssMb <= side.main.peakMb);
    assert.equal(typeof result.aims.announcedP50Under1s, "boolean");
    assert.equal(result.aims.aheadOfSyncthing, null);
    assert.equal(result.aims.rssUnder90MbAt100000, null);
    assert.ok(result.notRun.some((words: string) => words.includes("Syncthing")));
    assert.match(bench.output(), /x git/);
    assert.deepEqual(await leftFolders(bench.pid), []);
  });

  it("cleans up after Ctrl-C: no folder, no daemon, no sshd", async () => {
    const bench = startBench(["sync", "--sizes", "100", "--modes", "announced,git", "--json"]);
    const descendants = async () => {
      const rows = await readProcesses();
      return [...rows.keys()].filter((pid) => isDescendant(rows, pid, bench.pid));
    };
    const running = await waitFor(
      async () => {
        const pids = await descendants();
        return pids.length >= 8 ? pids : null;
      },
      { what: "the daemons and the servers to run", timeoutMs: 60_000, describe: bench.output },
    );
    bench.child.kill("SIGINT");
    assert.equal(await bench.ended, 130, bench.output());
    await waitFor(
      async () => {
        const rows = await readProcesses();
        return running.every((pid) => !rows.has(pid) || rows.get(pid)?.state === "Z");
      },
      { what: "every process to be gone", timeoutMs: 10_000 },
    );
    assert.deepEqual(await leftFolders(bench.pid), []);
  });

  it("says which benches there are", async () => {
    const bench = startBench(["speed"]);
    assert.equal(await bench.ended, 2);
    assert.match(bench.output(), /There is: sync/);
  });
});
