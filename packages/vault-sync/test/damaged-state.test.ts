import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { access, cp, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { createBareRemote, createTempDir, type BareRemote, type TempDir } from "@nightdesk/testkit";
import { fileOf, mailNote, replyNote } from "./support/notes.ts";
import {
  listVault,
  machineAt,
  makeMachine,
  moveNote,
  openMachine,
  putNote,
  readNote,
  type Machine,
} from "./support/replicas.ts";

const NEW = (n: number) => `Needs_Action/cloud-email/${fileOf(n)}`;
const PENDING = (n: number) => `Pending_Approval/email/${fileOf(n)}`;

async function sync(machine: Machine): Promise<void> {
  const opened = await openMachine(machine);
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

describe("a damaged or older state that heals by itself, or stops before harm", () => {
  let dir: TempDir;
  let remote: BareRemote;
  let local: Machine;
  let cloud: Machine;
  let world = 0;

  before(async () => {
    dir = await createTempDir("damaged");
    const root = `${dir.path}/template`;
    const template = await createBareRemote({ path: `${root}/remote.git` });
    const laptop = await makeMachine(root, "local", template);
    const vm = await makeMachine(root, "cloud", template);
    await putNote(laptop, "Company_Handbook.md", "# Handbook\n");
    for (let n = 1; n <= 12; n += 1) await putNote(laptop, `Accounting/note ${n}.md`, `note ${n}\n`);
    await putNote(laptop, PENDING(1), replyNote(1));
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

  /** One round each, and both see the same. */
  async function worksAtOnce(): Promise<void> {
    await putNote(cloud, NEW(50), mailNote(50));
    await sync(cloud);
    await sync(local);
    assert.equal(await readNote(local, NEW(50)), mailNote(50));
    assert.deepEqual(await listVault(local), await listVault(cloud));
  }

  for (const [what, file] of [
    ["the table that saves reading", "sync/table.json"],
    ["the list of what was refused", "sync/refused.json"],
    ["the word to the agents", "published.json"],
    ["the ref of what came in", "git/refs/nightdesk/incoming"],
    ["the ref of what was synced", "git/refs/nightdesk/base"],
  ] as const) {
    it(`${what}, empty or cut short`, async () => {
      for (const text of ["", '{"x']) {
        await writeFile(join(local.state, file), text);
        await sync(local);
      }
      await worksAtOnce();
    });
  }

  it("locks a killed git left in its own directory", async () => {
    for (const lock of ["index.lock", "config.lock", "packed-refs.lock", "refs/nightdesk/incoming.lock"])
      await writeFile(join(local.state, "git", lock), "");
    await worksAtOnce();
  });

  it("a lock that appears while the daemon runs", async () => {
    const opened = await openMachine(local);
    await putNote(cloud, NEW(51), mailNote(51));
    await sync(cloud);
    await writeFile(join(local.state, "git/refs/nightdesk/incoming.lock"), "");
    await opened.sync();
    await opened.close();
    assert.equal(await readNote(local, NEW(51)), mailNote(51));
  });

  it("the branch's lock of a killed push goes when it is old; a fresh one is somebody's", async () => {
    const lock = join(remote.path, "refs/heads/main.lock");
    await writeFile(lock, "");
    await putNote(local, NEW(52), mailNote(52));
    await assert.rejects(sync(local), (error) => NightdeskError.is(error, "PUSH_LOST"));
    assert.ok(await isThere(lock));
    const then = new Date(Date.now() - 120_000);
    await utimes(lock, then, then);
    await sync(local);
    assert.ok((await remote.listFiles()).includes(NEW(52)));
  });

  it("a remote put back to an older commit, or emptied, is brought forward", async () => {
    const old = await remote.tip();
    await putNote(local, NEW(53), mailNote(53));
    await sync(local);
    const tip = await remote.tip();
    await remote.git("update-ref", "refs/heads/main", old ?? "");
    await sync(local);
    assert.equal(await remote.tip(), tip);
    await rm(remote.path, { recursive: true });
    remote = await createBareRemote({ path: remote.path });
    await sync(local);
    assert.equal(await remote.tip(), tip);
    await worksAtOnce();
  });

  it("a cloud that was wiped comes up by itself with a new key and an empty vault", async () => {
    await rm(cloud.state, { recursive: true });
    await rm(cloud.vault, { recursive: true });
    cloud = await makeMachine(`${dir.path}/${world}`, "cloud", remote);
    await sync(cloud);
    assert.deepEqual(await listVault(cloud), await listVault(local));
    await worksAtOnce();
  });

  it("a second laptop with a copied state folder stops before it applies or publishes anything", async () => {
    const root = `${dir.path}/${world}`;
    await cp(`${root}/local`, `${root}/twin`, { recursive: true, preserveTimestamps: true });
    const twin = machineAt(root, "local", remote, "twin");
    await putNote(local, NEW(54), mailNote(54));
    await sync(local);
    await putNote(twin, NEW(55), mailNote(55));
    const tip = await remote.tip();
    await assert.rejects(sync(twin), (error) => NightdeskError.is(error, "OWN_COMMIT_UNKNOWN"));
    assert.equal(await remote.tip(), tip);
    assert.equal(await readNote(twin, NEW(54)), null);
  });

  it("a laptop whose key was lost does not take the remote's word for what it decided", async () => {
    const pem = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
    await rm(join(local.state, "sync"), { recursive: true });
    await writeFile(join(local.state, "keys/sync.pem"), pem, { mode: 0o600 });
    await assert.rejects(sync(local), (error) => NightdeskError.is(error, "JOIN_REFUSED"));
  });

  it("a vault restored from yesterday loses nothing of today, and puts no note into two folders", async () => {
    const saved = `${local.vault}-saved`;
    await cp(local.vault, saved, { recursive: true, preserveTimestamps: true });
    await moveNote(local, PENDING(1), `Done/2026-11/${fileOf(1)}`);
    await putNote(local, "Accounting/today.md", "today\n");
    await sync(local);
    await rm(local.vault, { recursive: true });
    await rename(saved, local.vault);
    await sync(local);
    await sync(cloud);
    const files = await listVault(local);
    assert.equal(files.filter((path) => path.endsWith(fileOf(1))).length, 1);
    assert.equal(
      files.some((path) => path.startsWith("Approved/")),
      false,
    );
    assert.deepEqual(files, await listVault(cloud));
    assert.equal((await remote.readFile("Accounting/today.md", "main^")).toString(), "today\n");
  });
});
