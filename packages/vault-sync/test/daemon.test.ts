import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { createBareRemote, createTempDir, runGit, waitFor, type BareRemote } from "@nightdesk/testkit";
import { startDaemon, type Daemon } from "./support/daemon.ts";
import { fileOf, mailNote, replyNote } from "./support/notes.ts";
import { listVault, makeMachine, moveNote, putNote, readNote, type Machine } from "./support/replicas.ts";

const NEW = (n: number) => `Needs_Action/cloud-email/${fileOf(n)}`;
const CLOUD = (n: number) => `In_Progress/cloud/${fileOf(n)}`;
const PENDING = (n: number) => `Pending_Approval/email/${fileOf(n)}`;

const cleanUps: (() => Promise<unknown>)[] = [];
after(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

async function makeWorld(): Promise<{ remote: BareRemote; cloud: Machine; local: Machine }> {
  const dir = await createTempDir("daemon");
  const remote = await createBareRemote();
  cleanUps.push(dir.remove, remote.remove);
  const cloud = await makeMachine(dir.path, "cloud", remote);
  const local = await makeMachine(dir.path, "local", remote);
  await putNote(local, "Company_Handbook.md", "# Handbook\n");
  const seeding = startDaemon(local, remote, { args: ["--once"] });
  assert.equal(await seeding.ended, 0, seeding.output());
  return { remote, cloud, local };
}

function run(machine: Machine, remote: BareRemote, env: Record<string, string> = {}): Daemon {
  const daemon = startDaemon(machine, remote, { env });
  cleanUps.push(daemon.stop);
  return daemon;
}

const arrives = (machine: Machine, path: string, text: string, daemons: Daemon[] = []) =>
  waitFor(async () => (await readNote(machine, path)) === text, {
    what: `${path} on the ${machine.role}`,
    timeoutMs: 15_000,
    describe: () => daemons.map((daemon) => daemon.output()).join("\n---\n"),
  });

describe("vault-sync as a program", () => {
  it("two of them carry a note both ways within seconds, and end cleanly when asked", async () => {
    const { remote, cloud, local } = await makeWorld();
    const daemons = [run(cloud, remote), run(local, remote)];
    await arrives(cloud, "Company_Handbook.md", "# Handbook\n", daemons);
    await putNote(cloud, NEW(1), mailNote(1));
    await arrives(local, NEW(1), mailNote(1), daemons);
    await moveNote(cloud, NEW(1), CLOUD(1));
    await putNote(cloud, CLOUD(1), replyNote(1));
    await moveNote(cloud, CLOUD(1), PENDING(1));
    await arrives(local, PENDING(1), replyNote(1), daemons);
    const movedAtMs = performance.now();
    await moveNote(local, PENDING(1), `Approved/${fileOf(1)}`);
    await arrives(cloud, `Approved/${fileOf(1)}`, replyNote(1), daemons);
    assert.ok(performance.now() - movedAtMs < 10_000);
    assert.deepEqual(await listVault(cloud), await listVault(local));
    assert.deepEqual(await Promise.all(daemons.map((daemon) => daemon.stop())), [0, 0]);
  });

  it("a second one on the same vault does not start, nor one on a vault that is a repository", async () => {
    const { remote, local } = await makeWorld();
    const first = run(local, remote);
    await waitFor(() => first.output().includes("vault-sync.ready"), { what: "the first to be ready" });
    const second = startDaemon(local, remote);
    assert.equal(await second.ended, 1);
    assert.match(second.output(), /LOCK_HELD/);
    await first.stop();
    await runGit(["init", "--quiet", local.vault], local.vault);
    const third = startDaemon(local, remote);
    assert.equal(await third.ended, 1);
    assert.match(third.output(), /VAULT_IS_REPOSITORY/);
  });

  it("a missing setting stops the start with its name", async () => {
    const { remote, local } = await makeWorld();
    const daemon = startDaemon(local, remote, { env: { GIT_REMOTE: "ext::sh -c true" } });
    assert.equal(await daemon.ended, 78);
    assert.match(daemon.output(), /GIT_REMOTE/);
  });
});

describe("killed with SIGKILL", () => {
  it("in the middle of applying, and right after a push: after a restart nothing is lost or doubled", async () => {
    const { remote, cloud, local } = await makeWorld();
    const once = async (machine: Machine, point = "") => {
      const daemon = startDaemon(machine, remote, { args: ["--once"], env: { NIGHTDESK_FAILPOINT: point } });
      return { ended: await daemon.ended, output: daemon.output() };
    };
    for (const n of [1, 2]) await putNote(cloud, PENDING(n), replyNote(n));
    assert.equal((await once(cloud, "after:push")).ended, "SIGKILL");
    assert.equal((await once(local, "after:step")).ended, "SIGKILL");
    for (const machine of [cloud, local]) {
      const { ended, output } = await once(machine);
      assert.equal(ended, 0, output);
    }
    const expected = ["Company_Handbook.md", PENDING(1), PENDING(2)];
    assert.deepEqual(await listVault(local), expected);
    assert.deepEqual(await listVault(cloud), expected);
    assert.equal(await readNote(local, PENDING(1)), replyNote(1));
    assert.deepEqual(
      (await remote.listFiles()).filter((path) => !path.startsWith("Logs/")),
      expected,
    );
  });
});
