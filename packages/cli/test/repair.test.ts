import assert from "node:assert/strict";
import { once } from "node:events";
import { cp, mkdir, readdir, readFile, rename, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { createBareRemote, createTempDir, type BareRemote, type TempDir } from "@nightdesk/testkit";
import { APPROVED, ASIDE, DONE, kept, NEW, PENDING, repair, sync, type Ran } from "./repair-world.ts";
import { runCommand } from "../src/run-command.ts";
import { startDaemon } from "../../vault-sync/test/support/daemon.ts";
import { fileOf, mailNote, replyNote } from "../../vault-sync/test/support/notes.ts";
import {
  environmentOf,
  listVault,
  machineAt,
  makeMachine,
  moveNote,
  putNote,
  readNote,
  type Machine,
} from "../../vault-sync/test/support/replicas.ts";

describe("nightdesk repair", () => {
  let dir: TempDir;
  let remote: BareRemote;
  let local: Machine;
  let cloud: Machine;
  let world = 0;

  before(async () => {
    dir = await createTempDir("repair");
    const root = `${dir.path}/template`;
    const template = await createBareRemote({ path: `${root}/remote.git` });
    const laptop = await makeMachine(root, "local", template);
    const vm = await makeMachine(root, "cloud", template);
    await putNote(laptop, "Company_Handbook.md", "# Handbook\n");
    for (let n = 1; n <= 5; n += 1) await putNote(laptop, `Accounting/note ${n}.md`, `note ${n}\n`);
    await putNote(laptop, PENDING(1), replyNote(1));
    await sync(laptop);
    await sync(vm);
    // Approved, and not carried out yet: what no repair may send or lose.
    await moveNote(laptop, PENDING(1), APPROVED(1));
    await sync(laptop);
    await sync(vm);
  });
  after(() => dir.remove());
  beforeEach(async () => {
    world += 1;
    const root = `${dir.path}/${world}`;
    await cp(`${dir.path}/template`, root, { recursive: true, preserveTimestamps: true });
    remote = await createBareRemote({ path: `${root}/remote.git` });
    local = machineAt(root, "local", remote);
    cloud = machineAt(root, "cloud", remote);
  });
  afterEach(() => rm(`${dir.path}/${world}`, { recursive: true, force: true }));

  /** What the alarm says, the look, the repair, and life after it. */
  async function mended(machine: Machine, wrong: RegExp, ...args: string[]): Promise<string> {
    const before = await listVault(machine);
    const looked = await look(machine);
    assert.equal(looked.code, 1, looked.text);
    assert.match(looked.text, wrong);
    assert.match(looked.text, /Nothing was changed/);
    assert.deepEqual(await listVault(machine), before);
    const done = await repair(machine, remote, ...args, "--yes");
    assert.equal(done.code, 0, done.text);
    assert.match(done.text, /Nothing is wrong any more/);
    return done.text;
  }

  /** Nothing was lost and nothing is approved any more; both machines work together. */
  async function livesOn(): Promise<void> {
    await sync(local);
    await sync(cloud);
    await putNote(cloud, NEW(50), mailNote(50));
    await sync(cloud);
    await sync(local);
    const files = await listVault(local);
    for (let n = 1; n <= 5; n += 1) assert.ok(files.includes(`Accounting/note ${n}.md`));
    assert.ok(files.includes(NEW(50)), "the cloud's next work arrives");
    assert.deepEqual(
      files.filter((path) => path.startsWith("Approved/")),
      [],
    );
    assert.equal(await readNote(local, ASIDE(1)), replyNote(1));
    assert.match((await readNote(local, `Needs_Attention/WHY ${fileOf(1)}`)) ?? "", /sent mail/);
    await sync(cloud);
    assert.deepEqual(await listVault(cloud), await listVault(local));
    assert.equal((await look(local)).code, 0);
  }

  /** The same without a process of its own, which costs seconds on a busy machine. */
  async function look(machine: Machine): Promise<Ran> {
    let text = "";
    const print = (line: string) => void (text += `${line}\n`);
    const world = { env: environmentOf(machine, remote), print, printError: print };
    return { code: await runCommand(["repair", "--check"], world), text };
  }

  it("finds nothing wrong where nothing is, and changes nothing", async () => {
    const before = await listVault(local);
    assert.deepEqual(await repair(local, remote, "--check"), {
      code: 0,
      text: "Nothing is wrong with this machine's sync.\n",
    });
    assert.equal((await repair(cloud, remote, "--yes")).code, 0);
    assert.deepEqual(await listVault(local), before);
  });

  it("does not touch a machine whose programs run", async () => {
    const daemon = startDaemon(local, remote);
    while (!daemon.output().includes("vault-sync.ready"))
      await once(daemon.process.stdout ?? daemon.process, "data");
    const ran = await repair(local, remote, "--yes");
    await daemon.stop();
    assert.equal(ran.code, 1);
    assert.match(ran.text, /pm2 stop all/);
  });

  describe("a damaged git directory", () => {
    const looseObjects = async () => {
      const objects = join(local.state, "git/objects");
      const names = await readdir(objects, { recursive: true });
      return names
        .filter((name) => /^[0-9a-f]{2}.[0-9a-f]{38}$/.test(name))
        .map((name) => join(objects, name));
    };
    const breakAll = async (damage: (path: string) => Promise<void>) => {
      for (const path of await looseObjects()) {
        await rename(path, `${path}x`);
        await cp(`${path}x`, path);
        await rm(`${path}x`);
        await damage(path);
      }
    };

    it("empty objects", async () => {
      await breakAll((path) => truncate(path, 0));
      await mended(local, /git directory/);
      await livesOn();
    });

    it("objects cut short", async () => {
      await breakAll((path) => truncate(path, 12));
      await mended(local, /git directory/);
      await livesOn();
      assert.deepEqual(await kept(local), ["git"]);
    });

    it("one note's text, which nothing but a look at every object finds", async () => {
      const oid = await remote.git("rev-parse", "main:Accounting/note 3.md");
      const path = join(local.state, "git/objects", oid.slice(0, 2), oid.slice(2));
      await rm(path);
      await writeFile(path, "");
      await mended(local, /git directory/);
      await livesOn();
    });

    it("a pack whose index is cut short", async () => {
      const gitDir = join(local.state, "git");
      await remote.git("--git-dir", gitDir, "repack", "-a", "-d", "-q");
      await remote.git("--git-dir", gitDir, "prune-packed");
      const [index = ""] = (await readdir(join(gitDir, "objects/pack"))).filter((name) =>
        name.endsWith(".idx"),
      );
      const file = join(gitDir, "objects/pack", index);
      const bytes = await readFile(file);
      await rm(file);
      await writeFile(file, bytes.subarray(0, 100));
      await mended(local, /git directory/);
      await livesOn();
    });
  });

  describe("a damaged record of the last sync", () => {
    for (const [what, text] of [
      ["empty", ""],
      ["cut short", '{"commit":"12'],
      ["of another form", '{"commit":7}'],
    ] as const) {
      it(`base.json ${what}`, async () => {
        await writeFile(join(local.state, "sync/base.json"), text);
        await assert.rejects(sync(local), /nightdesk -- repair/);
        await mended(local, /base\.json/);
        await livesOn();
      });
    }

    it("applying.json cut short", async () => {
      await writeFile(join(local.state, "sync/applying.json"), '{"from"');
      await assert.rejects(sync(local), /nightdesk -- repair/);
      await mended(local, /applying\.json/);
      await livesOn();
    });

    it("own-commits.jsonl damaged in the middle", async () => {
      const file = join(local.state, "sync/own-commits.jsonl");
      await writeFile(file, (await readFile(file, "utf8")).replace(/"c":"[0-9a-f]{4}/, '"c":"zzzz'));
      await mended(local, /own-commits\.jsonl is damaged/);
      await livesOn();
    });

    it("the whole sync folder gone: nothing the remote holds is taken for the owner's approval", async () => {
      await rm(join(local.state, "sync"), { recursive: true });
      await rm(join(local.vault, APPROVED(1)));
      await assert.rejects(sync(local), /nightdesk -- repair/);
      await mended(local, /no record of/);
      await livesOn();
    });
  });

  describe("an older state", () => {
    it("the state folder of yesterday: what was approved is put aside, today's work stays", async () => {
      const saved = `${local.state}-saved`;
      await cp(local.state, saved, { recursive: true });
      await putNote(local, "Accounting/today.md", "today\n");
      await sync(local);
      await rm(local.state, { recursive: true });
      await rename(saved, local.state);
      await assert.rejects(sync(local), /no record of/);
      await mended(local, /put back to an older state/);
      await livesOn();
      assert.equal(await readNote(local, "Accounting/today.md"), "today\n");
    });

    it("vault and state of yesterday: what was carried out since is not brought back to be done again", async () => {
      await cp(local.state, `${local.state}-saved`, { recursive: true });
      await cp(local.vault, `${local.vault}-saved`, { recursive: true, preserveTimestamps: true });
      await moveNote(local, APPROVED(1), DONE(1));
      await putNote(local, "Accounting/today.md", "today\n");
      await sync(local);
      for (const folder of [local.state, local.vault]) {
        await rm(folder, { recursive: true });
        await rename(`${folder}-saved`, folder);
      }
      await mended(local, /put back to an older state/);
      await sync(local);
      await sync(local);
      assert.equal(await readNote(local, "Accounting/today.md"), "today\n", "today's work comes back");
      assert.equal(await readNote(local, APPROVED(1)), null);
      const places = (await listVault(local)).filter((path) => path.endsWith(`/${fileOf(1)}`));
      assert.equal(places.length, 1);
      assert.match(places[0] ?? "", /^(Needs_Attention|Done)\//);
    });
  });

  describe("a history that cannot be used", () => {
    it("rewritten: it is never overwritten; a new empty repository gets the vault", async () => {
      await remote.git("update-ref", "-d", "refs/heads/main");
      const tree = await remote.git("mktree");
      const foreign = await remote.git("commit-tree", tree, "-m", "x");
      await remote.git("update-ref", "refs/heads/main", foreign);
      await assert.rejects(sync(local), /somebody rewrote it/);
      const told = await repair(local, remote, "--yes");
      assert.equal(told.code, 1);
      assert.match(told.text, /--reseed ADDRESS/);
      assert.equal((await repair(local, remote, "--reseed", remote.path, "--yes")).code, 1);
      assert.equal(await remote.tip(), foreign);

      const fresh = await createBareRemote({ path: `${dir.path}/${world}/fresh.git` });
      const done = await repair(local, remote, "--reseed", fresh.path, "--yes");
      assert.equal(done.code, 0, done.text);
      assert.match(done.text, /set GIT_REMOTE/);
      const root = `${dir.path}/${world}`;
      remote = fresh;
      local = machineAt(root, "local", fresh);
      cloud = machineAt(root, "cloud", fresh);
      await putNote(cloud, NEW(60), mailNote(60));
      assert.match(await mended(cloud, /somebody rewrote it/), /1 notes that had not gone out/);
      await livesOn();
      assert.equal(await readNote(local, NEW(60)), mailNote(60), "the cloud's unsent work arrived");
    });

    it("damaged on the cloud: it starts anew from the remote and brings its unsent work along", async () => {
      await putNote(cloud, NEW(61), mailNote(61));
      await writeFile(join(cloud.state, "sync/base.json"), "");
      await mended(cloud, /base\.json/);
      assert.deepEqual((await kept(cloud)).sort(), ["git", "published.json", "sync", "vault"]);
      await sync(cloud);
      await sync(local);
      assert.equal(await readNote(local, NEW(61)), mailNote(61));
      assert.equal(
        await readNote(local, APPROVED(1)),
        replyNote(1),
        "the laptop's approval is none of its business",
      );
    });
  });

  it("the lock of a killed push at a remote on this machine", async () => {
    const lock = join(remote.path, "refs/heads/main.lock");
    await mkdir(join(remote.path, "refs/heads"), { recursive: true });
    await writeFile(lock, "");
    const then = new Date(Date.now() - 10_000);
    await utimes(lock, then, then);
    await mended(cloud, /left the branch locked/);
    await putNote(cloud, NEW(70), mailNote(70));
    await sync(cloud);
    assert.ok((await remote.listFiles()).includes(NEW(70)));
  });
});
