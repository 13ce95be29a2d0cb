import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { withTempDir } from "@nightdesk/testkit";
import { holdLock } from "../src/process-lock.ts";
import { startProgram } from "./start-program.ts";

it("a second process of the same kind does not start, and is told what to do", (t) =>
  withTempDir(async (folder) => {
    const path = join(folder, "vault-sync.lock");
    const first = startProgram(t, "hold-lock.ts", [path]);
    assert.equal(await first.nextLine(), "held");
    assert.throws(() => holdLock(path, "vault-sync"), {
      code: "LOCK_HELD",
      retry: "never",
      message: /Another vault-sync already runs .*pm2 ls/s,
    });
    await first.kill();
    holdLock(path, "vault-sync").release();
  }));

it("a process killed in any way leaves no lock behind", (t) =>
  withTempDir(async (folder) => {
    const path = join(folder, "a.lock");
    for (let round = 0; round < 3; round += 1) {
      const holder = startProgram(t, "hold-lock.ts", [path]);
      assert.equal(await holder.nextLine(), "held");
      await holder.kill();
    }
    const lock = holdLock(path, "local-agent");
    assert.throws(() => holdLock(path, "local-agent"), { code: "LOCK_HELD" }, "also within one process");
    lock.release();
    lock.release();
    holdLock(path, "local-agent").release();
  }));

it("a lock file that cannot be used stops the start with a sentence", () =>
  withTempDir(async (folder) => {
    assert.throws(() => holdLock(join(folder, "missing", "a.lock"), "vault-sync"), { code: "FILE_FAILED" });
  }));
