import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { parse } from "dotenv";
import { withTempDir } from "@nightdesk/testkit";
import { runCli } from "./run-cli.ts";

for (const zone of ["cloud", "local"] as const) {
  it(`init writes a private settings file for ${zone}, each line explained`, () =>
    withTempDir(async (folder) => {
      const { code, out } = await runCli(["init", "--type", zone, "--dir", folder], { HOME: "/home/anna" });
      assert.equal(code, 0);
      const file = join(folder, ".env");
      assert.ok(out.includes(file));
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      const text = await readFile(file, "utf8");
      const values = parse(text);
      assert.equal(values["AGENT_TYPE"], zone);
      assert.equal(values["VAULT_PATH"], "/home/anna/nightdesk-vault");
      assert.equal(values["GMAIL_REFRESH_TOKEN"], "", "left for the owner");
      const lines = text.split("\n");
      for (const [index, line] of lines.entries()) {
        if (/^(# )?[A-Z_]+=/.test(line))
          assert.match(lines[index - 1] ?? "", /^# \S/, `a comment above ${line}`);
      }
    }));
}

it("what only the laptop may hold or do is not even named in the cloud's file", () =>
  withTempDir(async (folder) => {
    await runCli(["init", "--type", "cloud", "--dir", folder]);
    const text = await readFile(join(folder, ".env"), "utf8");
    assert.doesNotMatch(text, /UNDO_WINDOW|MAX_EMAILS|RECEIPT|SMTP|gmail\.compose/);
  }));

it("settings that are there are never overwritten, and with --force they are kept beside the new ones", () =>
  withTempDir(async (folder) => {
    const file = join(folder, ".env");
    await writeFile(file, "MINE=1\n", { mode: 0o600 });
    const refused = await runCli(["init", "--type", "local", "--dir", folder]);
    assert.equal(refused.code, 1);
    assert.match(refused.err, /left as it is.*--force/);
    assert.equal(await readFile(file, "utf8"), "MINE=1\n");

    for (const kept of [".env.old", ".env.old2"]) {
      const before = await readFile(file, "utf8");
      const forced = await runCli(["init", "--type", "local", "--dir", folder, "--force"]);
      assert.equal(forced.code, 0);
      assert.ok(forced.out.includes(join(folder, kept)));
      assert.equal(await readFile(join(folder, kept), "utf8"), before);
      assert.equal((await stat(join(folder, kept))).mode & 0o777, 0o600);
    }
    assert.equal(parse(await readFile(file))["AGENT_TYPE"], "local");
    assert.deepEqual((await readdir(folder)).sort(), [".env", ".env.old", ".env.old2"]);
  }));

it("--force on an empty folder just writes", () =>
  withTempDir(async (folder) => {
    assert.equal(
      (await runCli(["init", "--type", "cloud", "--dir", join(folder, "new"), "--force"])).code,
      0,
    );
    assert.deepEqual(await readdir(join(folder, "new")), [".env"]);
  }));
