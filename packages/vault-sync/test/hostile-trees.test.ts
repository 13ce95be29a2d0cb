import assert from "node:assert/strict";
import { lstat, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { areaOf } from "@nightdesk/claim-lib";
import { createBareRemote, createTempDir, type BareRemote, type TempDir } from "@nightdesk/testkit";
import { NEW, PENDING, WAITING, type HostileCase } from "./support/hostile-case.ts";
import { HOSTILE_CASES } from "./support/hostile-cases.ts";
import { mailNote, replyNote } from "./support/notes.ts";
import { createRawClient, type RawClient } from "./support/raw-git.ts";
import {
  makeMachine,
  openMachine,
  putNote,
  readAudit,
  type Machine,
  type Opened,
} from "./support/replicas.ts";

/** Everything in a vault folder, whatever it is, but sync's own records: path to kind and text. */
async function everything(machine: Machine): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const name of (await readdir(machine.vault, { recursive: true })).sort()) {
    const path = join(machine.vault, name);
    const stat = await lstat(path);
    if (stat.isDirectory() || name.includes("vault_sync-")) continue;
    assert.ok(stat.isFile() && (stat.mode & 0o111) === 0, `${name} is no plain file`);
    found.set(name.replaceAll("\\", "/"), await readFile(path, "utf8"));
  }
  return found;
}

async function remoteFiles(remote: BareRemote): Promise<Map<string, string>> {
  const lines = (await remote.git("ls-tree", "-r", "-z", remote.branch)).split("\0").filter(Boolean);
  const found = new Map<string, string>();
  for (const line of lines) {
    const [head = "", path = ""] = line.split("\t");
    assert.match(head, /^100644 blob /, `${path} is no plain file at the remote`);
    if (!path.includes("vault_sync-")) found.set(path, (await remote.readFile(path)).toString("utf8"));
  }
  return found;
}

const refusals = async (machine: Machine, commit: string) =>
  (await readAudit(machine)).filter(
    (record) =>
      record["action_type"] === "sync_change_refused" &&
      JSON.stringify(record["parameters"]) === JSON.stringify({ commit }),
  );

/** A laptop, a cloud, and a remote as `git init --bare` makes it: it checks nothing itself. */
async function makeWorld(dir: TempDir, name: string) {
  const root = `${dir.path}/${name}`;
  const remote = await createBareRemote({ path: `${root}/remote.git` });
  await remote.git("config", "transfer.fsckObjects", "false");
  const local = await openMachine(await makeMachine(root, "local", remote));
  const cloud = await openMachine(await makeMachine(root, "cloud", remote));
  await putNote(local.machine, "Company_Handbook.md", "# Handbook\n");
  await putNote(local.machine, PENDING(WAITING), replyNote(WAITING));
  await local.sync();
  await cloud.sync();
  return { remote, local, cloud, client: await createRawClient(dir.path, remote) };
}

describe("hostile trees, pushed by a plain git with the cloud's login", () => {
  let dir: TempDir;
  let remote: BareRemote;
  let local: Opened;
  let cloud: Opened;
  let client: RawClient;
  let count = 100;

  before(async () => {
    dir = await createTempDir("hostile");
    ({ remote, local, cloud, client } = await makeWorld(dir, "laptop"));
  });
  after(async () => {
    await local.close();
    await cloud.close();
    await dir.remove();
  });

  async function pushCase(given: Pick<HostileCase, "make">) {
    const legal = { [NEW((count += 1))]: mailNote(count) };
    const tip = (await client.pull()) ?? "";
    const commit = await given.make(client, tip, legal);
    await client.push(commit);
    assert.equal(await remote.tip(), commit, "the remote took it");
    return { commit, legal };
  }

  /** Nothing of it on the disk, taken back at once, told once, and the cloud's next work arrives. */
  async function judge(given: HostileCase): Promise<void> {
    const before = await everything(local.machine);
    const { commit, legal } = await pushCase(given);
    const report = await local.sync();
    const expected = new Map([...before, ...(given.isWhole === true ? [] : Object.entries(legal))].sort());
    const told = (report.refused ?? []).filter((one) => one.commit === commit);
    assert.ok(told.length > 0, "the owner was not told");
    assert.match(told.map(({ reason }) => reason).join("\n"), given.told);
    assert.deepEqual(await everything(local.machine), expected, "the laptop's disk");
    assert.notEqual(await remote.tip(), commit);
    assert.equal(await remote.git("rev-parse", `${remote.branch}^`), commit, "the next commit took it back");
    assert.deepEqual(await remoteFiles(remote), expected, "the remote's newest tree");
    const audited = await refusals(local.machine, commit);
    assert.equal(audited.length, told.length);

    const tip = await remote.tip();
    for (let round = 0; round < 2; round += 1) assert.equal((await local.sync()).refused, null);
    assert.equal(await remote.tip(), tip, "nothing more is pushed over it");
    assert.deepEqual(await refusals(local.machine, commit), audited, "told once");

    const next = NEW((count += 1));
    await cloud.sync();
    await putNote(cloud.machine, next, mailNote(count));
    await cloud.sync();
    await local.sync();
    assert.equal((await everything(local.machine)).get(next), mailNote(count), "the cloud's next work");
  }

  for (const given of HOSTILE_CASES) it(given.what, () => judge(given));
});

describe("the same, met by the cloud first", () => {
  let dir: TempDir;
  let world: Awaited<ReturnType<typeof makeWorld>>;

  before(async () => {
    dir = await createTempDir("hostile-cloud");
    world = await makeWorld(dir, "cloud");
  });
  after(async () => {
    await world.local.close();
    await world.cloud.close();
    await dir.remove();
  });

  it("nothing ends its sync or reaches its disk outside the table, and both come to the same vault", async () => {
    const { remote, local, cloud, client } = world;
    for (const [index, given] of HOSTILE_CASES.entries()) {
      const tip = (await client.pull()) ?? "";
      await client.push(await given.make(client, tip, { [NEW(200 + index)]: mailNote(200 + index) }));
      await cloud.sync();
      for (const path of (await everything(cloud.machine)).keys())
        assert.ok(areaOf(path) !== null, `${given.what}: ${path}`);
    }
    await local.sync();
    await cloud.sync();
    await local.sync();
    const atLaptop = await everything(local.machine);
    assert.deepEqual(await everything(cloud.machine), atLaptop);
    assert.deepEqual(await remoteFiles(remote), atLaptop);
    assert.equal(atLaptop.get(PENDING(WAITING)), replyNote(WAITING));
    assert.equal(
      [...atLaptop.keys()].some((path) => path.startsWith("Approved/")),
      false,
    );
  });
});
