import assert from "node:assert/strict";
import { test } from "node:test";
import {
  claimTask,
  deriveTaskId,
  isConfirmed,
  listTasks,
  makeTaskName,
  releaseTask,
  taskKey,
  type VaultFiles,
} from "@nightdesk/claim-lib";
import { withTempDir } from "@nightdesk/testkit";
import { createNodeVaultFiles } from "../src/node-vault-files.ts";

const id = deriveTaskId("em", "gmail", "owner@shop.example", "18c2f");
const name = makeTaskName({ date: "2026-11-21", who: "Anna Berg", subject: "Angebot 2291", id, rev: 1 });
/** Claims are a promise about a real disk's rename. */
const onDisk = (run: (files: VaultFiles) => Promise<void>) => () =>
  withTempDir(async (dir) => run(createNodeVaultFiles(dir)));
const waiting = `Needs_Action/cloud-email/${name}`;

test(
  "the first to move a task owns it; the second finds no source and leaves it alone",
  onDisk(async (files) => {
    await files.write(waiting, "note");
    const claimed = await claimTask(files, waiting, "cloud");
    assert.equal(claimed, `In_Progress/cloud/${name}`);
    await assert.rejects(claimTask(files, waiting, "local"), { code: "CLAIM_LOST" });
    assert.deepEqual(await files.list("In_Progress/local"), []);
  }),
);

test(
  "a claim never overwrites what lies at its target",
  onDisk(async (files) => {
    await files.write(waiting, "new");
    await files.write(`In_Progress/cloud/${name}`, "old");
    await assert.rejects(claimTask(files, waiting, "cloud"), { code: "CLAIM_TARGET_EXISTS" });
    assert.equal(await files.read(waiting), "new");
    assert.equal(await files.read(`In_Progress/cloud/${name}`), "old");
  }),
);

test("a claim counts only once the published tip holds it", () => {
  const at = "2026-11-21T08:00:00Z";
  const claimed = `In_Progress/cloud/${name}`;
  assert.equal(isConfirmed(null, claimed), false);
  assert.equal(isConfirmed({ tip: "a", at, paths: [] }, claimed), false);
  assert.equal(isConfirmed({ tip: "a", at, paths: [`In_Progress/local/${name}`] }, claimed), false);
  assert.equal(isConfirmed({ tip: "a", at, paths: [claimed] }, claimed), true);
});

test(
  "a released task is where anyone may take it again",
  onDisk(async (files) => {
    await files.write(waiting, "note");
    const claimed = await claimTask(files, waiting, "cloud");
    assert.equal(await releaseTask(files, claimed, "cloud-email"), waiting);
    assert.deepEqual(
      (await listTasks(files, "Needs_Action/cloud-email")).map((task) => task.name.id),
      [id],
    );
  }),
);

test("two watchers that see one mail make one and the same task", () => {
  assert.equal(deriveTaskId("em", "gmail", "owner@shop.example", "18c2f"), id);
  assert.notEqual(deriveTaskId("em", "gmail", "owner@shop.example", "18c30"), id);
  assert.equal(taskKey(`Approved/${name}`), `${id}-r1`);
  assert.equal(taskKey("Approved/my notes.md"), null);
});
