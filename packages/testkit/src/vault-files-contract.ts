import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { NightdeskError, type VaultFiles } from "@nightdesk/claim-lib";

export interface VaultFilesSetup {
  files: VaultFiles;
  /** Puts a symbolic link into the vault, where the implementation has such a thing. */
  plantLink?: (path: string, target: string) => Promise<void>;
  /** A folder outside the vault with a file `secret.md` in it; needed with `plantLink`. */
  outside?: string;
  /** Reads a file outside the vault, to see that nothing was written there. */
  readOutside?: (name: string) => Promise<string | null>;
  cleanUp?: () => Promise<void>;
}

const NOTE = "Needs_Action/cloud-email/a.md";
const CLAIMED = "In_Progress/cloud/a.md";

/** Registers the tests every VaultFiles must pass. `setup` makes an empty vault for each of them. */
export function runVaultFilesContract(name: string, setup: () => Promise<VaultFilesSetup>): void {
  describe(`${name} keeps the VaultFiles contract`, () => {
    let given: VaultFilesSetup;
    beforeEach(async () => {
      given = await setup();
    });
    afterEach(async () => {
      await given.cleanUp?.();
    });
    const files = () => given.files;

    testReading(files);
    testWriting(files);
    testAppending(files);
    testMoving(files);
    testPaths(files);
    testLinks(() => given);
  });
}

function testReading(files: () => VaultFiles): void {
  it("what is missing reads as null, and a missing folder lists as empty", async () => {
    assert.equal(await files().read("nowhere/a.md"), null);
    assert.equal(await files().stat("a.md"), null);
    assert.deepEqual(await files().list("nowhere"), []);
    await files().write("file.md", "x");
    assert.equal(await files().read("file.md/below.md"), null, "a file is no folder");
  });

  it("a folder lists the names of its own files, sorted, without its folders", async () => {
    for (const path of ["Done/b.md", "Done/a.md", "Done/2026-11/c.md", "top.md"])
      await files().write(path, path);
    assert.deepEqual(await files().list("Done"), ["a.md", "b.md"]);
    assert.deepEqual(await files().list(""), ["top.md"]);
    assert.equal(await files().read("Done/2026-11"), null, "a folder has no text");
    assert.equal(await files().stat("Done/2026-11"), null, "a folder is no file");
  });

  it("stat tells the size in bytes, and a replaced file from an untouched one", async () => {
    await files().write(NOTE, "Grüße €");
    const first = await files().stat(NOTE);
    assert.equal(first?.size, Buffer.byteLength("Grüße €", "utf8"));
    assert.deepEqual(await files().stat(NOTE), first);
    await files().write(NOTE, "Grüße £");
    assert.notDeepEqual(await files().stat(NOTE), first);
  });
}

function testWriting(files: () => VaultFiles): void {
  it("what was written is read back to the byte, line breaks and odd signs included", async () => {
    for (const text of ["", "a\r\nb\n\n", "\u{1f600} \u202e\u200b", "\u{feff}mark"]) {
      await files().write(NOTE, text);
      assert.equal(await files().read(NOTE), text);
    }
  });

  it("a write makes the folders it needs and replaces what is there", async () => {
    await files().write("Logs/cloud/2026-11-21.jsonl", "one");
    await files().write("Logs/cloud/2026-11-21.jsonl", "two");
    assert.equal(await files().read("Logs/cloud/2026-11-21.jsonl"), "two");
    assert.deepEqual(await files().list("Logs/cloud"), ["2026-11-21.jsonl"], "and leaves no temporary file");
  });

  it("a write where a folder stands is refused and changes nothing", async () => {
    await files().write("Done/2026-11/a.md", "kept");
    await rejectsWithSomeCode(files().write("Done/2026-11", "x"));
    await rejectsWithSomeCode(files().write("Done/2026-11/a.md/b.md", "x"));
    assert.equal(await files().read("Done/2026-11/a.md"), "kept");
  });

  it("removing takes the file away, and is quiet when it is gone already", async () => {
    await files().write(NOTE, "x");
    await files().remove(NOTE);
    await files().remove(NOTE);
    await files().remove("nowhere/a.md");
    assert.equal(await files().read(NOTE), null);
  });
}

function testAppending(files: () => VaultFiles): void {
  it("appending keeps every line there was, and creates the file when it is missing", async () => {
    const path = "Logs/local/2026-11-21.jsonl";
    await files().append(path, "one\n");
    await files().append(path, "two ä\n");
    await files().append(path, "three\n");
    assert.equal(await files().read(path), "one\ntwo ä\nthree\n");
  });

  it("lines appended at the same time all arrive whole", async () => {
    const path = "Logs/local/2026-11-21.jsonl";
    const lines = Array.from({ length: 20 }, (_, i) => `line ${i} ${"x".repeat(300)}\n`);
    await Promise.all(lines.map((line) => files().append(path, line)));
    const found = ((await files().read(path)) ?? "").split(/(?<=\n)/);
    assert.deepEqual(found.toSorted(), lines.toSorted());
  });
}

function testMoving(files: () => VaultFiles): void {
  it("a move takes the file, with its bytes, to the new place and makes its folder", async () => {
    await files().write(NOTE, "text");
    await files().move(NOTE, CLAIMED);
    assert.equal(await files().read(NOTE), null);
    assert.equal(await files().read(CLAIMED), "text");
  });

  it("a move keeps the inode and the time, so that it can be told from a rewrite", async () => {
    await files().write(NOTE, "text");
    const before = await files().stat(NOTE);
    await files().move(NOTE, CLAIMED);
    assert.deepEqual(await files().stat(CLAIMED), before);
  });

  it("who moves a file that is gone gets CLAIM_LOST", async () => {
    await rejectsWith(files().move(NOTE, CLAIMED), "CLAIM_LOST");
    assert.equal(await files().read(CLAIMED), null);
  });

  it("of many movers of one file exactly one wins and the others get CLAIM_LOST", async () => {
    await files().write(NOTE, "text");
    const targets = Array.from({ length: 10 }, (_, i) => `In_Progress/agent-${i}/a.md`);
    const outcomes = await Promise.allSettled(targets.map((target) => files().move(NOTE, target)));
    const reasons = outcomes
      .filter((outcome) => outcome.status === "rejected")
      .map((outcome) => outcome.reason);
    assert.equal(reasons.length, targets.length - 1);
    for (const reason of reasons) assert.ok(NightdeskError.is(reason, "CLAIM_LOST"), String(reason));
    const found = await Promise.all(targets.map((target) => files().read(target)));
    assert.deepEqual(
      found.filter((text) => text !== null),
      ["text"],
    );
  });

  it("a target that is taken is never overwritten: CLAIM_TARGET_EXISTS, and both files stay", async () => {
    await files().write(NOTE, "mine");
    await files().write(CLAIMED, "theirs");
    await rejectsWith(files().move(NOTE, CLAIMED), "CLAIM_TARGET_EXISTS");
    assert.equal(await files().read(NOTE), "mine");
    assert.equal(await files().read(CLAIMED), "theirs");
  });

  it("a folder is never moved as if it were a note", async () => {
    await files().write("Done/2026-11/a.md", "kept");
    await rejectsWithSomeCode(files().move("Done/2026-11", "Rejected/2026-11"));
    assert.equal(await files().read("Done/2026-11/a.md"), "kept");
  });
}

function testPaths(files: () => VaultFiles): void {
  for (const path of ["../a.md", "a/../../b.md", "/etc/hosts", "a//b.md", "a/./b.md", "a\0.md"]) {
    it(`the path ${JSON.stringify(path)} is refused by every operation`, async () => {
      await files().write("kept.md", "kept");
      await rejectsWith(files().read(path), "PATH_OUTSIDE_VAULT");
      await rejectsWith(files().stat(path), "PATH_OUTSIDE_VAULT");
      await rejectsWith(files().list(path), "PATH_OUTSIDE_VAULT");
      await rejectsWith(files().write(path, "x"), "PATH_OUTSIDE_VAULT");
      await rejectsWith(files().append(path, "x"), "PATH_OUTSIDE_VAULT");
      await rejectsWith(files().remove(path), "PATH_OUTSIDE_VAULT");
      await rejectsWith(files().move(path, "b.md"), "PATH_OUTSIDE_VAULT");
      await rejectsWith(files().move("kept.md", path), "PATH_OUTSIDE_VAULT");
      assert.equal(await files().read("kept.md"), "kept");
    });
  }
}

function testLinks(given: () => VaultFilesSetup): void {
  it("a link to a file outside is neither listed nor read, and nothing is written through it", async (t) => {
    const { files, plantLink, outside, readOutside } = given();
    if (!plantLink || !outside || !readOutside) return t.skip("this implementation has no links");
    await files.write("Done/real.md", "real");
    await plantLink("Done/link.md", `${outside}/secret.md`);
    assert.deepEqual(await files.list("Done"), ["real.md"]);
    assert.equal(await files.read("Done/link.md"), null);
    assert.equal(await files.stat("Done/link.md"), null);
    // A write may replace the link or refuse it; it must not reach through.
    await files.write("Done/link.md", "x").catch(expectOurs);
    await plantLink("Done/log.md", `${outside}/secret.md`);
    await files.append("Done/log.md", "x").catch(expectOurs);
    await files.move("Done/log.md", "Done/moved.md").catch(expectOurs);
    assert.equal(await files.read("Done/moved.md"), null);
    assert.equal(await readOutside("secret.md"), "secret");
  });

  it("a folder that is a link leads nowhere", async (t) => {
    const { files, plantLink, outside, readOutside } = given();
    if (!plantLink || !outside || !readOutside) return t.skip("this implementation has no links");
    await plantLink("Approved", outside);
    await files.write("kept.md", "kept");
    for (const attempt of [
      () => files.read("Approved/secret.md"),
      () => files.list("Approved"),
      () => files.write("Approved/new.md", "x"),
      () => files.append("Approved/new.md", "x"),
      () => files.move("kept.md", "Approved/new.md"),
      () => files.move("Approved/secret.md", "stolen.md"),
      () => files.remove("Approved/secret.md"),
    ]) {
      const answer = await attempt().catch(expectOurs);
      assert.ok(answer === undefined || answer === null || answer.length === 0, "nothing came from outside");
    }
    assert.equal(await readOutside("secret.md"), "secret");
    assert.equal(await readOutside("new.md"), null);
    assert.equal(await files.read("kept.md"), "kept");
  });
}

function expectOurs(error: unknown): undefined {
  assert.ok(NightdeskError.is(error), `an error with a code, not ${String(error)}`);
}

async function rejectsWith(work: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(NightdeskError.is(error), `an error with a code, not ${String(error)}`);
    assert.equal(error.code, code);
    return true;
  });
}

async function rejectsWithSomeCode(work: Promise<unknown>): Promise<void> {
  await assert.rejects(work, (error) => NightdeskError.is(error));
}
