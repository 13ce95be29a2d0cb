import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { promisify } from "node:util";
import { NightdeskError, type Clock } from "@nightdesk/claim-lib";
import { systemClock } from "@nightdesk/daemon-kit/system-clock";
import { createBareRemote, createTempDir, type BareRemote, type TempDir } from "@nightdesk/testkit";
import { createStatusReporter } from "@nightdesk/vault-sync";
import { fileOf, mailNote, replyNote } from "../../vault-sync/test/support/notes.ts";
import {
  makeMachine,
  moveNote,
  openMachine,
  putNote,
  readNote,
  type Opened,
} from "../../vault-sync/test/support/replicas.ts";
import { assertNeverTwice, readVault } from "./support/sync-world.ts";

const run = promisify(execFile);

const NEW = (n: number) => `Needs_Action/cloud-email/${fileOf(n)}`;
const PENDING = (n: number) => `Pending_Approval/email/${fileOf(n)}`;
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

async function whyNoMounts(): Promise<string | false> {
  const dir = await createTempDir("probe");
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", dir.path]);
    await run("umount", [dir.path]);
    return false;
  } catch (error) {
    return `not run: no small disk could be mounted here (Linux and root are needed): ${String(error).slice(0, 80)}`;
  } finally {
    await dir.remove();
  }
}

const skip = await whyNoMounts();

describe("a disk in trouble", { skip }, () => {
  let dir: TempDir;
  let root: string;
  let remote: BareRemote;
  let cloud: Opened;
  let local: Opened;
  let mounts: string[] = [];
  let world = 0;

  before(async () => {
    dir = await createTempDir("disk");
  });
  after(() => dir.remove());
  beforeEach(async () => {
    world += 1;
    root = join(dir.path, String(world));
    mounts = [];
  });
  afterEach(async () => {
    await cloud.close();
    await local.close();
    for (const path of mounts.toReversed()) await run("umount", ["-l", path]);
  });

  /** A small disk of its own at a folder. */
  async function mountAt(path: string, options: string): Promise<void> {
    await mkdir(path, { recursive: true });
    await run("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path]);
    mounts.push(path);
  }
  /** Read-only for whoever comes by this path from now on, whatever is open. */
  async function makeReadOnly(path: string): Promise<() => Promise<void>> {
    await run("mount", ["--bind", path, path]);
    await run("mount", ["-o", "remount,bind,ro", path]);
    return async () => void (await run("umount", ["-l", path]));
  }

  async function open(small: { path: string; options: string } | null = null): Promise<void> {
    if (small) await mountAt(join(root, small.path), small.options);
    remote = await createBareRemote({ path: join(root, "remote.git") });
    local = await openMachine(await makeMachine(root, "local", remote));
    cloud = await openMachine(await makeMachine(root, "cloud", remote));
    await putNote(local.machine, "Company_Handbook.md", "# Handbook\n");
    for (const n of range(1, 12)) await putNote(cloud.machine, PENDING(n), replyNote(n));
    await settle();
  }
  async function settle(): Promise<void> {
    for (let i = 0; i < 2; i += 1) for (const side of [local, cloud]) await side.sync();
  }
  /** A round as the daemon makes it: what went wrong becomes the status' sentence. */
  async function roundOf(side: Opened): Promise<string> {
    const status = await createStatusReporter(side.replica);
    try {
      await status.done(await side.sync());
    } catch (error) {
      if (!NightdeskError.is(error)) throw error;
      await status.failed(error).catch(() => undefined);
    }
    return status.current().message;
  }
  async function expectInStep(expected: Record<string, string>): Promise<void> {
    await settle();
    const [a, b] = [await readVault(cloud.machine), await readVault(local.machine)];
    assert.deepEqual(a, b);
    for (const [path, text] of Object.entries(expected)) assert.equal(b[path], text, path);
    await assertNeverTwice(remote);
  }
  const cloudWork = async () => {
    for (const n of range(20, 29)) await putNote(cloud.machine, NEW(n), mailNote(n));
  };
  const ownerWork = async () => {
    await moveNote(local.machine, PENDING(1), `Approved/${fileOf(1)}`);
    await putNote(local.machine, "Company_Handbook.md", "# Handbook\n\nMore.\n");
  };
  const AFTER_WORK: Record<string, string> = Object.fromEntries([
    ...range(20, 29).map((n) => [NEW(n), mailNote(n)]),
    [`Approved/${fileOf(1)}`, replyNote(1)],
    ["Company_Handbook.md", "# Handbook\n\nMore.\n"],
  ]);

  for (const [what, options, fill] of [
    ["is full", "size=2m", { size: 4 * 1024 * 1024, files: 1 }],
    ["has no room for one more name", "size=8m,nr_inodes=400", { size: 0, files: 2_000 }],
  ] as const) {
    for (const place of ["local/state", "local/vault", "remote.git"] as const) {
      it(`that ${what}, where ${place} lies: told in a sentence, nothing lost, and it goes on by itself`, async () => {
        await open({ path: place, options });
        await ownerWork();
        const balls = range(1, fill.files).map((n) => join(root, place, `.ball-${n}`));
        for (const ball of balls) {
          const isWritten = await writeFile(ball, Buffer.alloc(fill.size)).then(
            () => true,
            () => false,
          );
          if (!isWritten) break;
        }
        await cloudWork();
        await cloud.sync().catch(() => undefined);
        const messages = [await roundOf(local), await roundOf(cloud), await roundOf(local)].join("\n");
        assert.match(messages, /free space/i, messages);
        for (const ball of balls) await rm(ball, { force: true });
        await expectInStep(AFTER_WORK);
      });
    }
  }

  it("that holds the vault and became read-only: what comes in waits, and goes on when it can be written", async () => {
    await open();
    const release = await makeReadOnly(local.machine.vault);
    for (const n of range(20, 29)) await putNote(cloud.machine, NEW(n), mailNote(n));
    await cloud.sync();
    assert.match(await roundOf(local), /EROFS.*permissions/);
    await release();
    await expectInStep(Object.fromEntries(range(20, 29).map((n) => [NEW(n), mailNote(n)])));
  });

  it("that holds the state and became read-only: nothing is published, and all goes on later", async () => {
    await open();
    const release = await makeReadOnly(local.machine.state);
    await ownerWork();
    await cloudWork();
    await cloud.sync();
    const tip = await remote.tip();
    assert.match(await roundOf(local), /free space|permissions|EROFS/);
    assert.equal(await remote.tip(), tip);
    await release();
    await expectInStep(AFTER_WORK);
  });

  it("that is not there (an unmounted vault) is not a deletion, and what was done meanwhile arrives", async () => {
    await mountAt(join(root, "local/vault"), "size=8m");
    await open();
    await run("mount", ["--move", join(root, "local/vault"), await makeFolder(join(root, "aside"))]).catch(
      async () => {
        // A shared mount cannot be moved; an empty one over it looks the same.
        await mountAt(join(root, "local/vault"), "size=1m");
      },
    );
    await putNote(cloud.machine, NEW(20), mailNote(20));
    await cloud.sync();
    const tip = await remote.tip();
    assert.match(await roundOf(local), /is its disk connected/);
    assert.equal(await remote.tip(), tip);
    const isMoved = mounts.length === 1;
    if (isMoved) await run("mount", ["--move", join(root, "aside"), join(root, "local/vault")]);
    else await run("umount", [mounts.pop() ?? ""]);
    await expectInStep({ [NEW(20)]: mailNote(20) });
  });

  it("that holds a folder by another name for a while: nothing is published, and it goes on by itself", async () => {
    await open();
    await rename(local.machine.vault, `${local.machine.vault}-away`);
    assert.match(await roundOf(local), /is not there \(is its disk connected\?\)/);
    await rename(`${local.machine.vault}-away`, local.machine.vault);
    await expectInStep({ [PENDING(3)]: replyNote(3) });
  });

  it("whose clock was set back or forward: edits still go out at once", async () => {
    await open();
    for (const shiftMs of [-86_400_000, 86_400_000]) {
      const clock: Clock = { ...systemClock, now: () => systemClock.now() + shiftMs };
      const shifted = await openMachine(local.machine, () => ({ clock }));
      const text = `# Handbook\n\nat ${shiftMs}\n`;
      await writeFile(join(local.machine.vault, "Company_Handbook.md"), text);
      const first = await shifted.sync();
      await new Promise((resolve) => setTimeout(resolve, Math.min(first.retryInMs ?? 0, 1_000)));
      await shifted.sync();
      await shifted.close();
      await cloud.sync();
      assert.equal(await readNote(cloud.machine, "Company_Handbook.md"), text);
      await local.close();
      local = await openMachine(local.machine);
    }
  });

  it("on which the owner made a link or a pipe of a folder or a note: it is left alone, the rest goes on", async () => {
    await open();
    await rename(join(local.machine.vault, "Accounting"), join(root, "elsewhere")).catch(() =>
      mkdir(join(root, "elsewhere")),
    );
    await symlink(join(root, "elsewhere"), join(local.machine.vault, "Accounting"));
    await run("mkfifo", [join(local.machine.vault, NEW(20))]).catch(async () => {
      await mkdir(join(local.machine.vault, "Needs_Action/cloud-email"), { recursive: true });
      await run("mkfifo", [join(local.machine.vault, NEW(20))]);
    });
    for (const n of range(20, 22)) await putNote(cloud.machine, NEW(n), mailNote(n));
    await putNote(cloud.machine, "Needs_Action/cloud-email/not a task.md", "x\n");
    await cloud.sync();
    const message = await roundOf(local);
    assert.match(message, new RegExp(`waits: "Needs_Action/cloud-email/.*" is not a plain file`));
    assert.ok(!message.includes(root), message);
    assert.equal(await readNote(local.machine, NEW(21)), mailNote(21));
    await rm(join(local.machine.vault, NEW(20)));
    await rm(join(local.machine.vault, "Accounting"));
    await settle();
    assert.equal(await readNote(local.machine, NEW(20)), mailNote(20));
  });
});

async function makeFolder(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  return path;
}
