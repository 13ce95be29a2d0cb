import assert from "node:assert/strict";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { waitFor, withTempDir } from "@nightdesk/testkit";
import { watchVault, type Sighting } from "../src/demo/watch-vault.ts";

test("the observer sees names come and go, in folders made later too, and nothing that is hidden", async () => {
  await withTempDir(async (root) => {
    await mkdir(join(root, "Approved"));
    await writeFile(join(root, "Approved", "old.md"), "x");
    const seen: Sighting[] = [];
    const watch = watchVault(
      "local",
      root,
      () => performance.now(),
      (sighting) => seen.push(sighting),
    );
    try {
      const told = () => seen.map(({ kind, path }) => `${kind} ${path}`);
      assert.deepEqual(watch.paths(), ["Approved/old.md"]);
      assert.deepEqual(seen, [], "what was there at the start is known, not told");

      await writeFile(join(root, "Approved", ".hidden.tmp"), "x");
      await mkdir(join(root, "Done", "2026-11"), { recursive: true });
      await rename(join(root, "Approved", "old.md"), join(root, "Done", "2026-11", "old.md"));
      await waitFor(() => told().length === 2, { what: "the move to be seen", describe: told });
      assert.deepEqual(told().sort(), ["appeared Done/2026-11/old.md", "vanished Approved/old.md"]);
      assert.deepEqual(watch.paths(), ["Done/2026-11/old.md"]);

      await rm(join(root, "Done"), { recursive: true });
      await waitFor(() => told().includes("vanished Done/2026-11/old.md"), {
        what: "the folder's end to be seen",
        describe: told,
      });
      assert.deepEqual(watch.paths(), []);
    } finally {
      watch.close();
    }
  });
});
