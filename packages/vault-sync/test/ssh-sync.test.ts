import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { syncStatusSchema, type SyncStatus } from "@nightdesk/claim-lib";
import { hasSshd, waitFor } from "@nightdesk/testkit";
import type { Daemon } from "./support/daemon.ts";
import { fileOf, mailNote } from "./support/notes.ts";
import { moveNote, putNote, readNote, type Machine } from "./support/replicas.ts";
import { createSshWorld, type SshWorld } from "./support/ssh-world.ts";

const skip = (await hasSshd()) ? false : "no sshd on this machine (Debian: openssh-server)";

const NEW = (n: number) => `Needs_Action/cloud-email/${fileOf(n)}`;
const CLOUD = (n: number) => `In_Progress/cloud/${fileOf(n)}`;

async function statusOf(machine: Machine): Promise<SyncStatus | null> {
  const text = await readFile(join(machine.state, "sync-status.json"), "utf8").catch(() => null);
  return text === null ? null : syncStatusSchema.parse(JSON.parse(text));
}

const arrives = (machine: Machine, path: string, text: string, daemons: Daemon[], timeoutMs = 15_000) =>
  waitFor(async () => (await readNote(machine, path)) === text, {
    what: `${path} on the ${machine.role}`,
    timeoutMs,
    describe: () => daemons.map((daemon) => daemon.output()).join("\n---\n"),
  });

const says = (daemon: Daemon, event: string, times = 1, timeoutMs = 15_000) =>
  waitFor(() => daemon.output().split(`"${event}"`).length > times, {
    what: `${event}, ${times} times`,
    timeoutMs,
    describe: () => daemon.output(),
  });

async function inWorld(work: (world: SshWorld) => Promise<void>): Promise<void> {
  const world = await createSshWorld();
  try {
    await work(world);
  } finally {
    await world.close();
  }
}

describe("over a real ssh server", { skip }, () => {
  it("a rename on one machine is announced to the other, and the status says how news come", () =>
    inWorld(async (world) => {
      const [cloud, local] = [await world.machine("cloud"), await world.machine("local")];
      const daemons = [world.run(cloud), world.run(local)];
      for (const daemon of daemons) await says(daemon, "announce.up");
      await putNote(cloud, NEW(1), mailNote(1));
      await arrives(local, NEW(1), mailNote(1), daemons);
      await moveNote(cloud, NEW(1), CLOUD(1));
      await arrives(local, CLOUD(1), mailNote(1), daemons);
      await moveNote(local, CLOUD(1), `Done/2026-11/${fileOf(1)}`);
      await arrives(cloud, `Done/2026-11/${fileOf(1)}`, mailNote(1), daemons);
      for (const machine of [cloud, local]) assert.equal((await statusOf(machine))?.remoteNews, "announced");
      assert.deepEqual(await Promise.all(daemons.map((daemon) => daemon.stop())), [0, 0]);
      await waitFor(async () => (await world.server.connections()) === 0, {
        what: "no connection to be left behind",
      });
    }));

  it("one machine over ssh and the other beside the repository hear each other as well", () =>
    inWorld(async (world) => {
      const [cloud, local] = [await world.machine("cloud"), await world.machine("local")];
      const daemons = [world.run(cloud, { url: world.bare.path }), world.run(local)];
      for (const daemon of daemons) await says(daemon, "announce.up");
      await putNote(cloud, NEW(1), mailNote(1));
      await arrives(local, NEW(1), mailNote(1), daemons);
      await putNote(local, "Company_Handbook.md", "# Rules\n");
      await arrives(cloud, "Company_Handbook.md", "# Rules\n", daemons);
    }));

  it("a server that went away and came back: what changed meanwhile arrives, and is announced again", () =>
    inWorld(async (world) => {
      const [cloud, local] = [await world.machine("cloud"), await world.machine("local")];
      const daemons = [world.run(cloud), world.run(local)];
      for (const daemon of daemons) await says(daemon, "announce.up");
      await world.server.stop();
      for (const daemon of daemons) await says(daemon, "announce.down");
      await putNote(cloud, NEW(1), mailNote(1));
      const isPolled = async () => {
        const status = await statusOf(cloud);
        return status?.state === "offline" && status.remoteNews === "polled";
      };
      await waitFor(isPolled, {
        what: "the status to say offline, and that news are asked for",
        describe: () => daemons[0]?.output(),
      });
      await world.server.start();
      await arrives(local, NEW(1), mailNote(1), daemons, 30_000);
      for (const daemon of daemons) await says(daemon, "announce.up", 2, 30_000);
    }));

  it("a line that died without a word is given up within half a minute, and sync goes on over a new one", () =>
    inWorld(async (world) => {
      const [cloud, local] = [await world.machine("cloud"), await world.machine("local")];
      const daemons = [world.run(cloud), world.run(local, { url: world.bare.path })];
      for (const daemon of daemons) await says(daemon, "announce.up");
      await putNote(cloud, NEW(1), mailNote(1));
      await arrives(local, NEW(1), mailNote(1), daemons);
      await world.server.freezeConnections();
      await putNote(cloud, NEW(2), mailNote(2));
      const [overSsh] = daemons;
      if (overSsh) await says(overSsh, "announce.down", 1, 45_000);
      await arrives(local, NEW(2), mailNote(2), daemons, 45_000);
      if (overSsh) await says(overSsh, "announce.up", 2, 45_000);
    }));

  it("while nothing happens no process is started, and the processor rests", () =>
    inWorld(async (world) => {
      const cloud = await world.machine("cloud");
      const daemon = world.run(cloud);
      await says(daemon, "announce.up");
      await putNote(cloud, NEW(1), mailNote(1));
      await waitFor(async () => (await world.bare.listFiles()).includes(NEW(1)), { what: "the push" });
      // The last stirrings of the round, and the audit line it wrote.
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const before = await usageOf(daemon.process.pid ?? 0);
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      const after = await usageOf(daemon.process.pid ?? 0);
      assert.equal(after.childFaults, before.childFaults, "a child process came and went");
      assert.ok(after.ticks - before.ticks <= 5, `${after.ticks - before.ticks} ticks of 10 ms in 10 s`);
    }));
});

/** Faults of children that ended count here once they are waited for: any child has some. */
async function usageOf(pid: number): Promise<{ childFaults: number; ticks: number }> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  return { childFaults: fields[8] ?? 0, ticks: (fields[11] ?? 0) + (fields[12] ?? 0) };
}

describe("a server that is not the right one, or not right", { skip }, () => {
  /** What a first start says within seconds, in its log, its status and its exit code; nothing is lost. */
  async function firstStart(world: SshWorld, machine: Machine, url?: string) {
    await putNote(machine, NEW(1), mailNote(1));
    const options = url === undefined ? {} : { url };
    const once = world.run(machine, { ...options, args: ["--once"] });
    const startedAtMs = performance.now();
    const code = await once.ended;
    assert.ok(performance.now() - startedAtMs < 10_000, "told within seconds");
    assert.equal(code, 1, once.output());
    const daemon = world.run(machine, options);
    await says(daemon, "sync.failed");
    const status = await waitFor(
      async () => {
        const found = await statusOf(machine);
        return found?.state === "offline" ? found : null;
      },
      { what: "the status", describe: () => daemon.output() },
    );
    assert.equal(daemon.process.exitCode, null, "it waits: the other end may be put right without it");
    assert.equal(await readNote(machine, NEW(1)), mailNote(1));
    assert.match(
      once.output(),
      new RegExp(status.message.slice(0, 60).replace(/[.*+?^${}()|[\]\\]/g, "\\$&")),
    );
    return { status, output: daemon.output() };
  }

  it("another host key than the pinned one: nothing is sent, and the sentence says what it can mean", () =>
    inWorld(async (world) => {
      const cloud = await world.machine("cloud");
      await world.server.start({ newHostKey: true });
      const { status, output } = await firstStart(world, cloud);
      assert.match(
        status.message,
        /host key is not the one this machine knows.*Nothing was sent.*known_hosts/,
      );
      assert.match(output, /REMOTE_DENIED/);
      assert.equal(await world.bare.tip(), null);
    }));

  it("a host nobody has pinned yet", () =>
    inWorld(async (world) => {
      const cloud = await world.machine("cloud");
      await writeFile(join(cloud.state, "keys", "known_hosts"), "");
      const { status } = await firstStart(world, cloud);
      assert.match(
        status.message,
        /does not know the server's host key yet.*nightdesk init --check shows how/,
      );
    }));

  it("a key the server does not let in", () =>
    inWorld(async (world) => {
      const cloud = await world.machine("cloud");
      const { file } = await world.server.makeClientKey("stranger");
      await writeFile(join(cloud.state, "keys", "ssh_key"), await readFile(file), { mode: 0o600 });
      const { status } = await firstStart(world, cloud);
      assert.match(status.message, /refused this machine's key.*keys\/ssh_key\.pub/);
    }));

  it("a repository that is not there", () =>
    inWorld(async (world) => {
      const cloud = await world.machine("cloud");
      const { status } = await firstStart(world, cloud, world.server.urlOf(`${world.folder}/nowhere.git`));
      assert.match(status.message, /no git repository at GIT_REMOTE.*git init --bare/);
    }));

  it("a server that is away", () =>
    inWorld(async (world) => {
      const cloud = await world.machine("cloud");
      await world.server.stop();
      const { status } = await firstStart(world, cloud);
      assert.match(status.message, /cannot be reached/);
      await world.server.start();
      await waitFor(async () => (await world.bare.listFiles()).includes(NEW(1)), {
        what: "the note, once the server is there",
        timeoutMs: 20_000,
      });
    }));

  it("a key put right while it runs is used without a restart of anything", () =>
    inWorld(async (world) => {
      const cloud = await world.machine("cloud");
      await rm(join(cloud.state, "keys", "known_hosts"));
      await firstStart(world, cloud);
      await writeFile(join(cloud.state, "keys", "known_hosts"), `${world.server.knownHostsLine()}\n`);
      await waitFor(async () => (await world.bare.listFiles()).includes(NEW(1)), {
        what: "the note, once the host key is pinned",
        timeoutMs: 20_000,
      });
    }));
});
