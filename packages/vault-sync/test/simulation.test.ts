import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FOLDERS, taskKey, type Role } from "@nightdesk/claim-lib";
import fc from "fast-check";
import { Snapshot } from "../src/snapshot.ts";
import { listTree } from "./support/list-tree.ts";
import { createMemoryWorld, type MemoryWorld } from "./support/memory-world.ts";
import { fileOf, mailNote, replyNote } from "./support/notes.ts";

const TASKS = [1, 2];

/** What agents and the owner do; each looks at its own disk only. */
const STEPS = {
  arrive: (world: SimWorld, n: number) =>
    create(world, "cloud", `Needs_Action/cloud-email/${fileOf(n)}`, mailNote(n)),
  cloudClaims: (world: SimWorld, n: number) =>
    move(world, "cloud", n, ["Needs_Action/cloud-email"], "In_Progress/cloud"),
  localClaims: (world: SimWorld, n: number) =>
    move(world, "local", n, ["Needs_Action/cloud-email"], "In_Progress/local"),
  cloudDrafts: (world: SimWorld, n: number) => write(world, "cloud", n, "In_Progress/cloud", replyNote(n)),
  cloudProposes: async (world: SimWorld, n: number) => {
    if (world.machines.cloud.disk.text(`In_Progress/cloud/${fileOf(n)}`) !== replyNote(n)) return;
    await move(world, "cloud", n, ["In_Progress/cloud"], "Pending_Approval/email");
  },
  /** Mail to draft without a stop, as on a quiet day. */
  cloudWorks: async (world: SimWorld, n: number) => {
    await STEPS.arrive(world, n);
    await STEPS.cloudClaims(world, n);
    await STEPS.cloudDrafts(world, n);
    await STEPS.cloudProposes(world, n);
  },
  cloudEnds: (world: SimWorld, n: number) => move(world, "cloud", n, ["In_Progress/cloud"], "Done/2026-11"),
  ownerEdits: (world: SimWorld, n: number) => {
    world.edits[n] = (world.edits[n] ?? 0) + 1;
    return write(world, "local", n, "Pending_Approval/email", wordsOf(n, world.edits[n] ?? 0));
  },
  ownerApproves: (world: SimWorld, n: number) =>
    move(world, "local", n, ["Pending_Approval/email"], "Approved"),
  ownerRejects: (world: SimWorld, n: number) =>
    move(world, "local", n, ["Pending_Approval/email", "Needs_Action/cloud-email"], "Rejected"),
  localExecutes: (world: SimWorld, n: number) => move(world, "local", n, ["Approved"], "In_Progress/local"),
  localEnds: (world: SimWorld, n: number) => move(world, "local", n, ["In_Progress/local"], "Done/2026-11"),
} as const;

interface SimWorld extends MemoryWorld {
  /** How often the owner has edited each draft. */
  edits: Record<number, number>;
}

/** What the owner writes into a draft: other words each time. */
function wordsOf(n: number, edit: number): string {
  return replyNote(n, {}, `In my words, task ${n}, edit ${edit}.`);
}

async function textsOf(world: MemoryWorld, role: Role): Promise<(string | null)[]> {
  return (await everywhere(world, role)).map((path) => world.machines[role].disk.text(path));
}

async function create(world: MemoryWorld, role: Role, path: string, text: string): Promise<void> {
  const seen = await everywhere(world, role);
  if (!seen.some((known) => taskKey(known) === taskKey(path))) world.machines[role].disk.put(path, text);
}

async function move(world: MemoryWorld, role: Role, n: number, from: string[], to: string): Promise<void> {
  for (const folder of from) world.machines[role].disk.rename(`${folder}/${fileOf(n)}`, `${to}/${fileOf(n)}`);
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
const anyTrouble = fc.record({
  call: fc.constantFrom(...Array.from({ length: 20 }, (_, i) => i + 1)),
  after: fc.boolean(),
  step: fc.option(anyStep, { freq: 3 }),
});
/** Some work on either side, then one round of one of them: whole, cut short, or with somebody at work in it. */
const anyPhase = fc.record({
  steps: fc.array(anyStep, { maxLength: 6, size: "max" }),
  role: fc.constantFrom<Role>("cloud", "local"),
  trouble: fc.option(anyTrouble, { freq: 3 }),
});
const anyRun = fc.array(anyPhase, { minLength: 4, maxLength: 14, size: "max" });

describe("any work on both machines, with the power going, or somebody working, at any call", () => {
  it("ends with both vaults the same, every task in one place, and no word of the owner's lost", async () => {
    await fc.assert(
      fc.asyncProperty(anyRun, async (run) => {
        const world: SimWorld = { ...createMemoryWorld(), edits: {} };
        const arrived = new Set<string>();
        /** The owner's newest words in each draft. */
        const words = new Map<number, string>();
        const take = async (step: { what: keyof typeof STEPS; n: number }) => {
          await STEPS[step.what](world, step.n);
          const texts = await textsOf(world, "local");
          const newest = wordsOf(step.n, world.edits[step.n] ?? 0);
          if (texts.includes(newest)) words.set(step.n, newest);
          for (const path of await everywhere(world, "cloud")) arrived.add(taskKey(path) ?? "");
        };
        for (const { steps, role, trouble } of run) {
          for (const step of steps) await take(step);
          if (trouble === null) await world.sync(role);
          else {
            const { call, after, step } = trouble;
            await world.sync(role, step ? { call, after, work: () => take(step) } : { call, after });
          }
          await checkPresented(world);
        }
        for (let i = 0; i < 3; i += 1) {
          for (const role of ["local", "cloud"] as const) assert.ok(await world.sync(role));
        }
        await checkEnd(world, arrived, words);
        await checkHistory(world);
      }),
      { numRuns: 200, endOnFailure: false },
    );
  });
});

async function checkEnd(world: SimWorld, arrived: Set<string>, words: Map<number, string>): Promise<void> {
  const files = await everywhere(world, "local");
  assert.deepEqual(await everywhere(world, "cloud"), files);
  const { local, cloud } = world.machines;
  for (const path of files) assert.equal(cloud.disk.text(path), local.disk.text(path), path);
  const keys = files.map(taskKey).filter((key) => key !== null);
  assert.equal(new Set(keys).size, keys.length, `a task stands twice: ${files.join(", ")}`);
  for (const key of arrived) if (key !== "") assert.ok(keys.includes(key), `${key} is lost`);
  const texts = files.map((path) => local.disk.text(path));
  for (const [n, text] of words) assert.ok(texts.includes(text), `the owner's words in ${n} are lost`);
  for (const path of files.filter((one) => one.includes("(other text "))) {
    assert.doesNotMatch(
      local.disk.text(path) ?? "",
      /In my words/,
      "the owner's words lost against nobody's",
    );
  }
}

/** Every draft that lies before the owner was recorded as put there. */
async function checkPresented(world: SimWorld): Promise<void> {
  const presented = new Set(world.machines.local.presented.map(({ id, rev }) => `${id}-r${rev}`));
  for (const path of await everywhere(world, "local")) {
    if (path.startsWith("Pending_Approval/"))
      assert.ok(presented.has(taskKey(path) ?? ""), `${path} was not recorded`);
  }
}

/** At no commit is a task in two places, and no claim that was published goes over to the other side. */
async function checkHistory(world: SimWorld): Promise<void> {
  const owners = new Map<string, string>();
  for (const tip of world.tips) {
    const files = await listTree(new Snapshot(world.store, (await world.store.readCommit(tip)).tree));
    const tasks = [...files.keys()].filter((path) => taskKey(path) !== null);
    assert.equal(
      new Set(tasks.map(taskKey)).size,
      tasks.length,
      `a task stands twice in ${tip}: ${tasks.join(", ")}`,
    );
    for (const path of tasks) {
      const [top, agent = ""] = path.split("/");
      const key = taskKey(path) ?? "";
      const before = owners.get(key);
      if (top !== "In_Progress") owners.delete(key);
      else {
        assert.ok(before === undefined || before === agent, `${key} went from ${before ?? ""} to ${agent}`);
        owners.set(key, agent);
      }
    }
  }
}
