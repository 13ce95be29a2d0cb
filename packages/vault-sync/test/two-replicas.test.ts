import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { publishedSchema, sha256Hex } from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { createBareRemote, createTempDir, type BareRemote, type TempDir } from "@nightdesk/testkit";
import { fileOf, mailNote, replyNote } from "./support/notes.ts";
import {
  listVault,
  makeMachine,
  moveNote,
  openMachine,
  putNote,
  readAudit,
  readNote,
  type Opened,
} from "./support/replicas.ts";

const HANDBOOK = "Company_Handbook.md";
const NEW = (n: number) => `Needs_Action/cloud-email/${fileOf(n)}`;
const CLOUD = (n: number) => `In_Progress/cloud/${fileOf(n)}`;
const LOCAL = (n: number) => `In_Progress/local/${fileOf(n)}`;
const PENDING = (n: number) => `Pending_Approval/email/${fileOf(n)}`;
const APPROVED = (n: number) => `Approved/${fileOf(n)}`;

describe("two replicas over a real remote", () => {
  let dir: TempDir;
  let remote: BareRemote;
  let cloud: Opened;
  let local: Opened;
  before(async () => {
    dir = await createTempDir("two");
    remote = await createBareRemote();
    local = await openMachine(await makeMachine(dir.path, "local", remote));
    cloud = await openMachine(await makeMachine(dir.path, "cloud", remote));
    await putNote(local.machine, HANDBOOK, "# Handbook\n");
    await local.sync();
    await cloud.sync();
  });
  after(async () => {
    await cloud.close();
    await local.close();
    await remote.remove();
    await dir.remove();
  });

  it("a task goes its whole way over both machines, and both vaults are the same at the end", async () => {
    await putNote(cloud.machine, NEW(1), mailNote(1));
    await cloud.sync();
    await local.sync();
    assert.equal(await readNote(local.machine, NEW(1)), mailNote(1));

    await moveNote(cloud.machine, NEW(1), CLOUD(1));
    await cloud.sync();
    const published = publishedSchema.parse(
      JSON.parse(await readFile(join(cloud.machine.state, "published.json"), "utf8")),
    );
    assert.deepEqual(published.paths, [CLOUD(1)]);
    assert.equal(published.tip, await remote.tip());

    await putNote(cloud.machine, CLOUD(1), replyNote(1));
    await moveNote(cloud.machine, CLOUD(1), PENDING(1));
    await cloud.sync();
    await local.sync();
    assert.deepEqual(await listVault(local.machine), [HANDBOOK, PENDING(1)]);
    const [presented] = await openAppendLog(join(local.machine.state, "presented.jsonl")).readAll();
    assert.equal(presented?.["sha256"], sha256Hex(replyNote(1)));
    assert.deepEqual(presented?.["targets"], { to: ["ann@example.com"], cc: [] });

    await moveNote(local.machine, PENDING(1), APPROVED(1));
    await moveNote(local.machine, APPROVED(1), `Done/2026-11/${fileOf(1)}`);
    await local.sync();
    await cloud.sync();
    assert.deepEqual(await listVault(cloud.machine), [HANDBOOK, `Done/2026-11/${fileOf(1)}`]);
    assert.deepEqual(await listVault(local.machine), await listVault(cloud.machine));
  });

  it("when both claim one task, the first on the remote has it, and the other's claim is undone", async () => {
    await putNote(cloud.machine, NEW(2), mailNote(2));
    await cloud.sync();
    await local.sync();
    await moveNote(cloud.machine, NEW(2), CLOUD(2));
    await moveNote(local.machine, NEW(2), LOCAL(2));
    await cloud.sync();
    await local.sync();
    await cloud.sync();
    for (const side of [cloud, local]) {
      const files = (await listVault(side.machine)).filter((path) => path.endsWith(fileOf(2)));
      assert.deepEqual(files, [CLOUD(2)], side.machine.role);
    }
  });

  it("a forged approval is refused, taken back and told once", async () => {
    const { pushAs } = await import("./support/attacker.ts");
    const forged = await pushAs(cloud.machine, remote, { [APPROVED(3)]: replyNote(3) });
    await local.sync();
    await local.sync();
    assert.equal(await readNote(local.machine, APPROVED(3)), null);
    assert.equal((await remote.listFiles()).includes(APPROVED(3)), false);
    const told = (await readAudit(local.machine)).filter(
      (record) => record["action_type"] === "sync_change_refused",
    );
    assert.deepEqual(
      told.map((record) => [record["target"], (record["parameters"] as { commit: string }).commit]),
      [[APPROVED(3), forged]],
    );
    await cloud.sync();
    assert.deepEqual(await listVault(cloud.machine), await listVault(local.machine));
  });

  it("a changed recipient of a note the owner has before them is refused and taken back", async () => {
    const { pushAs } = await import("./support/attacker.ts");
    await putNote(cloud.machine, PENDING(4), replyNote(4));
    await cloud.sync();
    await local.sync();
    await pushAs(cloud.machine, remote, { [PENDING(4)]: replyNote(4, { to: ["mallory@attacker.example"] }) });
    const report = await local.sync();
    assert.match(report.refused?.at(-1)?.reason ?? "", /may not change files here/);
    assert.equal(await readNote(local.machine, PENDING(4)), replyNote(4));
    assert.equal((await remote.readFile(PENDING(4))).toString(), replyNote(4));
    await cloud.sync();
    assert.equal(await readNote(cloud.machine, PENDING(4)), replyNote(4));
  });
});
