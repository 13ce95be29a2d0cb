import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { connectMcp } from "@nightdesk/daemon-kit/connect-mcp";
import { createTempDir, type TempDir } from "@nightdesk/testkit";
import { startGmail, type GmailControl } from "@nightdesk/testkit/gmail";
import { z } from "zod";
import type { Mode } from "../src/config.ts";
import { createReceiptDesk } from "./helpers/receipt-desk.ts";
import { settings } from "./helpers/open-email.ts";
import { MAIN, startSocketServer } from "./helpers/socket-server.ts";

const RECORDER = join(import.meta.dirname, "programs/record-modules.ts");
const READ_TOOLS = [
  "email_changes",
  "email_compose_reply",
  "email_profile",
  "email_read",
  "email_search",
  "email_thread",
  "email_wait",
];
const LIVE_TOOLS = ["email_commit", "email_discard", "email_find", "email_prepare"];

let gmail: GmailControl;
let folder: TempDir;

before(async () => {
  gmail = await startGmail();
  folder = await createTempDir("process");
});
after(async () => {
  await gmail.close();
  await folder.remove();
});

/** Shared by all starts here, which makes each twice as fast. */
const cache = () => join(folder.path, "compile-cache");

async function runStdio(mode: Mode): Promise<{ tools: string[]; modules: string[] }> {
  const record = join(folder.path, `modules-${mode}.txt`);
  const client = new Client({ name: "test", version: "1" });
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: ["--import", RECORDER, MAIN, "--mode", mode],
      env: {
        ...settings(gmail.baseUrl, folder.path, mode),
        RECORD_MODULES_TO: record,
        // What is on this machine is never asked for through a proxy; nobody listens on this one.
        HTTPS_PROXY: "http://127.0.0.1:9",
        HTTP_PROXY: "http://127.0.0.1:9",
      },
      stderr: "ignore",
    }),
  );
  const { tools } = await client.listTools();
  // A tool's own modules are loaded by now, or with its first call.
  await client.callTool({ name: "email_profile", arguments: {} });
  await client.close();
  return { tools: tools.map(({ name }) => name).sort(), modules: readFileSync(record, "utf8").split("\n") };
}

const isLive = (url: string) =>
  url.includes("/email-mcp/src/live/") || url.includes("/nodemailer/dist/esm/mail-composer");

describe("a draft server", () => {
  it("offers only reading tools and loads no line of the code with an effect", async () => {
    const draft = await runStdio("draft");
    assert.deepEqual(draft.tools, READ_TOOLS);
    assert.ok(draft.modules.some((url) => url.endsWith("/email-mcp/src/tools/email-read.ts")));
    assert.deepEqual(draft.modules.filter(isLive), []);
    const sources = draft.modules
      .filter((url) => url.includes("/email-mcp/src/"))
      .map((url) => readFileSync(new URL(url), "utf8"));
    for (const source of sources)
      assert.doesNotMatch(
        source,
        /drafts\s*\.\s*(create|send|update|delete)|messages\s*\.\s*(send|insert|import)/,
      );
    // The same look at a live server sees that code: the look itself works.
    const live = await runStdio("live");
    assert.deepEqual(live.tools, [...LIVE_TOOLS, ...READ_TOOLS].sort());
    assert.ok(live.modules.filter(isLive).length >= 8);
  });
});

describe("a server on a socket", () => {
  it("answers in a folder of its own, logs to stdout, and ends cleanly when asked to", async () => {
    const state = await createTempDir("socket");
    createReceiptDesk(state.path, gmail.address);
    const socketPath = join(state.path, "mcp", "email.sock");
    const server = await startSocketServer(gmail.baseUrl, state.path, cache());
    const link = connectMcp({ socketPath, name: "test" });
    try {
      assert.equal(statSync(dirname(socketPath)).mode & 0o777, 0o700);
      assert.equal(statSync(socketPath).mode & 0o777, 0o600);
      assert.equal(statSync(join(state.path, "handles")).mode & 0o777, 0o700);
      assert.deepEqual((await link.listTools()).sort(), [...LIVE_TOOLS, ...READ_TOOLS].sort());
      const call = link.call("email_commit", { handle: "r1" }, z.object({}), { effect: true });
      await assert.rejects(call, { name: "NightdeskError", code: "RECEIPT_MISSING", retry: "never" });
    } finally {
      await link.close();
      await server.end("SIGTERM");
      await state.remove();
    }
    assert.equal(server.process.exitCode, 0);
  });
});

describe("a start that must not happen", () => {
  const cases: [string, Mode, Record<string, string | undefined>, RegExp][] = [
    [
      "a wider login in draft mode",
      "draft",
      { GMAIL_REFRESH_TOKEN: "1//testkit-compose" },
      /GMAIL_SCOPE_TOO_WIDE.*gmail\.compose/,
    ],
    [
      "a narrower login in live mode",
      "live",
      { GMAIL_REFRESH_TOKEN: "1//testkit-readonly" },
      /GMAIL_SCOPE_MISSING.*gmail\.compose/,
    ],
    ["a login Google took back", "draft", { GMAIL_REFRESH_TOKEN: "1//gone" }, /GMAIL_LOGIN_FAILED/],
    [
      "another mailbox",
      "draft",
      { GMAIL_ADDRESS: "other@x.example" },
      /GMAIL_ACCOUNT_MISMATCH.*other@x\.example/,
    ],
    [
      "a foreign Gmail address",
      "live",
      { GMAIL_BASE_URL: "https://gmail.evil.example" },
      /CONFIG_INVALID[\s\S]*GMAIL_BASE_URL/,
    ],
    [
      "a missing login",
      "draft",
      { GMAIL_REFRESH_TOKEN: "" },
      /CONFIG_INVALID[\s\S]*GMAIL_REFRESH_TOKEN is missing/,
    ],
    [
      "a secret of the laptop's in draft mode",
      "draft",
      { AGENT_TYPE: "local", SMTP_PASSWORD: "x" },
      /CONFIG_FORBIDDEN_SECRET.*SMTP_PASSWORD/,
    ],
  ];
  for (const [name, mode, changes, expected] of cases) {
    it(`${name} is refused`, async () => {
      const server = spawn(process.execPath, [MAIN, "--mode", mode], {
        env: { ...settings(gmail.baseUrl, folder.path, mode), NODE_COMPILE_CACHE: cache(), ...changes },
        stdio: ["pipe", "pipe", "pipe"],
      });
      let stdout = "";
      let stderr = "";
      server.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
      server.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      const [exitCode] = await once(server, "close");
      assert.equal(exitCode, 78);
      assert.match(stderr, expected);
      assert.doesNotMatch(stderr, /testkit-client-secret|testkit-readonly|testkit-compose|\n\s+at /);
      assert.equal(stdout, "");
    });
  }
});
