import assert from "node:assert/strict";
import { cp } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { taskKey, type Role } from "@nightdesk/claim-lib";
import { createBareRemote, createTempDir, type BareRemote, type TempDir } from "@nightdesk/testkit";
import { FAILPOINTS, type Failpoint, type FailpointName } from "../src/ports.ts";
import { fileOf, mailNote, replyNote } from "./support/notes.ts";
import {
  listVault,
  machineAt,
  makeMachine,
  moveNote,
  openMachine,
  putNote,
  type Machine,
} from "./support/replicas.ts";

class PowerCut extends Error {}

/** Ends everything at the n-th time a point is reached. */
function cutAt(point: FailpointName, nth: number): Failpoint {
  let count = 0;
  return {
    hit(name) {
      if (name === point) count += 1;
      return name === point && count === nth ? Promise.reject(new PowerCut(name)) : Promise.resolve();
    },
  };
}

/** The cloud runs the same code; it presents nothing. */
const CLOUD_POINTS = ["after:applying-recorded", "after:base", "after:push"] as const;
const NEW = (n: number) => `Needs_Action/cloud-email/${fileOf(n)}`;
const CLOUD = (n: number) => `In_Progress/cloud/${fileOf(n)}`;
const PENDING = (n: number) => `Pending_Approval/email/${fileOf(n)}`;
const DONE = (n: number) => `Done/2026-11/${fileOf(n)}`;

describe("the power goes", () => {
  let dir: TempDir;
  let remote: BareRemote;
  let machines: Record<Role, Machine>;
  let world = 0;

  before(async () => {
    dir = await createTempDir("crash");
    await makeTemplate();
  });
  after(() => dir.remove());

  async function sync(role: Role, failpoint?: Failpoint): Promise<boolean> {
    const opened = await openMachine(machines[role], undefined, failpoint);
    try {
      await opened.sync();
      return true;
    } catch (error) {
      if (error instanceof PowerCut) return false;
      throw error;
    } finally {
      await opened.close();
    }
  }

  /** Made once and copied: four free tasks, known to both. */
  async function makeTemplate(): Promise<void> {
    const root = `${dir.path}/template`;
    remote = await createBareRemote({ path: `${root}/remote.git` });
    await makeMachine(root, "cloud", remote);
    await makeMachine(root, "local", remote);
    machines = { cloud: machineAt(root, "cloud", remote), local: machineAt(root, "local", remote) };
    await putNote(machines.local, "Company_Handbook.md", "# Handbook\n");
    await sync("local");
    for (const n of [1, 2, 3, 4]) await putNote(machines.cloud, NEW(n), mailNote(n));
    await sync("cloud");
    await sync("local");
  }

  async function makeWorld(): Promise<void> {
    world += 1;
    const root = `${dir.path}/${world}`;
    await cp(`${dir.path}/template`, root, { recursive: true, preserveTimestamps: true });
    remote = { ...remote, path: `${root}/remote.git` };
    machines = { cloud: machineAt(root, "cloud", remote), local: machineAt(root, "local", remote) };
  }

  for (const role of ["cloud", "local"] as const) {
    for (const point of role === "local" ? FAILPOINTS : CLOUD_POINTS) {
      it(`${point} on the ${role}: the next start goes on, nothing is lost, doubled or told twice`, async () => {
        await makeWorld();
        const { cloud, local } = machines;
        await moveNote(cloud, NEW(1), CLOUD(1));
        await putNote(cloud, CLOUD(1), replyNote(1));
        await moveNote(cloud, CLOUD(1), PENDING(1));
        await moveNote(cloud, NEW(2), CLOUD(2));
        await moveNote(local, NEW(3), DONE(3));
        await putNote(local, "Company_Handbook.md", "# Handbook, second edition\n");
        if (role === "cloud") await sync("local");
        else await sync("cloud");
        const wasCut = !(await sync(role, cutAt(point, 1)));
        assert.ok(wasCut, "the point was never reached");
        // The other side goes on meanwhile.
        const other = role === "cloud" ? "local" : "cloud";
        await sync(other);
        if (role === "local") await moveNote(cloud, CLOUD(2), DONE(2));
        await sync(other);
        for (const side of [role, other, role, other] as const) assert.ok(await sync(side));

        const files = await listVault(local);
        assert.deepEqual(await listVault(cloud), files);
        const keys = files.map(taskKey).filter((key) => key !== null);
        assert.deepEqual(
          keys.toSorted(),
          [1, 2, 3, 4].map((n) => taskKey(fileOf(n))),
        );
        assert.deepEqual(
          files.filter((path) => path.includes("other text")),
          [],
        );
        const expected = [
          NEW(4),
          PENDING(1),
          DONE(3),
          role === "local" ? DONE(2) : CLOUD(2),
          "Company_Handbook.md",
        ];
        assert.deepEqual(files, expected.toSorted());
      });
    }
  }
});
