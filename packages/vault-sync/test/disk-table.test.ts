import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, readdir, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { createFakeClock, withTempDir } from "@nightdesk/testkit";
import { DiskTable } from "../src/disk-table.ts";
import { createNodeDisk } from "../src/node-disk.ts";
import { createMemoryDisk } from "./support/memory-disk.ts";
import { fileOf } from "./support/notes.ts";

const NEW = `Needs_Action/cloud-email/${fileOf(1)}`;
const CLAIMED = `In_Progress/cloud/${fileOf(1)}`;
const OLD = { mtimeMs: 0 };

/** Everything the table knows; nothing was synced yet, so all of it is news. */
async function pathsOf(table: DiskTable): Promise<string[]> {
  return [...(await table.index.differences())].filter(([, oid]) => oid !== null).map(([path]) => path);
}

function setUp() {
  const clock = createFakeClock();
  const disk = createMemoryDisk(clock);
  return { clock, disk, table: new DiskTable(disk, clock) };
}

describe("a file is taken", () => {
  it("only when it has held still, and not a moment later", async () => {
    const { clock, disk, table } = setUp();
    disk.put(NEW, "half");
    const first = await table.look("all");
    assert.deepEqual([...first.busy], [NEW]);
    assert.equal(table.index.get(NEW), undefined);
    assert.equal(first.retryInMs, 150);
    await clock.advance(100);
    disk.put(NEW, "whole");
    assert.equal((await table.look([])).retryInMs, 150);
    await clock.advance(150);
    assert.deepEqual([...(await table.look([])).busy], []);
    assert.notEqual(table.index.get(NEW), undefined);
  });

  it("not when it changed while it was read", async () => {
    const { clock, disk, table } = setUp();
    disk.put(NEW, "one", OLD);
    disk.onRead = (path) => disk.put(path, "two");
    const result = await table.look("all");
    assert.deepEqual([...result.busy], [NEW]);
    assert.equal(table.index.get(NEW), undefined);
    disk.onRead = null;
    await clock.advance(200);
    await table.look([]);
    assert.notEqual(table.index.get(NEW), undefined);
  });

  it("without being read when it was only renamed, however fresh it is", async () => {
    const { clock, disk, table } = setUp();
    disk.put(NEW, "text", OLD);
    await table.look("all");
    const oid = table.index.get(NEW);
    disk.reads.length = 0;
    disk.rename(NEW, CLAIMED);
    const result = await table.look(["Needs_Action/cloud-email", "In_Progress/cloud"]);
    assert.deepEqual(
      [[...result.busy], table.index.get(CLAIMED), table.index.get(NEW)],
      [[], oid, undefined],
    );
    assert.deepEqual(disk.reads, []);
    assert.ok(clock.now() > 0);
  });

  it("a sudden drop to nothing waits longer", async () => {
    const { clock, disk, table } = setUp();
    disk.put(NEW, "text", OLD);
    await table.look("all");
    const oid = table.index.get(NEW);
    disk.put(NEW, "");
    await clock.advance(1000);
    assert.deepEqual([...(await table.look("all")).busy], [NEW]);
    assert.equal(table.index.get(NEW), oid);
    await clock.advance(2500);
    await table.look("all");
    assert.notEqual(table.index.get(NEW), oid);
  });

  it("a record is taken as soon as its line is whole", async () => {
    const { disk, table } = setUp();
    disk.put("Logs/cloud/a.jsonl", "1\n2");
    await table.look("all");
    assert.equal(table.index.get("Logs/cloud/a.jsonl"), undefined);
    disk.put("Logs/cloud/a.jsonl", "1\n2\n");
    await table.look("all");
    assert.notEqual(table.index.get("Logs/cloud/a.jsonl"), undefined);
  });

  it("never when it is too large, not of a kind that syncs, or in no folder of the vault", async () => {
    const { clock, disk, table } = setUp();
    disk.put(NEW, "x".repeat(300_000), OLD);
    for (const path of [
      ".env",
      ".obsidian/app.json",
      "Inbox/.secret.md",
      "Inbox/x.exe",
      "Other/x.md",
      "Pending_Approval/email/loose.md",
    ]) {
      disk.put(path, "x", OLD);
    }
    const result = await table.look("all");
    assert.deepEqual(await pathsOf(table), []);
    assert.deepEqual(
      result.notTaken.map(({ path }) => path),
      [NEW],
    );
    assert.equal(result.retryInMs, null);
    assert.ok(clock.now() > 0);
  });
});

describe("a file is believed to be gone", () => {
  it("only after it was looked for everywhere, twice", async () => {
    const { clock, disk, table } = setUp();
    disk.put(NEW, "text", OLD);
    await table.look("all");
    disk.erase(NEW);
    const first = await table.look(["Needs_Action/cloud-email"]);
    assert.deepEqual([...first.gone], [NEW]);
    assert.notEqual(table.index.get(NEW), undefined);
    await clock.advance(1100);
    await table.look([]);
    assert.equal(table.index.get(NEW), undefined);
  });

  it("not when it was moved to a folder nobody told us of", async () => {
    const { disk, table } = setUp();
    disk.put(NEW, "text", OLD);
    await table.look("all");
    disk.rename(NEW, `Done/2025-01/${fileOf(1)}`);
    const result = await table.look(["Needs_Action/cloud-email"]);
    assert.deepEqual([...result.gone], []);
    assert.deepEqual(await pathsOf(table), [`Done/2025-01/${fileOf(1)}`]);
  });

  it("not twice there when it was moved between the looks at its two folders", async () => {
    const { disk, table } = setUp();
    disk.put(NEW, "text", OLD);
    await table.look("all");
    // Listed at its old place first, then moved, then listed at its new one.
    disk.onList = (folder) => {
      if (folder === "Needs_Action/cloud-email") disk.rename(NEW, CLAIMED);
    };
    await table.look(["Needs_Action/cloud-email", "In_Progress/cloud"]);
    assert.deepEqual(await pathsOf(table), [CLAIMED]);
  });

  it("not nowhere when it was moved the other way round", async () => {
    const { disk, table } = setUp();
    disk.put(NEW, "text", OLD);
    await table.look("all");
    disk.onList = (folder) => {
      if (folder === "In_Progress/cloud") disk.rename(NEW, CLAIMED);
    };
    await table.look(["In_Progress/cloud", "Needs_Action/cloud-email"]);
    assert.deepEqual(await pathsOf(table), [CLAIMED]);
  });

  it("a copy made by hand stands twice", async () => {
    const { disk, table } = setUp();
    disk.put(NEW, "text", OLD);
    await table.look("all");
    disk.put(`Approved/${fileOf(1)}`, "text", OLD);
    await table.look(["Approved"]);
    assert.deepEqual((await pathsOf(table)).sort(), [`Approved/${fileOf(1)}`, NEW]);
  });
});

describe("the real disk", () => {
  it("links, pipes and folders are never read, written through or followed", async () => {
    await withTempDir(async (root) => {
      const vault = join(root, "vault");
      await mkdir(join(vault, "Inbox"), { recursive: true });
      await writeFile(join(root, "secret.md"), "secret");
      await symlink(join(root, "secret.md"), join(vault, "Inbox", "link.md"));
      await symlink(root, join(vault, "Approved"));
      await mkdir(join(vault, "Inbox", "folder.md"));
      execFileSync("mkfifo", [join(vault, "Inbox", "pipe.md")]);
      const disk = createNodeDisk(vault);
      assert.deepEqual((await disk.list("Inbox"))?.files, []);
      assert.equal(await disk.list("Approved"), null);
      assert.equal(await disk.read("Inbox/link.md", 100), null);
      assert.equal(await disk.read("Approved/secret.md", 100), null);
      assert.equal(await disk.stat("Approved/secret.md"), null);
      for (const path of ["Inbox/link.md", "Approved/new.md", "../outside.md", "a/../../b.md"]) {
        await assert.rejects(
          async () => disk.write(path, Buffer.from("x"), null),
          (error) => NightdeskError.is(error, "PATH_UNSAFE"),
          path,
        );
      }
      assert.deepEqual((await createNodeDisk(root).read("secret.md", 100))?.bytes.toString(), "secret");
    });
  });

  it("a missing vault is said to be missing, and nothing is made", async () => {
    await withTempDir(async (root) => {
      const disk = createNodeDisk(join(root, "nowhere"));
      await assert.rejects(disk.checkRoot(), (error) => NightdeskError.is(error, "VAULT_MISSING"));
    });
  });
});

it("what a killed write left behind is cleared away after a minute; a write under way is left alone", () =>
  withTempDir(async (vault) => {
    const folder = join(vault, "Approved");
    await mkdir(folder);
    await writeFile(join(folder, ".nd-tmp-old"), "half");
    await writeFile(join(folder, ".nd-tmp-new"), "half");
    await utimes(join(folder, ".nd-tmp-old"), 1_000, 1_000);
    const listing = await createNodeDisk(vault).list("Approved");
    assert.deepEqual(listing?.files, []);
    assert.deepEqual(await readdir(folder), [".nd-tmp-new"]);
  }));
