import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { taskKey } from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { createBareRemote, createSeededRandom, withTempDir } from "@nightdesk/testkit";
import { FAILPOINTS } from "@nightdesk/vault-sync";
import { countChaos } from "../src/chaos/count-chaos.ts";
import { planKills } from "../src/chaos/kill-plan.ts";
import { WORK_LOG } from "../src/chaos/places.ts";
import { runChaos } from "../src/chaos/run-chaos.ts";
import { makeMachine } from "../src/race/make-machine.ts";
import { taskFile } from "../src/sample-notes.ts";

test(
  "killed at every named place and in between, two machines lose nothing, do nothing twice and come to rest",
  { timeout: 150_000, skip: process.platform === "linux" ? false : "finds git's processes in /proc" },
  () =>
    withTempDir(async (folder) => {
      const result = await runChaos({ kills: 16, folder, random: createSeededRandom(20261121) });
      assert.deepEqual([result.doubles, result.lost, result.stuck], [[], [], []], `kept in ${folder}`);
      assert.deepEqual(result.strays, ["Company_Handbook.md"]);
      assert.equal(result.kills, 16);
      for (const point of FAILPOINTS) assert.ok((result.points[point] ?? 0) >= 1, `${point} was not hit`);
    }),
);

test("two hundred kills hit every named place at least five times", () => {
  const plan = planKills(200);
  assert.equal(plan.length, 200);
  for (const point of FAILPOINTS) assert.ok(plan.filter(({ name }) => name === point).length >= 5, point);
  for (const name of new Set(plan.map((kill) => kill.name))) {
    assert.ok(plan.filter((kill) => kill.name === name).length >= 5, name);
  }
});

test("the count finds what was worked on twice, what came back after its effect, what is lost and what hangs", () =>
  withTempDir(async (folder) => {
    const remote = await createBareRemote({ path: join(folder, "remote.git") });
    const cloud = await makeMachine(folder, "cloud", remote.path);
    const local = await makeMachine(folder, "local", remote.path);
    const [first = "", second = "", third = ""] = [1, 2, 3].map((n) => taskKey(taskFile(n)) ?? "");
    for (const { vault } of [cloud, local]) {
      await mkdir(join(vault, "Done/2026-11"), { recursive: true });
      await writeFile(join(vault, "Done/2026-11", taskFile(1)), "one");
    }
    await mkdir(join(local.vault, "Approved"));
    await writeFile(join(local.vault, "Approved", taskFile(1)), "one");
    await writeFile(join(local.vault, "Approved", taskFile(2)), "two");
    const write = (state: string, what: string, key: string) =>
      openAppendLog(join(state, WORK_LOG)).append({ what, key });
    await write(cloud.state, "handled", first);
    await write(local.state, "handled", first);
    await write(local.state, "effect", second);
    await write(local.state, "effect-again", second);
    await write(local.state, "effect", second);
    const count = await countChaos(remote, [cloud, local], [first, second, third]);
    assert.deepEqual(count.doubles, [
      `${first} was worked on by cloud and by local`,
      `${second} was approved again after its effect`,
      `${second} had its effect twice`,
      `${first} stands twice in the vault of local`,
    ]);
    // Nothing was ever pushed here.
    for (const key of [first, second, third])
      assert.ok(count.lost.includes(`${key} stood nowhere in some commit`));
    assert.ok(count.lost.includes(`${second} is not in both vaults`));
    assert.ok(count.stuck.includes(`${second} is not done on local`));
    assert.ok(count.stuck.includes("the two vaults differ"));
  }));
