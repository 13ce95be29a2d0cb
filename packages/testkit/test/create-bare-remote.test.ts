import assert from "node:assert/strict";
import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { createBareRemote, runGit, withTempDir } from "@nightdesk/testkit";

async function commitFile(clone: string, name: string, text: string): Promise<void> {
  await writeFile(join(clone, name), text);
  await runGit(["add", name], clone);
  await runGit(["commit", "--quiet", "-m", `add ${name}`], clone);
}

test("a real clone can push to it, and the test reads back what arrived", async () => {
  const remote = await createBareRemote();
  try {
    assert.equal(await remote.tip(), null);
    assert.deepEqual(await remote.listFiles(), []);
    await withTempDir(async (clone) => {
      await runGit(["clone", "--quiet", remote.path, clone], clone);
      await commitFile(clone, "Grüße ~x.md", "bytes\r\n");
      await runGit(["push", "--quiet", "origin", "HEAD:main"], clone);
      assert.equal(await remote.tip(), await runGit(["rev-parse", "HEAD"], clone));
    });
    assert.deepEqual(await remote.listFiles(), ["Grüße ~x.md"]);
    assert.equal((await remote.readFile("Grüße ~x.md")).toString(), "bytes\r\n");
    assert.equal((await remote.commits()).length, 1);
  } finally {
    await remote.remove();
  }
});

test("history once pushed cannot be rewritten or deleted, not even by force", async () => {
  const remote = await createBareRemote();
  try {
    await withTempDir(async (clone) => {
      await runGit(["clone", "--quiet", remote.path, clone], clone);
      await commitFile(clone, "a.md", "1");
      await runGit(["push", "--quiet", "origin", "HEAD:main"], clone);
      const tip = await remote.tip();
      await runGit(["commit", "--quiet", "--amend", "-m", "rewritten"], clone);
      for (const refspec of ["+HEAD:main", ":main"]) {
        await assert.rejects(runGit(["push", "origin", refspec], clone), (error) =>
          NightdeskError.is(error, "GIT_FAILED"),
        );
      }
      assert.equal(await remote.tip(), tip);
    });
  } finally {
    await remote.remove();
  }
});

test("git's own words are in the error when it fails", async () => {
  await withTempDir(async (folder) => {
    await assert.rejects(runGit(["rev-parse", "HEAD"], folder), (error) => {
      assert.ok(NightdeskError.is(error, "GIT_FAILED"));
      assert.match(error.message, /not a git repository/);
      return true;
    });
  });
});

test("a temporary folder is gone afterwards, also when the work failed", async () => {
  let path = "";
  await assert.rejects(
    withTempDir(async (folder) => {
      path = folder;
      await writeFile(join(folder, "a.md"), "x");
      throw new Error("the work failed");
    }),
    /the work failed/,
  );
  await assert.rejects(access(path), { code: "ENOENT" });
});
