import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryVaultFiles, runVaultFilesContract } from "@nightdesk/testkit";

runVaultFilesContract("memory-vault-files", async () => ({ files: createMemoryVaultFiles() }));

test("the snapshot holds every file that was given or written, and nothing that was moved away", async () => {
  const files = createMemoryVaultFiles({ "Approved/a.md": "a", "STOP.md": "" });
  await files.move("Approved/a.md", "In_Progress/local/a.md");
  assert.deepEqual(files.snapshot(), { "STOP.md": "", "In_Progress/local/a.md": "a" });
});

test("the file's time comes from the clock the test gave", async () => {
  let nowMs = 1000;
  const files = createMemoryVaultFiles({}, () => nowMs);
  await files.write("a.md", "1");
  nowMs = 2000;
  await files.append("a.md", "2");
  assert.equal((await files.stat("a.md"))?.mtimeMs, 2000);
});
