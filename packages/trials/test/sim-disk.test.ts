import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { appendDurably, putFile, syncFolder } from "@nightdesk/daemon-kit/durable-write";
import { createNodeVaultFiles } from "@nightdesk/daemon-kit/node-vault-files";
import { findNode } from "../src/sim/disk-state.ts";
import { digestDisk } from "../src/sim/digest-state.ts";
import { SimDisk } from "../src/sim/sim-disk.ts";
import { surviveCrash, SURVIVORS, type Survivor } from "../src/sim/survivors.ts";

async function makeDisk(): Promise<SimDisk> {
  const disk = new SimDisk({ now: () => 1_000 });
  await disk.mkdir("/vault/a", { recursive: true });
  await disk.mkdir("/vault/b");
  for (const folder of ["", "/vault", "/vault/a", "/vault/b"]) await syncFolder(folder, disk);
  return disk;
}

function textAfter(disk: SimDisk, survivor: Survivor, path: string): string | null {
  return findNode(surviveCrash(disk.snapshot(), survivor), path)?.bytes.toString("utf8") ?? null;
}

async function writeRaw(disk: SimDisk, path: string, text: string): Promise<void> {
  const file = await disk.open(path, "w");
  await file.writeFile(text);
}

describe("the simulated disk", () => {
  it("loses the bytes of a file that was not synced, and its name when its folder was not", async () => {
    const disk = await makeDisk();
    await writeRaw(disk, "/vault/a/x", "text");
    assert.equal(textAfter(disk, "none", "/vault/a/x"), null);
    assert.equal(textAfter(disk, "names", "/vault/a/x"), "", "the name came first");
    assert.equal(textAfter(disk, "bytes", "/vault/a/x"), null, "bytes nobody can find");
    assert.equal(textAfter(disk, "all", "/vault/a/x"), "text");
    assert.equal(textAfter(disk, "kill", "/vault/a/x"), "text", "the page cache outlives the program");
    await syncFolder("/vault/a", disk);
    assert.equal(textAfter(disk, "none", "/vault/a/x"), "");
    await (await disk.open("/vault/a/x", "r")).sync();
    assert.equal(textAfter(disk, "none", "/vault/a/x"), "text");
  });

  it("forgets a rename that was not synced, and with the new folder writes down both its names", async () => {
    const disk = await makeDisk();
    await putFile("/vault/a/x", "text", { createMode: 0o600 }, disk);
    await disk.rename("/vault/a/x", "/vault/b/x");
    assert.equal(textAfter(disk, "none", "/vault/a/x"), "text");
    assert.equal(textAfter(disk, "none", "/vault/b/x"), null);
    await syncFolder("/vault/b", disk);
    assert.equal(textAfter(disk, "none", "/vault/a/x"), null);
    assert.equal(textAfter(disk, "none", "/vault/b/x"), "text");
  });

  it("loses a note of which only the leaving was written down", async () => {
    const disk = await makeDisk();
    await putFile("/vault/a/x", "text", { createMode: 0o600 }, disk);
    await disk.rename("/vault/a/x", "/vault/b/x");
    await syncFolder("/vault/a", disk);
    assert.equal(textAfter(disk, "none", "/vault/a/x"), null);
    assert.equal(textAfter(disk, "none", "/vault/b/x"), null);
  });

  it("keeps after a cut what was there before the line that was being added", async () => {
    const disk = await makeDisk();
    await appendDurably("/vault/a/log", Buffer.from("one\n"), {}, disk);
    const file = await disk.open("/vault/a/log", "r");
    await file.write(Buffer.from("two\n"));
    for (const survivor of SURVIVORS)
      assert.match(textAfter(disk, survivor, "/vault/a/log") ?? "", /^one\n(two\n|tw)?$/);
  });

  it("a finished write survives every crash, whatever is left of the rest", async () => {
    const disk = await makeDisk();
    const files = createNodeVaultFiles("/vault", disk);
    await files.write("a/note.md", "whole");
    await files.move("a/note.md", "b/note.md");
    for (const survivor of SURVIVORS) {
      assert.equal(textAfter(disk, survivor, "/vault/b/note.md"), "whole", String(survivor));
      assert.equal(textAfter(disk, survivor, "/vault/a/note.md"), null, String(survivor));
    }
  });

  it("two disks have one digest when a program would find the same on both, and only then", async () => {
    const [one, two] = [await makeDisk(), await makeDisk()];
    await putFile("/vault/a/x", "text", { createMode: 0o600 }, one);
    await putFile("/vault/a/x", "other", { createMode: 0o600 }, two);
    assert.notEqual(digestDisk(one.snapshot()), digestDisk(two.snapshot()));
    await putFile("/vault/a/x", "text", { createMode: 0o600 }, two);
    assert.equal(digestDisk(one.snapshot()), digestDisk(two.snapshot()));
    await moveAway(two);
    assert.notEqual(digestDisk(one.snapshot()), digestDisk(two.snapshot()));
  });

  it("fails as it is told, and then nothing has changed", async () => {
    const disk = new SimDisk({
      now: () => 1_000,
      fault: (call) => (call.startsWith("write ") ? "ENOSPC" : null),
    });
    await disk.mkdir("/vault", { recursive: true });
    await assert.rejects(putFile("/vault/x", "text", { createMode: 0o600 }, disk), { code: "ENOSPC" });
    assert.deepEqual(await disk.readdir("/vault"), []);
  });
});

async function moveAway(disk: SimDisk): Promise<void> {
  await disk.rename("/vault/a/x", "/vault/b/x");
}
