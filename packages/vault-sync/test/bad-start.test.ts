import assert from "node:assert/strict";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createBareRemote, createTempDir, runGit, waitFor, type BareRemote } from "@nightdesk/testkit";
import { startDaemon } from "./support/daemon.ts";
import { makeMachine, type Machine } from "./support/replicas.ts";

/** `/tmp/x` with a remote and a machine in it. */
async function withMachine(work: (machine: Machine, remote: BareRemote, folder: string) => Promise<void>) {
  const dir = await createTempDir("bad-start");
  const remote = await createBareRemote();
  try {
    await work(await makeMachine(dir.path, "local", remote), remote, dir.path);
  } finally {
    await remote.remove();
    await dir.remove();
  }
}

/** A start that must fail: the code it ends with, its words, and what the dashboard is told. */
async function startIn(machine: Machine, remote: Pick<BareRemote, "path">, env: Record<string, string> = {}) {
  const daemon = startDaemon(machine, remote as BareRemote, { env });
  const code = await daemon.ended;
  const status = await readFile(join(machine.state, "sync-status.json"), "utf8").catch(() => "null");
  return {
    code,
    output: daemon.output(),
    status: JSON.parse(status) as { state: string; message: string } | null,
  };
}

async function fakeProgram(folder: string, name: string, script: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
  return folder;
}

describe("what cannot work is refused at the start, with the sentence that helps", () => {
  it("no git on this machine", () =>
    withMachine(async (machine, remote, folder) => {
      const { code, output, status } = await startIn(machine, remote, { PATH: join(folder, "empty") });
      assert.equal(code, 1);
      assert.match(output, /GIT_MISSING.*Install git \(2\.34 or newer\)/);
      assert.equal(status?.state, "stopped");
      assert.match(status.message, /No git program was found/);
    }));

  it("a git that is too old", () =>
    withMachine(async (machine, remote, folder) => {
      const path = await fakeProgram(join(folder, "bin"), "git", "echo git version 2.30.2");
      const { code, output, status } = await startIn(machine, remote, { PATH: path });
      assert.equal(code, 1);
      assert.match(output, /GIT_TOO_OLD.*git version 2\.30\.2; git 2\.34 or newer is needed/);
      assert.equal(status?.state, "stopped");
    }));

  it("a vault that is a git repository", () =>
    withMachine(async (machine, remote) => {
      await runGit(["init", "--quiet", machine.vault], machine.vault);
      const { code, output, status } = await startIn(machine, remote);
      assert.equal(code, 1);
      assert.match(
        output,
        /VAULT_IS_REPOSITORY.*Move its \.git folder elsewhere, or choose another VAULT_PATH/,
      );
      assert.equal(status?.state, "stopped");
      await rm(join(machine.vault, ".git"), { recursive: true });
      const daemon = startDaemon(machine, remote, { args: ["--once"] });
      assert.equal(await daemon.ended, 0, daemon.output());
    }));

  it("a second vault-sync, on the same state folder or on the same vault with another one", () =>
    withMachine(async (machine, remote, folder) => {
      const first = startDaemon(machine, remote);
      try {
        await waitFor(() => first.output().includes("vault-sync.ready"), { what: "the first to be ready" });
        await waitFor(async () => (await readFile(join(machine.state, "sync-status.json"), "utf8")) !== "", {
          what: "its status",
        });
        const same = await startIn(machine, remote);
        assert.equal(same.code, 1);
        assert.match(same.output, /LOCK_HELD/);
        assert.notEqual(same.status?.state, "stopped", "the running one's status is its own");
        const other = { ...(await makeMachine(folder, "local", remote, "other")), vault: machine.vault };
        const second = await startIn(other, remote);
        assert.equal(second.code, 1);
        assert.match(second.output, /VAULT_TAKEN.*already works on .*VAULT_PATH of its own/);
        assert.equal(second.status?.state, "stopped");
      } finally {
        assert.equal(await first.stop(), 0);
      }
    }));

  it("a vault that is not there, and a state folder without its key", () =>
    withMachine(async (machine, remote) => {
      const gone = await startIn({ ...machine, vault: `${machine.vault}-gone` }, remote);
      assert.equal(gone.code, 1);
      assert.match(gone.output, /VAULT_MISSING.*is its disk connected/);
      await rm(join(machine.state, "keys", "sync.pem"));
      const keyless = await startIn(machine, remote);
      assert.equal(keyless.code, 1);
      assert.match(keyless.output, /KEY_MISSING.*nightdesk init/);
    }));

  it("what the last run, or a backup, said of itself is taken back before anything else; a halt stays one", () =>
    withMachine(async (machine, remote, folder) => {
      // It never answers, so no round of this start ever ends.
      const path = await fakeProgram(
        join(folder, "bin"),
        "git",
        'case "$*" in *version*) echo git version 2.45.0;; *) exec /bin/sleep 3;; esac',
      );
      for (const [state, message] of [
        ["ok", "Sync has just started."],
        ["stopped", "Put back."],
      ] as const) {
        const file = join(machine.state, "sync-status.json");
        const old = { replica: "local", state, message: "Put back.", lastSyncAt: "2026-11-21T08:00:00.000Z" };
        const rest = { tip: null, peerLastCommitAt: null, pendingChanges: 0, refused: [] };
        await writeFile(file, JSON.stringify({ ...old, ...rest }));
        const daemon = startDaemon(machine, remote, { env: { PATH: path } });
        const told = await waitFor(
          async () => {
            const status = JSON.parse(await readFile(file, "utf8")) as typeof old;
            return status.lastSyncAt === null ? status : null;
          },
          { what: "the status to be taken back", timeoutMs: 30_000, describe: async () => daemon.output() },
        );
        daemon.process.kill("SIGKILL");
        await daemon.ended;
        assert.equal(told.state, state === "ok" ? "offline" : "stopped");
        assert.equal(told.message, message);
      }
    }));

  it("settings that name no remote that can be used: code 78, after which nothing tries again", () =>
    withMachine(async (machine) => {
      for (const path of [
        "ext::sh -c true",
        "http://host/x.git",
        "ssh://-oProxyCommand=x/y.git",
        "vault.git",
      ]) {
        const { code, output } = await startIn(machine, { path });
        assert.equal(code, 78, path);
        assert.match(
          output,
          /GIT_REMOTE is not an address that can be used safely, for example GIT_REMOTE=ssh:/,
        );
      }
    }));
});
