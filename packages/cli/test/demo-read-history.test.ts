import assert from "node:assert/strict";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createBareRemote, readHistory, runGit, withTempDir } from "@nightdesk/testkit";
import { idsEverIn } from "../src/demo/read-history.ts";

const FILE = "2026-11-21 Anna - Order ~em_0123456789abcdef-r1.md";

test("what was ever in a folder is read from the remote's history, also when it was moved on since", async () => {
  const remote = await createBareRemote();
  try {
    assert.deepEqual(await readHistory(remote), [], "a remote without a commit has no history");
    await withTempDir(async (root) => {
      const git = (...args: string[]) => runGit(args, root);
      await git("clone", "--quiet", remote.path, root);
      await mkdir(join(root, "Pending_Approval/email"), { recursive: true });
      await mkdir(join(root, "Approved"));
      await writeFile(join(root, "Pending_Approval/email", FILE), "note\n");
      await writeFile(join(root, "Dashboard.md"), "one\n");
      await git("add", ".");
      await git("commit", "--quiet", "-m", "one");
      await rename(join(root, "Pending_Approval/email", FILE), join(root, "Approved", FILE));
      await writeFile(join(root, "Dashboard.md"), "two\n");
      await git("add", "-A");
      await git("commit", "--quiet", "-m", "two");
      await git("push", "--quiet", "origin", "HEAD:refs/heads/main");
    });
    const history = await readHistory(remote);
    assert.deepEqual(
      history.map(({ kind, path }) => `${kind} ${path}`),
      [
        "A Dashboard.md",
        `A Pending_Approval/email/${FILE}`,
        `A Approved/${FILE}`,
        "M Dashboard.md",
        `D Pending_Approval/email/${FILE}`,
      ],
    );
    assert.equal(new Set(history.map(({ commit }) => commit)).size, 2);
    assert.deepEqual([...idsEverIn(history, "Pending_Approval")], ["em_0123456789abcdef"]);
    assert.deepEqual([...idsEverIn(history, "Rejected")], []);
  } finally {
    await remote.remove();
  }
});
