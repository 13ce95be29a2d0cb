import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { NightdeskError, taskKey } from "@nightdesk/claim-lib";
import {
  createBareRemote,
  createSeededRandom,
  createTempDir,
  type BareRemote,
  type TempDir,
} from "@nightdesk/testkit";
import { MAX_YIELD_MS } from "../src/take-turns.ts";
import { fileOf, mailNote } from "./support/notes.ts";
import { listVault, makeMachine, moveNote, openMachine, putNote, type Opened } from "./support/replicas.ts";

const TASKS = 24;
const NEW = (n: number) => `Needs_Action/cloud-email/${fileOf(n)}`;

describe("two machines claim the same tasks at the same time", () => {
  let dir: TempDir;
  let remote: BareRemote;
  let cloud: Opened;
  let local: Opened;

  before(async () => {
    dir = await createTempDir("race");
    remote = await createBareRemote();
    local = await openMachine(await makeMachine(dir.path, "local", remote));
    cloud = await openMachine(await makeMachine(dir.path, "cloud", remote));
    for (let n = 1; n <= TASKS; n += 1) await putNote(local.machine, NEW(n), mailNote(n));
    await local.sync();
    await cloud.sync();
  });
  after(async () => {
    await local.close();
    await cloud.close();
    await remote.remove();
    await dir.remove();
  });

  it("each task has one owner over the whole history, and both vaults end the same", async () => {
    const random = createSeededRandom(20261121);
    // The tasks in an order of its own, as the agents do: each of its turns takes the next three it still sees.
    const plan = (side: Opened) => ({
      side,
      order: Array.from({ length: TASKS }, (_, i) => i + 1).toSorted(() => random.fraction() - 0.5),
    });
    const claimers = [plan(cloud), plan(local)];
    while (claimers.some(({ order }) => order.length > 0)) {
      for (const { side, order } of claimers) {
        for (const n of order.splice(0, 3)) {
          // Seen as gone: the other side was faster, and this one leaves it alone.
          await moveNote(side.machine, NEW(n), `In_Progress/${side.machine.role}/${fileOf(n)}`).catch(
            () => undefined,
          );
        }
      }
      await Promise.all(claimers.map(({ side }) => side.sync().catch(ignoreLostPush)));
    }
    // Claims may wait for their turn: each machine goes on as long as its own report says that something waits.
    for (let i = 0; i < 3; i += 1) for (const { side } of claimers) await syncToRest(side);

    const owners = new Map<string, Set<string>>();
    for (const commit of await remote.commits()) {
      const files = (await remote.git("ls-tree", "-r", "-z", "--name-only", commit)).split("\0");
      const tasks = files.filter((path) => taskKey(path) !== null);
      const keys = tasks.map((path) => taskKey(path) ?? "");
      assert.equal(new Set(keys).size, keys.length, `a task stands twice in ${commit}`);
      assert.equal(keys.length, TASKS, `a task is missing in ${commit}`);
      for (const path of tasks.filter((one) => one.startsWith("In_Progress/"))) {
        const key = taskKey(path) ?? "";
        owners.set(key, (owners.get(key) ?? new Set()).add(path.split("/")[1] ?? ""));
      }
    }
    assert.equal(owners.size, TASKS);
    for (const [key, names] of owners)
      assert.equal(names.size, 1, `${key} was owned by ${[...names].join(" and ")}`);
    const won = (role: string) => [...owners.values()].filter((names) => names.has(role)).length;
    assert.ok(won("cloud") > 0 && won("local") > 0, `cloud ${won("cloud")}, local ${won("local")}`);
    assert.deepEqual(await listVault(cloud.machine), await listVault(local.machine));
  });
});

async function syncToRest(side: Opened): Promise<void> {
  for (;;) {
    const { retryInMs } = await side.sync();
    if (retryInMs === null || retryInMs > MAX_YIELD_MS) return;
    await side.ports.clock.sleep(retryInMs);
  }
}

function ignoreLostPush(error: unknown): void {
  if (!NightdeskError.is(error, "PUSH_LOST")) throw error;
}
