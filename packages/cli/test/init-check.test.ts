import assert from "node:assert/strict";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { withTempDir } from "@nightdesk/testkit";
import { runCli } from "./run-cli.ts";

type ZoneName = "cloud" | "local";

/** What the owner fills in. */
const FILLED = {
  GIT_REMOTE: "/srv/vault.git",
  GMAIL_CLIENT_ID: "1-a.apps.googleusercontent.com",
  GMAIL_CLIENT_SECRET: "GOCSPX-hunter2",
  GMAIL_REFRESH_TOKEN: "1//hunter2",
  GMAIL_ADDRESS: "anna@example.com",
};

/** A settings file as init writes it, filled in, with changes on top; `null` empties a line. */
async function writeSettings(
  folder: string,
  zone: ZoneName,
  changes: Record<string, string | null> = {},
): Promise<void> {
  await runCli(["init", "--type", zone, "--dir", folder], { HOME: folder });
  const file = join(folder, ".env");
  let text = await readFile(file, "utf8");
  for (const [name, value] of Object.entries({ ...FILLED, ...changes })) {
    const line = new RegExp(`^(# )?${name}=.*$`, "m");
    if (line.test(text)) text = text.replace(line, `${name}=${value ?? ""}`);
    else text += `${name}=${value ?? ""}\n`;
  }
  await writeFile(file, text);
}

const check = (folder: string) => runCli(["init", "--check", "--dir", folder]);

for (const zone of ["cloud", "local"] as const) {
  it(`a filled file of the ${zone} is right, and everything it names is made, once`, () =>
    withTempDir(async (folder) => {
      await writeSettings(folder, zone);
      const first = await check(folder);
      assert.deepEqual([first.code, first.err], [0, ""]);
      assert.ok(first.out.includes(`AGENT_TYPE=${zone} pm2 start ecosystem.config.cjs`));
      assert.equal((await stat(join(folder, ".nightdesk"))).mode & 0o777, 0o700);
      const keys = await readdir(join(folder, ".nightdesk", "keys"));
      assert.equal(keys.includes("receipt.pem"), zone === "local");
      assert.ok((await readdir(join(folder, "nightdesk-vault"))).includes("Pending_Approval"));

      const second = await check(folder);
      assert.equal(second.code, 0);
      assert.doesNotMatch(second.out, /^Made/m);
    }));

  it(`a fresh file of the ${zone} is told what is missing, all at once, each with an example, and nothing is made`, () =>
    withTempDir(async (folder) => {
      await runCli(["init", "--type", zone, "--dir", folder], { HOME: folder });
      const { code, out, err } = await check(folder);
      assert.deepEqual([code, out], [1, ""]);
      for (const name of ["GIT_REMOTE", "GMAIL_CLIENT_ID", "GMAIL_CLIENT_SECRET", "GMAIL_REFRESH_TOKEN"]) {
        assert.match(err, new RegExp(`^  ${name} is missing, for example ${name}=\\S`, "m"));
      }
      assert.deepEqual(await readdir(folder), [".env"]);
    }));
}

for (const [zone, name, value] of [
  ["cloud", "VAULT_PATH", "vault"],
  ["cloud", "GIT_REMOTE", "--upload-pack=touch /tmp/x"],
  ["cloud", "VAULT_SYNC_INTERVAL", "often"],
  ["cloud", "THINK_PROVIDER", "magic"],
  ["cloud", "OPENAI_BASE_URL", "http://models.example.com"],
  ["cloud", "GMAIL_BASE_URL", "https://mail.example.com"],
  ["local", "MAX_EMAILS_PER_HOUR", "-1"],
  ["local", "UNDO_WINDOW_SECONDS", "five"],
  ["local", "DEV_MODE", "yes"],
  ["local", "STATE_PATH", ""],
] as const) {
  it(`${name}=${value} is named with an example, and no value is shown`, () =>
    withTempDir(async (folder) => {
      await writeSettings(folder, zone, { [name]: value });
      const { code, err } = await check(folder);
      assert.equal(code, 1);
      assert.match(err, new RegExp(`^  ${name} .*, for example ${name}=\\S`, "m"));
      assert.equal(err.split("\n").length, 2, err);
      assert.doesNotMatch(err, /hunter2/);
    }));
}

it("a secret of the laptop's in the cloud's file is refused by name", () =>
  withTempDir(async (folder) => {
    await writeSettings(folder, "cloud", { SMTP_PASSWORD: "hunter2" });
    const { code, err } = await check(folder);
    assert.equal(code, 1);
    assert.match(err, /SMTP_PASSWORD/);
    assert.doesNotMatch(err, /hunter2/);
  }));

it("a file others may read, a missing file, and one of the other machine are each told plainly", () =>
  withTempDir(async (folder) => {
    assert.match((await check(folder)).err, /no settings file.*init --type/);
    await writeSettings(folder, "cloud");
    const other = await runCli(["init", "--check", "--type", "local", "--dir", folder]);
    assert.match(other.err, /is for the cloud/);
    if (process.platform === "win32") return;
    await chmod(join(folder, ".env"), 0o644);
    assert.match((await check(folder)).err, /chmod 600/);
  }));

it("a vault that holds notes already is left as it is", () =>
  withTempDir(async (folder) => {
    await writeSettings(folder, "local");
    await mkdir(join(folder, "nightdesk-vault"));
    await writeFile(join(folder, "nightdesk-vault", "Mine.md"), "mine");
    assert.equal((await check(folder)).code, 0);
    assert.deepEqual(await readdir(join(folder, "nightdesk-vault")), ["Mine.md"]);
  }));

it("for a remote over ssh this machine gets a key of its own, once, and is told how the two get to know each other", () =>
  withTempDir(async (folder) => {
    await writeSettings(folder, "local", {
      GIT_REMOTE: "ssh://anna@vm.example.org:2222/home/anna/vault.git",
    });
    const first = await check(folder);
    assert.deepEqual([first.code, first.err], [0, ""]);
    const keys = join(folder, ".nightdesk", "keys");
    const publicLine = (await readFile(join(keys, "ssh_key.pub"), "utf8")).trim();
    assert.match(publicLine, /^ssh-ed25519 \S+ nightdesk-local$/);
    assert.equal((await stat(join(keys, "ssh_key"))).mode & 0o777, 0o600);
    assert.ok(first.out.includes(publicLine));
    assert.ok(
      first.out.includes(`ssh-keyscan -t ed25519 -p 2222 vm.example.org > "${join(keys, "known_hosts")}"`),
    );
    assert.doesNotMatch(first.out, /BEGIN OPENSSH PRIVATE KEY/);

    await writeFile(join(keys, "known_hosts"), "[vm.example.org]:2222 ssh-ed25519 AAAA\n");
    const second = await check(folder);
    assert.doesNotMatch(second.out, /^Made|ssh-keyscan|authorized_keys/m);
    assert.equal((await readFile(join(keys, "ssh_key.pub"), "utf8")).trim(), publicLine);
  }));
