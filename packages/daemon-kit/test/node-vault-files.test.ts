import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { link, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { createTempDir, runVaultFilesContract, withTempDir } from "@nightdesk/testkit";
import { NightdeskError } from "@nightdesk/claim-lib";
import { createNodeVaultFiles } from "../src/node-vault-files.ts";

runVaultFilesContract("the vault on a real disk", async () => {
  const folder = await createTempDir("vault");
  const vault = join(folder.path, "vault");
  const outside = join(folder.path, "outside");
  await mkdir(vault);
  await mkdir(outside);
  await writeFile(join(outside, "secret.md"), "secret");
  return {
    files: createNodeVaultFiles(vault),
    outside,
    plantLink: (path, target) => symlink(target, join(vault, path)),
    readOutside: (name) => readFile(join(outside, name), "utf8").catch(() => null),
    cleanUp: folder.remove,
  };
});

describe("the vault on a real disk", () => {
  it(
    "a named pipe in the vault makes no operation hang",
    { skip: process.platform === "win32" && "no mkfifo" },
    () =>
      withTempDir(async (vault) => {
        execFileSync("mkfifo", [join(vault, "pipe.md")]);
        const files = createNodeVaultFiles(vault);
        assert.deepEqual(await files.list(""), []);
        assert.equal(await files.read("pipe.md"), null);
        assert.equal(await files.stat("pipe.md"), null);
        await assert.rejects(files.append("pipe.md", "x\n"), { code: "FILE_NOT_REGULAR" });
        await assert.rejects(files.write("pipe.md", "x\n"), { code: "FILE_NOT_REGULAR" });
        await assert.rejects(files.move("pipe.md", "a.md"), { code: "FILE_NOT_REGULAR" });
      }),
  );

  it("a file far too large is left alone with a sentence", () =>
    withTempDir(async (vault) => {
      await writeFile(join(vault, "film.md"), Buffer.alloc(17 * 1024 * 1024));
      await assert.rejects(createNodeVaultFiles(vault).read("film.md"), { code: "NOTE_TOO_LARGE" });
    }));

  it("notes are readable for the owner's other programs, and no temporary file stays, also after a failure", () =>
    withTempDir(async (vault) => {
      const files = createNodeVaultFiles(vault);
      await files.write("Done/a.md", "x");
      assert.equal((await stat(join(vault, "Done/a.md"))).mode & 0o777, 0o644);
      await mkdir(join(vault, "Done/b.md"));
      await assert.rejects(files.write("Done/b.md", "x"), (error) => NightdeskError.is(error));
      assert.deepEqual((await readdir(join(vault, "Done"))).sort(), ["a.md", "b.md"]);
    }));

  it("what the disk refuses is an error with a code that may be tried again, and the note stays", () =>
    withTempDir(async (vault) => {
      const files = createNodeVaultFiles(vault);
      await files.write("a.md", "x");
      // No file system takes a name of more than 255 bytes.
      const refused = `${"n".repeat(300)}.md`;
      for (const attempt of [
        files.write(refused, "y"),
        files.append(refused, "y"),
        files.move("a.md", refused),
      ]) {
        await assert.rejects(attempt, { code: "FILE_FAILED", retry: "safe" });
      }
      assert.equal(await files.read("a.md"), "x");
      assert.deepEqual(await readdir(vault), ["a.md"]);
    }));

  it("a second name of the same file counts as taken, because renaming onto it would do nothing", () =>
    withTempDir(async (vault) => {
      const files = createNodeVaultFiles(vault);
      await files.write("a.md", "x");
      await link(join(vault, "a.md"), join(vault, "A.md"));
      await assert.rejects(files.move("a.md", "A.md"), { code: "CLAIM_TARGET_EXISTS" });
    }));

  it("a line that a crash cut short does not swallow the next one", () =>
    withTempDir(async (vault) => {
      await writeFile(join(vault, "log.jsonl"), '{"a":1}\n{"b":');
      const files = createNodeVaultFiles(vault);
      await files.append("log.jsonl", '{"c":3}\n');
      assert.equal(await files.read("log.jsonl"), '{"a":1}\n{"b":\n{"c":3}\n');
    }));

  it("lines added at the same time stand one below the other, without a gap", () =>
    withTempDir(async (vault) => {
      const files = createNodeVaultFiles(vault);
      // Longer than a page: half of such a line can be seen while it is written.
      const lines = Array.from({ length: 60 }, (_, n) => JSON.stringify({ n, text: "x".repeat(9_000) }));
      await Promise.all(lines.map((line) => files.append("log.jsonl", `${line}\n`)));
      const written = (await files.read("log.jsonl"))?.split("\n").slice(0, -1) ?? [];
      assert.deepEqual(written, lines);
    }));

  it("links and folders are named apart from the files", () =>
    withTempDir(async (vault) => {
      await mkdir(join(vault, "folder.md"));
      await writeFile(join(vault, "note.md"), "x");
      await symlink("note.md", join(vault, "link.md"));
      const files = createNodeVaultFiles(vault);
      assert.deepEqual(await files.list(""), ["note.md"]);
      assert.deepEqual(await files.listOdd?.(""), ["folder.md", "link.md"]);
    }));

  it("unfinished files of a killed process are not listed", () =>
    withTempDir(async (vault) => {
      await writeFile(join(vault, ".nd-tmp-0011"), "half");
      assert.deepEqual(await createNodeVaultFiles(vault).list(""), []);
    }));
});
