import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FOLDERS, taskKey, type Role } from "@nightdesk/claim-lib";
import fc from "fast-check";
import { loadSnapshot } from "../src/snapshot.ts";
import { createMemoryWorld, type MemoryWorld } from "./support/memory-world.ts";
import { fileOf, mailNote, replyNote } from "./support/notes.ts";

const TASKS = [1, 2];

/** What agents and the owner do; each looks at its own disk only. */
const STEPS = {
  arrive: (world: MemoryWorld, n: number) =>
    create(world, "cloud", `Needs_Action/cloud-email/${fileOf(n)}`, mailNote(n)),
  cloudClaims: (world: MemoryWorld, n: number) =>
    move(world, "cloud", n, ["Needs_Action/cloud-email"], "In_Progress/cloud"),
  localClaims: (world: MemoryWorld, n: number) =>
    move(world, "local", n, ["Needs_Action/cloud-email"], "In_Progress/local"),
  cloudDrafts: (world: MemoryWorld, n: number) => write(world, "cloud", n, "In_Progress/cloud", replyNote(n)),
  cloudProposes: async (world: MemoryWorld, n: number) => {
    if (world.machines.cloud.disk.text(`In_Progress/cloud/${fileOf(n)}`) !== replyNote(n)) return;
    await move(world, "cloud", n, ["In_Progress/cloud"], "Pending_Approval/email");
  },
  cloudEnds: (world: MemoryWorld, n: number) =>
    move(world, "cloud", n, ["In_Progress/cloud"], "Done/2026-11"),
  ownerEdits: (world: MemoryWorld, n: number) =>
    write(world, "local", n, "Pending_Approval/email", wordsOf(n)),
  ownerApproves: (world: MemoryWorld, n: number) =>
    move(world, "local", n, ["Pending_Approval/email"], "Approved"),
  ownerRejects: (world: MemoryWorld, n: number) =>
    move(world, "local", n, ["Pending_Approval/email", "Needs_Action/cloud-email"], "Rejected"),
  localExecutes: (world: MemoryWorld, n: number) =>
    move(world, "local", n, ["Approved"], "In_Progress/local"),
  localEnds: (world: MemoryWorld, n: number) =>
    move(world, "local", n, ["In_Progress/local"], "Done/2026-11"),
} as const;

/** What the owner writes into a draft. */
function wordsOf(n: number): string {
  return replyNote(n, {}, `In my words, ${n}.`);
}

async function textsOf(world: MemoryWorld, role: Role): Promise<(string | null)[]> {
  return (await everywhere(world, role)).map((path) => world.machines[role].disk.text(path));
}

async function create(world: MemoryWorld, role: Role, path: string, text: string): Promise<void> {
  const seen = await everywhere(world, role);
  if (!seen.some((known) => taskKey(known) === taskKey(path))) world.machines[role].disk.put(path, text);
}

async function move(world: MemoryWorld, role: Role, n: number, from: string[], to: string): Promise<void> {
  for (const folder of from)
    await world.machines[role].disk.move(`${folder}/${fileOf(n)}`, `${to}/${fileOf(n)}`);
}

async function write(world: MemoryWorld, role: Role, n: number, folder: string, text: string): Promise<void> {
  const path = `${folder}/${fileOf(n)}`;
  if (world.machines[role].disk.text(path) !== null) world.machines[role].disk.put(path, text);
}

async function everywhere(world: MemoryWorld, role: Role): Promise<string[]> {
  const { disk } = world.machines[role];
  const found: string[] = [];
  const visit = async (folder: string) => {
    const listing = await disk.list(folder);
    for (const { name } of listing?.files ?? []) found.push(folder === "" ? name : `${folder}/${name}`);
    for (const name of listing?.folders ?? []) await visit(folder === "" ? name : `${folder}/${name}`);
  };
  await visit("");
  return found.filter((path) => !path.startsWith(`${FOLDERS.logs}/`)).sort();
}

const anyStep = fc.record({
  what: fc.constantFrom(...(Object.keys(STEPS) as (keyof typeof STEPS)[])),
  n: fc.constantFrom(...TASKS),
});
/** Rounds make at most about 20 calls that leave a trace. */
const anyCut = fc.record({
  call: fc.constantFrom(...Array.from({ length: 20 }, (_, i) => i + 1)),
  after: fc.boolean(),
});
/** Some work on either side, then one round of one of them, whole or cut short. */
const anyPhase = fc.record({
  steps: fc.array(anyStep, { maxLength: 6, size: "max" }),
  role: fc.constantFrom<Role>("cloud", "local"),
  cut: fc.option(anyCut, { freq: 3 }),
});
const anyRun = fc.array(anyPhase, { minLength: 4, maxLength: 14, size: "max" });

describe("any work on both machines, with the power going at any call", () => {
  it("ends with both vaults the same, every task in one place, and no word of the owner's lost", async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async (run) => {
        const world = createMemoryWorld();
        const arrived = new Set<string>();
        const written = new Set<number>();
        for (const { steps, role, cut } of run) {
          for (const step of steps) await STEPS[step.what](world, step.n);
          for (const n of TASKS) if ((await textsOf(world, "local")).includes(wordsOf(n))) written.add(n);
          for (const path of await everywhere(world, "cloud")) arrived.add(taskKey(path) ?? "");
          await world.sync(role, cut ?? undefined);
        }
        for (let i = 0; i < 3; i += 1)
          for (const role of ["local", "cloud"] as const) assert.ok(await world.sync(role));
        await checkEnd(world, arrived);
        const texts = await textsOf(world, "local");
        for (const n of written) assert.ok(texts.includes(wordsOf(n)), `the owner's words in ${n} are lost`);
        await checkHistory(world);
      }),
      { numRuns: 300, endOnFailure: false },
    );
  });
});

async function checkEnd(world: MemoryWorld, arrived: Set<string>): Promise<void> {
  const files = await everywhere(world, "local");
  assert.deepEqual(await everywhere(world, "cloud"), files);
  for (const path of files)
    assert.equal(world.machines.cloud.disk.text(path), world.machines.local.disk.text(path), path);
  const keys = files.map(taskKey).filter((key) => key !== null);
  assert.equal(new Set(keys).size, keys.length, `a task stands twice: ${files.join(", ")}`);
  for (const key of arrived) if (key !== "") assert.ok(keys.includes(key), `${key} is lost`);
  for (const { path, sha256 } of world.machines.local.presented)
    assert.ok(path.startsWith("Pending_Approval/") && sha256.length === 64);
}

/** At no commit is a task in two places, and what waits for approval or beyond was put before the owner first. */
async function checkHistory(world: MemoryWorld): Promise<void> {
  const presented = new Set(world.machines.local.presented.map(({ id, rev }) => `${id}-r${rev}`));
  for (const tip of world.tips) {
    const { index } = await loadSnapshot(world.store, (await world.store.readCommit(tip)).tree);
    const tasks = [...index.tree.keys()].filter((path) => taskKey(path) !== null);
    assert.equal(
      new Set(tasks.map(taskKey)).size,
      tasks.length,
      `a task stands twice in ${tip}: ${tasks.join(", ")}`,
    );
    for (const path of tasks.filter((one) => one.startsWith("Approved/")))
      assert.ok(presented.has(taskKey(path) ?? ""), path);
  }
}
