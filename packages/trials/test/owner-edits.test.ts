import assert from "node:assert/strict";
import { cp, mkdir, open, readdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import {
  createBareRemote,
  createTempDir,
  readHistory,
  type BareRemote,
  type TempDir,
} from "@nightdesk/testkit";
import { createStatusReporter, type FailpointName } from "@nightdesk/vault-sync";
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

const NEW = (n: number) => `Needs_Action/cloud-email/${fileOf(n)}`;
const CLOUD = (n: number) => `In_Progress/cloud/${fileOf(n)}`;
const PENDING = (n: number) => `Pending_Approval/email/${fileOf(n)}`;
const APPROVED = (n: number) => `Approved/${fileOf(n)}`;
const DONE = (n: number) => `Done/2026-11/${fileOf(n)}`;
const HANDBOOK = "Company_Handbook.md";
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
/** `NIGHTDESK_LONG=1`: as many as a careless drag of a folder brings. */
const MANY = process.env["NIGHTDESK_LONG"] === "1" ? 5_000 : 300;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("the owner, in a vault that is being synced,", () => {
  let dir: TempDir;
  let remote: BareRemote;
  let cloud: Opened;
  let local: Opened;
  let world = 0;
  /** What somebody does in the middle of the laptop's next round. */
  let interrupt: Partial<Record<FailpointName, () => Promise<void>>> = {};

  before(async () => {
    dir = await createTempDir("owner");
  });
  after(() => dir.remove());
  beforeEach(async () => {
    world += 1;
    interrupt = {};
    const root = join(dir.path, String(world));
    remote = await createBareRemote({ path: join(root, "remote.git") });
    local = await openMachine(await makeMachine(root, "local", remote), undefined, {
      async hit(name) {
        const action = interrupt[name];
        delete interrupt[name];
        await action?.();
      },
    });
    cloud = await openMachine(await makeMachine(root, "cloud", remote));
    await putNote(local.machine, HANDBOOK, "# Handbook\n");
    for (const n of range(1, 30)) await putNote(local.machine, `Accounting/entry ${n}.md`, `entry ${n}\n`);
    for (const n of range(1, 3)) await putNote(cloud.machine, PENDING(n), replyNote(n));
    for (const n of range(4, 6)) await putNote(cloud.machine, CLOUD(n), mailNote(n));
    await settle();
  });
  afterEach(async () => {
    await cloud.close();
    await local.close();
  });

  async function settle(rounds = 2): Promise<void> {
    for (let i = 0; i < rounds; i += 1) for (const side of [local, cloud]) await side.sync();
  }
  /** Both vaults alike, no marker of a merge anywhere, no task twice in the whole history. */
  async function expectSound(): Promise<Record<string, string>> {
    const [a, b] = [await readVault(cloud.machine), await readVault(local.machine)];
    assert.deepEqual(a, b);
    for (const [path, text] of Object.entries(b)) assert.doesNotMatch(text, /^(<{7}|={7}|>{7})/m, path);
    await assertNeverTwice(remote);
    return b;
  }
  const statusOf = async (side: Opened) => {
    const status = await createStatusReporter(side.replica);
    await status.done(await side.sync());
    return status.current().message;
  };
  const inVault = (path: string) => join(local.machine.vault, path);
  const texts = async () => Object.values(await readVault(local.machine)).join("\n");
  /** As Obsidian saves: the file is cut to nothing and filled again, in pieces. */
  async function saveInPlace(path: string, text: string): Promise<void> {
    const file = await open(inVault(path), "r+");
    await file.truncate(0);
    for (let at = 0; at < text.length; at += 20) await file.write(text.slice(at, at + 20));
    await file.close();
  }
  /** As other editors save: beside it, then over it. */
  async function saveByRename(path: string, text: string): Promise<void> {
    await writeFile(`${inVault(path)}.tmp~`, text);
    await rename(`${inVault(path)}.tmp~`, inVault(path));
  }

  for (const point of [
    "after:applying-recorded",
    "after:step",
    "before:base",
    "after:base",
    "before:push",
    "after:push",
    "after:adopt",
  ] as const) {
    it(`saves a note at ${point} of a round: both texts are kept or the newer one is told`, async () => {
      await putNote(cloud.machine, CLOUD(4), replyNote(4, {}, "the cloud's words"));
      await putNote(cloud.machine, NEW(7), mailNote(7));
      await cloud.sync();
      await putNote(local.machine, HANDBOOK, "# Handbook\n\nfirst\n");
      let isReached = false;
      interrupt[point] = async () => {
        isReached = true;
        await saveInPlace(HANDBOOK, "# Handbook\n\nsecond, while a round ran\n");
        await saveByRename(CLOUD(4), replyNote(4, {}, "the owner's words"));
      };
      await local.sync();
      assert.ok(isReached, "the point was reached");
      await pause(200);
      await settle(3);
      await expectSound();
      assert.equal(await readNote(cloud.machine, HANDBOOK), "# Handbook\n\nsecond, while a round ran\n");
      assert.match(await texts(), /the owner's words/);
      // The owner wrote over what they saw: the cloud's words when those had come, else they are kept.
      if (point === "after:applying-recorded") assert.match(await texts(), /the cloud's words/);
    });
  }

  it("moves a note and edits it at once: it arrives as one", async () => {
    await saveByRename(PENDING(1), replyNote(1, {}, "better words"));
    await moveNote(local.machine, PENDING(1), APPROVED(1));
    await pause(200);
    await settle();
    const vault = await expectSound();
    assert.equal(vault[APPROVED(1)], replyNote(1, {}, "better words"));
    assert.equal(vault[PENDING(1)], undefined);
  });

  it("edits the note the cloud edits too: one stays, the other is kept under a name that says whose note it is", async () => {
    await putNote(cloud.machine, CLOUD(4), replyNote(4, {}, "words of the cloud"));
    await cloud.sync();
    await saveInPlace(CLOUD(4), replyNote(4, {}, "words of the owner"));
    await pause(200);
    await settle();
    const vault = await expectSound();
    assert.match(vault[CLOUD(4)] ?? "", /words of the cloud/);
    const kept = Object.keys(vault).filter((path) => path.startsWith("Needs_Attention/"));
    assert.equal(kept.length, 1);
    assert.match(kept[0] ?? "", /Ann 4.*\(other text [0-9a-f]{12}\)\.md$/);
    assert.match(vault[kept[0] ?? ""] ?? "", /words of the owner/);
  });

  it("renames a folder by mistake and back: nothing is lost, nothing approved", async () => {
    const before = await readVault(local.machine);
    await rename(inVault("Pending_Approval"), inVault("Pending Approval"));
    await local.sync();
    await pause(1_100);
    await settle();
    await rename(inVault("Pending Approval"), inVault("Pending_Approval")).catch(async () => {
      // Sync or an agent may have made the folder again.
      await cp(inVault("Pending Approval"), inVault("Pending_Approval"), { recursive: true });
      await rm(inVault("Pending Approval"), { recursive: true });
    });
    await pause(200);
    await settle();
    assert.deepEqual(await expectSound(), before);
    const approved = (await readHistory(remote)).filter(({ path }) => path.startsWith("Approved/"));
    assert.deepEqual(approved, []);
  });

  it("renames a large folder: sync stops with its reason, publishes nothing, and goes on when it is back", async () => {
    const tip = await remote.tip();
    await rename(inVault("Accounting"), inVault("Buchhaltung"));
    await assert.rejects(
      local.sync(),
      /30 of the vault's .* files are not in the vault folder .*was a folder dragged away/,
    );
    await pause(1_100);
    await assert.rejects(local.sync(), /Put them back and sync goes on by itself/);
    assert.equal(await remote.tip(), tip);
    await rename(inVault("Buchhaltung"), inVault("Accounting"));
    await settle();
    await expectSound();
  });

  it("deletes a note: it goes on both machines, but not when the cloud wrote in it meanwhile", async () => {
    await putNote(cloud.machine, CLOUD(5), replyNote(5, {}, "new work"));
    await cloud.sync();
    await rm(inVault(CLOUD(4)));
    await rm(inVault(CLOUD(5)));
    await local.sync();
    await pause(1_100);
    await settle();
    const vault = await expectSound();
    assert.equal(vault[CLOUD(4)], undefined);
    assert.equal(vault[CLOUD(5)], replyNote(5, {}, "new work"));
  });

  it("copies a note by hand: the copy waits with a sentence that names it, and is never published", async () => {
    await cp(inVault(PENDING(1)), inVault(APPROVED(1)));
    await pause(200);
    const message = await statusOf(local);
    assert.ok(message.includes(fileOf(1)) && message.includes("remove one of the two"), message);
    await cloud.sync();
    assert.equal(await readNote(cloud.machine, APPROVED(1)), null);
    await rm(inVault(PENDING(1)));
    await local.sync();
    await pause(1_100);
    await settle();
    const vault = await expectSound();
    assert.equal(vault[APPROVED(1)], replyNote(1));
  });

  it("puts yesterday's backup over the vault: what is done stays done, and copies wait to be looked at", async () => {
    const backup = join(dir.path, `${world}`, "backup");
    await cp(local.machine.vault, backup, { recursive: true });
    await moveNote(local.machine, PENDING(1), DONE(1));
    await putNote(local.machine, HANDBOOK, "# Handbook\n\ntoday\n");
    await putNote(local.machine, "Inbox/today.md", "today\n");
    await settle();
    await cp(backup, local.machine.vault, { recursive: true });
    await pause(200);
    const message = await statusOf(local);
    assert.ok(message.includes(fileOf(1)), message);
    await cloud.sync();
    const there = await readVault(cloud.machine);
    assert.equal(there[DONE(1)], replyNote(1));
    assert.equal(there[PENDING(1)], undefined);
    await rm(inVault(PENDING(1)));
    await local.sync();
    await pause(1_100);
    await settle();
    const vault = await expectSound();
    assert.equal(vault[DONE(1)], replyNote(1));
    assert.equal(vault["Inbox/today.md"], "today\n");
    const approved = (await readHistory(remote)).filter(({ path }) =>
      /^(Approved|In_Progress\/local)\//.test(path),
    );
    assert.deepEqual(approved, []);
  });

  it("drops hundreds (long: 5,000) of files at once: all of them arrive", async () => {
    await mkdir(inVault("Inbox"), { recursive: true });
    for (const n of range(1, MANY)) await writeFile(inVault(`Inbox/file ${n}.md`), `text ${n}\n`);
    await pause(200);
    await settle(1);
    const vault = await expectSound();
    for (const n of range(1, MANY)) assert.equal(vault[`Inbox/file ${n}.md`], `text ${n}\n`);
  });

  it("has a note emptied for a moment: the empty one is never told; emptied for good, it is", async () => {
    await truncate(inVault(HANDBOOK), 0);
    await local.sync();
    await pause(300);
    await local.sync();
    await writeFile(inVault(HANDBOOK), "# Handbook\n\nfilled again\n");
    await pause(200);
    await settle();
    assert.equal(await readNote(cloud.machine, HANDBOOK), "# Handbook\n\nfilled again\n");
    const tellings = (await readHistory(remote)).filter(({ path }) => path === HANDBOOK);
    for (const { commit } of tellings) assert.notEqual((await remote.readFile(HANDBOOK, commit)).length, 0);
    await truncate(inVault(HANDBOOK), 0);
    await local.sync();
    await pause(3_100);
    await settle();
    assert.equal(await readNote(cloud.machine, HANDBOOK), "");
  });

  it("uses editors and sync tools that write files of their own: none of them ever leaves this machine", async () => {
    const own = [
      ".obsidian/workspace.json",
      ".obsidian/plugins/evil/main.js",
      ".trash/old.md",
      "Inbox/.~lock.file.md#",
      "Inbox/~$file.docx",
      "Inbox/file.md.tmp",
      "Inbox/.syncthing.file.md.tmp",
      ".DS_Store",
      "Thumbs.db",
    ];
    for (const path of own) await putNote(local.machine, path, "x\n");
    await putNote(local.machine, "Inbox/real.md", "real\n");
    await settle();
    const files = await remote.listFiles();
    assert.ok(files.includes("Inbox/real.md"));
    for (const path of own) assert.ok(!files.includes(path), path);
    assert.deepEqual(
      (await readdir(cloud.machine.vault)).filter(
        (name) => name.startsWith(".") && name !== ".nightdesk.lock",
      ),
      [],
    );
  });
});
