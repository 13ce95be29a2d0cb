import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { checkScopes } from "../src/check-scopes.ts";
import { isLoopbackUrl, parseArguments, readConfig } from "../src/config.ts";
import { settings } from "./helpers/open-email.ts";

const READONLY = "https://www.googleapis.com/auth/gmail.readonly";
const COMPOSE = "https://www.googleapis.com/auth/gmail.compose";

const code = (code: string) => ({ name: "NightdeskError", code });

describe("what a login may do", () => {
  it("draft mode takes gmail.readonly and who somebody is, nothing else", () => {
    checkScopes("draft", [READONLY]);
    checkScopes("draft", [
      "openid",
      "email",
      "profile",
      "https://www.googleapis.com/auth/userinfo.email",
      READONLY,
    ]);
    for (const wide of [
      COMPOSE,
      "https://www.googleapis.com/auth/gmail.send",
      "https://www.googleapis.com/auth/gmail.modify",
      "https://www.googleapis.com/auth/gmail.readonly.x",
      "https://www.googleapis.com/auth/drive.readonly",
      "https://mail.google.com/",
    ]) {
      assert.throws(() => checkScopes("draft", [READONLY, wide]), code("GMAIL_SCOPE_TOO_WIDE"), wide);
    }
    assert.throws(() => checkScopes("draft", ["https://mail.google.com/"]), code("GMAIL_SCOPE_TOO_WIDE"));
    assert.throws(() => checkScopes("draft", ["openid", ""]), code("GMAIL_SCOPE_MISSING"));
  });

  it("live mode takes gmail.readonly with gmail.compose, never the whole mailbox", () => {
    checkScopes("live", [COMPOSE, READONLY]);
    for (const wide of ["https://www.googleapis.com/auth/gmail.modify", "https://mail.google.com/"]) {
      assert.throws(() => checkScopes("live", [COMPOSE, READONLY, wide]), code("GMAIL_SCOPE_TOO_WIDE"));
    }
    assert.throws(() => checkScopes("live", [COMPOSE]), code("GMAIL_SCOPE_MISSING"));
  });
});

describe("the settings", () => {
  it("another Gmail address is taken on this machine only", () => {
    for (const good of [
      "http://127.0.0.1:4000",
      "http://localhost:1/",
      "http://[::1]:4000",
      "https://localhost",
    ]) {
      assert.ok(isLoopbackUrl(good), good);
    }
    for (const bad of [
      "http://127.0.0.1.evil.example",
      "http://localhost.evil.example",
      "http://evil.example#127.0.0.1",
      "http://localhost@evil.example",
      "http://user:pw@localhost",
      "http://0.0.0.0:1",
      "http://10.0.0.1",
      "http://gmail.googleapis.com",
      "ftp://localhost",
      "localhost:4000",
      "",
    ]) {
      assert.ok(!isLoopbackUrl(bad), bad);
      const env = { ...settings(bad, "/state", "live"), GMAIL_BASE_URL: bad || "x" };
      assert.throws(() => readConfig(env, { mode: "live", transport: "stdio" }), code("CONFIG_INVALID"), bad);
    }
    const { GMAIL_BASE_URL: _left, ...rest } = settings("", "/state", "live");
    assert.equal(readGmailUrl(rest), "https://gmail.googleapis.com");
  });

  it("draft mode refuses the key that signs approvals, live mode wants it", () => {
    const env = settings("http://localhost:1", "/state", "draft");
    const hasKey = (path: string) => path === join("/state", "keys", "receipt.pem");
    assert.throws(
      () => readConfig(env, { mode: "draft", transport: "stdio" }, hasKey),
      code("CONFIG_FORBIDDEN_SECRET"),
    );
    assert.ok(readConfig(env, { mode: "draft", transport: "stdio" }, () => false));
    assert.ok(
      readConfig(
        settings("http://localhost:1", "/state", "live"),
        { mode: "live", transport: "stdio" },
        hasKey,
      ),
    );
  });

  it("draft mode refuses a secret of the laptop's whatever the machine is called", () => {
    const env = {
      ...settings("http://localhost:1", "/state", "draft"),
      AGENT_TYPE: "local",
      TWILIO_AUTH_TOKEN: "x",
    };
    assert.throws(
      () => readConfig(env, { mode: "draft", transport: "stdio" }),
      code("CONFIG_FORBIDDEN_SECRET"),
    );
  });

  it("live mode is refused on the cloud", () => {
    const env = { ...settings("http://localhost:1", "/state", "live"), AGENT_TYPE: "cloud" };
    assert.throws(() => readConfig(env, { mode: "live", transport: "stdio" }), code("CONFIG_INVALID"));
  });

  it("the command line is taken in both spellings, and nothing unknown in it", () => {
    assert.deepEqual(parseArguments(["--mode", "draft"]), { mode: "draft", transport: "stdio" });
    assert.deepEqual(parseArguments(["--mode=live", "--transport=socket"]), {
      mode: "live",
      transport: "socket",
    });
    for (const bad of [
      [],
      ["--mode"],
      ["--mode", "both"],
      ["live"],
      ["--mode", "live", "--port", "1"],
      ["--mode", "live", "--transport", "tcp"],
    ]) {
      assert.throws(() => parseArguments(bad), code("CONFIG_INVALID"), bad.join(" "));
    }
  });
});

function readGmailUrl(env: Record<string, string>): string | null {
  const { provider } = readConfig(env, { mode: "live", transport: "stdio" });
  return provider.name === "gmail" ? provider.baseUrl : null;
}
