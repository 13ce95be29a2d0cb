import assert from "node:assert/strict";
import { chmod, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { z } from "zod";
import { NightdeskError } from "@nightdesk/claim-lib";
import { withTempDir } from "@nightdesk/testkit";
import { COMMON_EXAMPLES, commonFields, wholeNumber } from "../src/common-config.ts";
import { loadConfig } from "../src/load-config.ts";

const schema = z.object({
  ...commonFields,
  GMAIL_CLIENT_SECRET: z.string().min(20, "is too short").optional(),
  MAX: wholeNumber({ min: 1, max: 50, default: 10 }),
});
const examples = { ...COMMON_EXAMPLES, MAX: "10", GMAIL_CLIENT_SECRET: "GOCSPX-..." };
const RIGHT = {
  AGENT_TYPE: "local",
  VAULT_PATH: "/tmp/nd-test/vault",
  STATE_PATH: "/tmp/nd-test/state",
  NIGHTDESK_ENV_FILE: "",
};

function load(env: Record<string, string | undefined>) {
  return loadConfig(schema, { env: { ...RIGHT, ...env }, examples });
}

/** The error `load` throws; fails when it throws none. */
function failure(env: Record<string, string | undefined>): NightdeskError {
  try {
    load(env);
  } catch (error) {
    assert.ok(NightdeskError.is(error));
    return error;
  }
  return assert.fail("these settings were accepted");
}

it("right settings come back typed, with what was left out filled in", () => {
  assert.deepEqual(load({}), {
    AGENT_TYPE: "local",
    VAULT_PATH: "/tmp/nd-test/vault",
    STATE_PATH: "/tmp/nd-test/state",
    CHANNELS: ["email"],
    DEV_MODE: false,
    LOG_LEVEL: "info",
    MAX: 10,
  });
  assert.deepEqual(load({ CHANNELS: "email, social", DEV_MODE: "true", MAX: "50" }).CHANNELS, [
    "email",
    "social",
  ]);
});

for (const [name, value] of [
  ["AGENT_TYPE", "server"],
  ["AGENT_TYPE", undefined],
  ["AGENT_TYPE", "  "],
  ["VAULT_PATH", "vault"],
  ["STATE_PATH", undefined],
  ["CHANNELS", "email;rm"],
  ["DEV_MODE", "yes"],
  ["LOG_LEVEL", "loud"],
  ["MAX", "0"],
  ["MAX", "ten"],
  ["MAX", "1e9"],
] as const) {
  it(`${name}=${value ?? "(missing)"} stops the start with the variable's name and an example`, () => {
    const error = failure({ [name]: value });
    assert.equal(error.code, "CONFIG_INVALID");
    assert.match(error.message, new RegExp(`\\b${name} .*, for example ${name}=`));
    assert.deepEqual(error.data["variables"], [name]);
  });
}

it("every wrong setting is named at once", () => {
  assert.deepEqual(failure({ AGENT_TYPE: "x", VAULT_PATH: "x", MAX: "x" }).data["variables"], [
    "AGENT_TYPE",
    "VAULT_PATH",
    "MAX",
  ]);
});

it("no value, and so no secret, is ever in the message", () => {
  const error = failure({
    GMAIL_CLIENT_SECRET: "hunter2",
    MAX: "hunter3",
    LOG_LEVEL: "hunter4",
    CHANNELS: "Hunter5",
  });
  assert.doesNotMatch(JSON.stringify([error.message, error.data, String(error.stack)]), /hunter/i);
});

it("a .env file is read, the shell wins over it, and the shell's own variables stay as they were", () =>
  withTempDir(async (folder) => {
    const file = join(folder, ".env");
    await writeFile(file, 'MAX=20\nLOG_LEVEL=debug # why not\nCHANNELS="email"\n', { mode: 0o600 });
    const before = { ...process.env };
    const config = load({ NIGHTDESK_ENV_FILE: file, MAX: "30" });
    assert.equal(config.MAX, 30);
    assert.equal(config.LOG_LEVEL, "debug");
    assert.deepEqual({ ...process.env }, before);
  }));

it(
  "a .env file others may read is refused with the command that closes it",
  { skip: process.platform === "win32" && "no such bits" },
  () =>
    withTempDir(async (folder) => {
      const file = join(folder, ".env");
      await writeFile(file, "MAX=20\n", { mode: 0o600 });
      for (const mode of [0o644, 0o640, 0o602]) {
        await chmod(file, mode);
        const error = failure({ NIGHTDESK_ENV_FILE: file });
        assert.equal(error.code, "CONFIG_INVALID");
        assert.ok(error.message.includes(`chmod 600 "${file}"`));
      }
    }),
);

it("a named settings file that is not there stops the start", () => {
  assert.equal(failure({ NIGHTDESK_ENV_FILE: "/nowhere/.env" }).code, "CONFIG_INVALID");
});

it("the state folder may not lie in the vault, nor hold it, nor hide behind a link", () =>
  withTempDir(async (folder) => {
    const vault = join(folder, "vault");
    await mkdir(vault);
    await symlink(vault, join(folder, "link"));
    for (const state of [
      vault,
      join(vault, ".state"),
      folder,
      join(folder, "link", "state"),
      `${vault}/../vault/x`,
    ]) {
      const error = failure({ VAULT_PATH: vault, STATE_PATH: state });
      assert.deepEqual(error.data["variables"], ["STATE_PATH"], state);
    }
    assert.equal(
      load({ VAULT_PATH: vault, STATE_PATH: join(folder, "vault-state") }).STATE_PATH,
      join(folder, "vault-state"),
    );
  }));

for (const name of [
  "NIGHTDESK_RECEIPT_KEY",
  "SMTP_PASSWORD",
  "WHATSAPP_TOKEN",
  "TWILIO_AUTH_TOKEN",
  "BANK_PIN",
  "PAYMENTS_KEY",
  "STRIPE_SECRET_KEY",
  "META_ACCESS_TOKEN",
  "LINKEDIN_TOKEN",
  "X_ACCESS_TOKEN",
  "X_API_KEY",
  "X_TOKEN",
]) {
  it(`a cloud with ${name} does not start, from the shell or from its file, and never says the value`, () =>
    withTempDir(async (folder) => {
      const file = join(folder, ".env");
      await writeFile(file, `${name}=topsecretvalue\n`, { mode: 0o600 });
      for (const env of [{ [name]: "topsecretvalue" }, { NIGHTDESK_ENV_FILE: file }]) {
        const error = failure({ AGENT_TYPE: "cloud", ...env });
        assert.equal(error.code, "CONFIG_FORBIDDEN_SECRET");
        assert.ok(error.message.includes(name));
        assert.ok(!error.message.includes("topsecretvalue"));
        load({ AGENT_TYPE: "local", ...env });
      }
      load({ AGENT_TYPE: "cloud", [name]: "" });
    }));
}

it("a cloud may hold what it needs", () => {
  load({
    AGENT_TYPE: "cloud",
    GMAIL_CLIENT_SECRET: "GOCSPX-12345678901234567890",
    OPENAI_API_KEY: "sk-x",
    X_DISPLAY: ":0",
  });
});
