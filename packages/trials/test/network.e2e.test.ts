import assert from "node:assert/strict";
import { access, chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import {
  hasSshd,
  linkNamespaces,
  whyNoNamespaces,
  whyNoNetem,
  type LinkedNamespaces,
  startSshServer,
  startTcpProxy,
  waitFor,
  type SshServer,
  type TcpProxy,
} from "@nightdesk/testkit";
import { fileOf, mailNote, replyNote } from "../../vault-sync/test/support/notes.ts";
import { moveNote, putNote } from "../../vault-sync/test/support/replicas.ts";
import {
  assertNeverTwice,
  enrol,
  makeSyncWorld,
  waitForState,
  waitForStep,
  type SyncWorld,
} from "./support/sync-world.ts";

const NEW = (n: number) => `Needs_Action/cloud-email/${fileOf(n)}`;
const CLOUD = (n: number) => `In_Progress/cloud/${fileOf(n)}`;
const PENDING = (n: number) => `Pending_Approval/email/${fileOf(n)}`;
const APPROVED = (n: number) => `Approved/${fileOf(n)}`;
const REJECTED = (n: number) => `Rejected/${fileOf(n)}`;
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

const skip = (await hasSshd()) ? false : "not run: there is no sshd on this machine (Debian: openssh-server)";

/** `NIGHTDESK_LONG=1`: the full delay, and a stall until it is noticed; a minute more. */
const isLong = process.env["NIGHTDESK_LONG"] === "1";

/** Nothing that goes wrong on the way may hold up a machine for longer, once the way is good again. */
const HEALED_WITHIN_MS = 60_000;

interface Net {
  world: SyncWorld;
  /** Everything the laptop says and hears goes through it. The cloud talks to the server directly. */
  proxy: TcpProxy;
  server: SshServer;
}

/** Both daemons over a real sshd, with work waiting on both sides. */
async function startNet(t: TestContext, server: SshServer): Promise<Net> {
  const world = await makeSyncWorld("network");
  const proxy = await startTcpProxy({ port: server.port });
  t.after(async () => {
    proxy.heal();
    proxy.resetAll();
    await world.close();
    await proxy.close();
  });
  await enrol(world.cloud, server, server.port);
  await enrol(world.local, server, proxy.port);
  const url = `ssh://${server.user}@${proxy.address}:${proxy.port}${world.remote.path}`;
  await seed(world);
  const laptop = world.start(world.local, { url });
  await waitFor(() => world.remote.tip(), {
    what: "the laptop's first commit",
    timeoutMs: 90_000,
    describe: () => `${laptop.output()}\n${server.log().slice(-2_000)}`,
  });
  world.start(world.cloud, { url: server.urlOf(world.remote.path) });
  await waitForStep(world, { [PENDING(1)]: replyNote(1), [NEW(20)]: mailNote(20) }, 90_000);
  return { world, proxy, server };
}

async function seed({ cloud }: SyncWorld): Promise<void> {
  for (const n of range(1, 10)) await putNote(cloud, PENDING(n), replyNote(n));
  for (const n of range(11, 20)) await putNote(cloud, NEW(n), mailNote(n));
}

/** Work that is on its way when the trouble begins. */
async function workInFlight({ cloud, local }: SyncWorld): Promise<void> {
  for (const n of range(11, 13)) await moveNote(cloud, NEW(n), CLOUD(n));
  for (const n of range(1, 3)) await moveNote(local, PENDING(n), APPROVED(n));
}

/** Work both sides go on with meanwhile. */
async function workMeanwhile({ cloud, local }: SyncWorld): Promise<void> {
  for (const n of range(21, 25)) await putNote(cloud, NEW(n), mailNote(n));
  await putNote(cloud, CLOUD(11), replyNote(11));
  await moveNote(cloud, CLOUD(11), PENDING(11));
  await moveNote(local, PENDING(4), REJECTED(4));
  await putNote(local, "Company_Handbook.md", "# Handbook\n\nBe kind.\n");
  await putNote(local, "Inbox/dropped.md", "look at this\n");
}

const AFTER_ALL: Record<string, string> = Object.fromEntries([
  ...range(1, 3).map((n) => [APPROVED(n), replyNote(n)]),
  [REJECTED(4), replyNote(4)],
  ...range(5, 11).map((n) => [PENDING(n), replyNote(n)]),
  ...range(12, 13).map((n) => [CLOUD(n), mailNote(n)]),
  ...range(14, 25).map((n) => [NEW(n), mailNote(n)]),
  ["Company_Handbook.md", "# Handbook\n\nBe kind.\n"],
  ["Inbox/dropped.md", "look at this\n"],
]);

/** After the trouble: everything arrives, nothing twice, and both say so. */
async function expectHealed(
  t: TestContext,
  { world }: Pick<Net, "world">,
  expected = AFTER_ALL,
  withinMs = HEALED_WITHIN_MS,
): Promise<void> {
  const tookMs = await waitForStep(world, expected, withinMs);
  t.diagnostic(`in step ${Math.round(tookMs)} ms after the trouble ended`);
  await Promise.all([world.cloud, world.local].map((machine) => waitForState(machine, "ok", 20_000)));
  await assertNeverTwice(world.remote);
}

// Side by side: nearly all of the time is waiting for what was cut to be noticed.
describe("the way to the remote", { skip, concurrency: 9 }, () => {
  let server: SshServer;
  before(async () => {
    server = await startSshServer();
  });
  after(() => server.remove());

  it("takes a second (long: two) each way: everything arrives all the same", async (t) => {
    const net = await startNet(t, server);
    net.proxy.trouble({ delayMs: isLong ? 2_000 : 1_000 });
    await workInFlight(net.world);
    await workMeanwhile(net.world);
    // It does not end, so a fetch and a push at this pace are the measure: 50 s at 2 s each way [m].
    await expectHealed(t, net, AFTER_ALL, isLong ? 120_000 : HEALED_WITHIN_MS);
  });

  it("stalls (long: until the laptop says offline), and it goes on when it moves again", async (t) => {
    const net = await startNet(t, server);
    await workInFlight(net.world);
    net.proxy.trouble({ isStalled: true });
    await workMeanwhile(net.world);
    if (isLong) {
      const message = await waitForState(net.world.local, "offline", 60_000);
      assert.match(message, /wait on this machine|next round looks/);
    } else {
      const { total } = net.proxy.connections();
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      assert.equal(net.proxy.connections().total, total, "a silence of five seconds is no reason to hang up");
    }
    net.proxy.heal();
    await expectHealed(t, net);
  });

  it("swallows everything without a word: the kept connection is given up, and a new one made", async (t) => {
    const net = await startNet(t, server);
    await workInFlight(net.world);
    net.proxy.trouble({ isBlackHole: true });
    const startedAtMs = performance.now();
    await workMeanwhile(net.world);
    await waitForState(net.world.local, "offline", 90_000);
    t.diagnostic(`noticed after ${Math.round(performance.now() - startedAtMs)} ms`);
    const before = net.proxy.connections().total;
    net.proxy.heal();
    await expectHealed(t, net);
    assert.ok(net.proxy.connections().total > before);
  });

  it("breaks in the middle of what is sent, five times over", async (t) => {
    const net = await startNet(t, server);
    await workInFlight(net.world);
    for (const n of range(1, 5)) {
      const { total } = net.proxy.connections();
      net.proxy.resetAfter(n * 1_500);
      net.proxy.resetAll();
      await putNote(net.world.local, `Inbox/attempt ${n}.md`, `attempt ${n}\n`);
      await waitFor(() => net.proxy.connections().total > total, { what: "a new try", timeoutMs: 60_000 });
    }
    await workMeanwhile(net.world);
    const attempts = range(1, 5).map((n) => [`Inbox/attempt ${n}.md`, `attempt ${n}\n`]);
    await expectHealed(t, net, { ...AFTER_ALL, ...Object.fromEntries(attempts) });
  });

  it("is narrow: 20 KB a second", async (t) => {
    const net = await startNet(t, server);
    net.proxy.trouble({ bytesPerSecond: 20_000 });
    await workInFlight(net.world);
    await workMeanwhile(net.world);
    const noise = Array.from({ length: 4_000 }, (_, i) => (i * 2654435761) % 4294967296).join(" ");
    await putNote(net.world.local, "Inbox/large.md", noise);
    await expectHealed(t, net, { ...AFTER_ALL, "Inbox/large.md": noise });
  });

  it("is cut after a push was accepted and before the answer: the push is found, not repeated", async (t) => {
    const net = await startNet(t, server);
    const { world, proxy } = net;
    const gate = await holdAnswers(world);
    await workInFlight(world);
    await waitFor(() => gate.isReached(), { what: "a push to be accepted", timeoutMs: 20_000 });
    proxy.resetAll();
    await gate.open();
    await workMeanwhile(world);
    await expectHealed(t, net);
  });

  it("is gone with the server, and much is done on both sides: all of it arrives when it is back", async (t) => {
    const own = await startSshServer();
    t.after(() => own.remove());
    const net = await startNet(t, own);
    const { world } = net;
    await workInFlight(world);
    await own.stop();
    await workMeanwhile(world);
    for (const n of range(100, 299)) await putNote(world.cloud, NEW(n), mailNote(n));
    for (const n of range(1, 200)) await putNote(world.local, `Accounting/entry ${n}.md`, `entry ${n}\n`);
    const said = await Promise.all(
      [world.cloud, world.local].map((machine) => waitForState(machine, "offline", 30_000)),
    );
    for (const message of said) assert.match(message, /cannot be reached|broke off|next round looks/);
    await own.start();
    await expectHealed(t, net, {
      ...AFTER_ALL,
      ...Object.fromEntries(range(100, 299).map((n) => [NEW(n), mailNote(n)])),
      ...Object.fromEntries(range(1, 200).map((n) => [`Accounting/entry ${n}.md`, `entry ${n}\n`])),
    });
  });
});

const noNamespaces = skip || (await whyNoNamespaces()) || false;
const noNetem = (await whyNoNetem()) ?? false;

describe("the cable between two machines", { skip: noNamespaces }, () => {
  let cable: LinkedNamespaces;
  let server: SshServer;
  let world: SyncWorld;
  before(async () => {
    cable = await linkNamespaces("sync");
    server = await startSshServer({ address: cable.right, port: 2222, launcher: cable.launcher("right") });
    world = await makeSyncWorld("cable");
    await seed(world);
    await enrol(world.cloud, server, server.port);
    await enrol(world.local, server, server.port);
    const url = server.urlOf(world.remote.path);
    world.start(world.local, { url, launcher: cable.launcher("left") });
    await waitFor(() => world.remote.tip(), { what: "the laptop's first commit", timeoutMs: 30_000 });
    world.start(world.cloud, { url, launcher: cable.launcher("right") });
    await waitForStep(world, { [PENDING(1)]: replyNote(1), [NEW(20)]: mailNote(20) });
  });
  after(async () => {
    await world.close();
    await server.remove();
    await cable.remove();
  });

  it("is pulled out and put in again: nothing is lost, nothing is there twice", async (t) => {
    await workInFlight(world);
    await cable.setLink("down");
    const startedAtMs = performance.now();
    await workMeanwhile(world);
    await waitForState(world.local, "offline", 90_000);
    t.diagnostic(`noticed after ${Math.round(performance.now() - startedAtMs)} ms`);
    await waitForState(world.cloud, "ok", 5_000);
    await cable.setLink("up");
    await expectHealed(t, { world });
  });

  it("loses every tenth packet and delays the others", { skip: noNetem }, async (t) => {
    await cable.setNetem(["delay", "200ms", "loss", "10%"]);
    for (const n of range(30, 35)) await putNote(world.cloud, NEW(n), mailNote(n));
    await putNote(world.local, "Inbox/lossy.md", "arrived\n");
    const more = Object.fromEntries(range(30, 35).map((n) => [NEW(n), mailNote(n)]));
    await expectHealed(t, { world }, { ...AFTER_ALL, ...more, "Inbox/lossy.md": "arrived\n" });
    await cable.setNetem(null);
  });
});

/** Lets the remote take the next push and keep quiet about it until told. */
async function holdAnswers({ root, remote }: SyncWorld) {
  const folder = join(root, "hooks");
  const file = (name: string) => join(folder, name);
  await mkdir(folder);
  // git runs it once the ref has moved, before it answers.
  const hook = `#!/bin/sh
cat >/dev/null
[ "$1" = committed ] || exit 0
[ -e "${file("open")}" ] && exit 0
: >"${file("reached")}"
while [ ! -e "${file("open")}" ]; do sleep 0.05; done
`;
  await writeFile(file("reference-transaction"), hook);
  await chmod(file("reference-transaction"), 0o755);
  await remote.git("config", "core.hooksPath", folder);
  const isThere = async (name: string) =>
    access(file(name)).then(
      () => true,
      () => false,
    );
  return { isReached: () => isThere("reached"), open: () => writeFile(file("open"), "") };
}
