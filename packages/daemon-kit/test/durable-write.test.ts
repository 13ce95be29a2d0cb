import assert from "node:assert/strict";
import { readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { withTempDir } from "@nightdesk/testkit";
import { removeStaleTemps, writeDurably } from "../src/durable-write.ts";

it("a state file is private, and a second write replaces it whole", () =>
  withTempDir(async (folder) => {
    const path = join(folder, "published.json");
    await writeDurably(path, "a long first text");
    await writeDurably(path, "short");
    assert.equal(await readFile(path, "utf8"), "short");
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(folder), ["published.json"]);
  }));

it("a write that fails says so with a code and leaves nothing behind", () =>
  withTempDir(async (folder) => {
    await assert.rejects(writeDurably(join(folder, "missing", "a.json"), "x"), { code: "FILE_FAILED" });
    assert.deepEqual(await readdir(folder), []);
  }));

it("only old temporary files are removed: a young one may still be written", () =>
  withTempDir(async (folder) => {
    const nowMs = 1_800_000_000_000;
    for (const [name, ageMs] of [
      ["old", 120_000],
      ["young", 1_000],
    ] as const) {
      const path = join(folder, `.nd-tmp-${name}`);
      await writeFile(path, "half");
      await utimes(path, (nowMs - ageMs) / 1000, (nowMs - ageMs) / 1000);
    }
    await writeFile(join(folder, "note.md"), "x");
    assert.equal(await removeStaleTemps(folder, nowMs), 1);
    assert.deepEqual((await readdir(folder)).sort(), [".nd-tmp-young", "note.md"]);
  }));
