import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { withTempDir } from "@nightdesk/testkit";
import { makeState } from "../src/init/make-state.ts";
import { seedVault } from "../src/init/seed-vault.ts";

it("the laptop gets both keys, the cloud never the one that signs approvals, and all is private", () =>
  withTempDir(async (folder) => {
    for (const [zone, names] of [
      ["cloud", ["sync.pem", "sync.pem.pub"]],
      ["local", ["receipt.pem", "receipt.pub.pem", "sync.pem", "sync.pem.pub"]],
    ] as const) {
      const state = join(folder, zone);
      await mkdir(state, { mode: 0o755 });
      await chmod(state, 0o755);
      await makeState(state, zone);
      const keys = join(state, "keys");
      assert.deepEqual((await readdir(keys)).sort(), names);
      for (const path of [state, keys]) assert.equal((await stat(path)).mode & 0o777, 0o700);
      for (const name of names) assert.equal((await stat(join(keys, name))).mode & 0o777, 0o600);
    }
  }));

it("the public halves belong to the private ones, and ssh-keygen reads the one for commits", () =>
  withTempDir(async (folder) => {
    await makeState(folder, "local");
    const read = (name: string) => readFile(join(folder, "keys", name), "utf8");
    const signature = sign(null, Buffer.from("x"), createPrivateKey(await read("receipt.pem")));
    assert.ok(verify(null, Buffer.from("x"), createPublicKey(await read("receipt.pub.pem")), signature));

    const line = await read("sync.pem.pub");
    assert.match(line, /^ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI\S+ nightdesk-local\n$/);
    const blob = Buffer.from(line.split(" ")[1] ?? "", "base64");
    const { x } = createPublicKey(await read("sync.pem")).export({ format: "jwk" });
    assert.deepEqual(blob.subarray(-32), Buffer.from(x ?? "", "base64url"));
  }));

it("ssh-keygen accepts the public key", (t) =>
  withTempDir(async (folder) => {
    await makeState(folder, "cloud");
    try {
      execFileSync("ssh-keygen", ["-?"], { stdio: "ignore" });
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT")
        return t.skip("no ssh-keygen here");
    }
    const shown = execFileSync("ssh-keygen", ["-l", "-f", join(folder, "keys", "sync.pem.pub")], {
      encoding: "utf8",
    });
    assert.match(shown, /^256 SHA256:.*ED25519/);
  }));

it("keys that are there are kept, and a lost public half is written again", () =>
  withTempDir(async (folder) => {
    const made = await makeState(folder, "local");
    assert.equal(made.length, 5);
    const before = await readFile(join(folder, "keys", "sync.pem"), "utf8");
    const line = await readFile(join(folder, "keys", "sync.pem.pub"), "utf8");
    assert.deepEqual(await makeState(folder, "local"), []);
    await rm(join(folder, "keys", "sync.pem.pub"));
    assert.deepEqual(await makeState(folder, "local"), [join(folder, "keys", "sync.pem.pub")]);
    assert.equal(await readFile(join(folder, "keys", "sync.pem"), "utf8"), before);
    assert.equal(await readFile(join(folder, "keys", "sync.pem.pub"), "utf8"), line);
  }));

it("a key file that is no key is left as it is, with an error", () =>
  withTempDir(async (folder) => {
    await mkdir(join(folder, "keys"));
    await writeFile(join(folder, "keys", "sync.pem"), "not a key");
    await assert.rejects(makeState(folder, "cloud"), { code: "INIT_FAILED" });
    assert.equal(await readFile(join(folder, "keys", "sync.pem"), "utf8"), "not a key");
  }));

it("an empty vault gets the template's folders and notes; one that holds anything is left alone", () =>
  withTempDir(async (folder) => {
    const template = join(import.meta.dirname, "../../../vault-template");
    const vault = join(folder, "vault");
    assert.equal((await seedVault(vault, template)).length, 1);
    assert.ok((await stat(join(vault, "Pending_Approval", "email"))).isDirectory());
    assert.ok((await stat(join(vault, "Dashboard.md"))).isFile());
    assert.deepEqual(
      await readdir(join(vault, "Approved")),
      [],
      "without the files that keep folders in git",
    );
    await writeFile(join(vault, "Dashboard.md"), "mine");
    assert.deepEqual(await seedVault(vault, template), []);
    assert.equal(await readFile(join(vault, "Dashboard.md"), "utf8"), "mine");
  }));
