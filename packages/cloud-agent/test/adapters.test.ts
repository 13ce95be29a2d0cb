import assert from "node:assert/strict";
import { readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { NightdeskError } from "@nightdesk/claim-lib";
import { createMemoryVaultFiles, withTempDir } from "@nightdesk/testkit";
import { openAgentState, readPublished } from "../src/agent-state.ts";
import { readConfig } from "../src/config.ts";
import { limitConcurrency, sequential, withOneWriter } from "../src/sequential.ts";

const silent = () => {};
const log = { debug: silent, info: silent, warn: silent, error: silent, child: () => log };
const CURSOR = {
  account: "a@b.example",
  cursor: "123456789012345678901",
  at: "2026-11-21T08:00:00.000Z",
  sweep: { since: null },
};

test("cursor and seen ids survive a restart, in a folder nobody else may read", async () => {
  await withTempDir(async (path) => {
    const state = openAgentState(path, log);
    assert.equal(await state.readCursor(), null);
    assert.deepEqual(await state.readSeen(), { ids: [], lastAt: null });
    await state.writeCursor(CURSOR);
    await state.addSeen("em_1", "2026-11-21T08:00:00.000Z");
    await state.addSeen("em_2", "2026-11-20T08:00:00.000Z");
    const again = openAgentState(path, log);
    assert.deepEqual(await again.readCursor(), CURSOR);
    assert.deepEqual(await again.readSeen(), { ids: ["em_1", "em_2"], lastAt: "2026-11-21T08:00:00.000Z" });
    assert.equal((await stat(join(path, "cloud-agent"))).mode & 0o777, 0o700);
    assert.equal((await stat(join(path, "cloud-agent/cursor.json"))).mode & 0o777, 0o600);
  });
});

test("a damaged memory is put aside, not deleted, and does not stop the agent", async () => {
  await withTempDir(async (path) => {
    const state = openAgentState(path, log);
    await state.addSeen("em_1", "2026-11-21T08:00:00.000Z");
    await writeFile(join(path, "cloud-agent/cursor.json"), "{half");
    const seen = join(path, "cloud-agent/seen.jsonl");
    await writeFile(seen, (await readFile(seen, "utf8")).replace("em_1", "em_X"));
    assert.equal(await state.readCursor(), null);
    assert.deepEqual(await state.readSeen(), { ids: [], lastAt: null });
    assert.deepEqual((await readdir(join(path, "cloud-agent"))).sort(), [
      "cursor.json.damaged",
      "seen.jsonl.damaged",
    ]);
    await state.addSeen("em_2", "2026-11-21T08:00:00.000Z");
    assert.deepEqual((await state.readSeen()).ids, ["em_2"]);
  });
});

test("what vault-sync published is read; a missing or half-written file counts as nothing", async () => {
  await withTempDir(async (path) => {
    assert.equal(await readPublished(path), null);
    await writeFile(join(path, "published.json"), '{"tip":');
    assert.equal(await readPublished(path), null);
    const published = { tip: "a", at: "2026-11-21T08:00:00.000Z", paths: ["In_Progress/cloud/x.md"] };
    await writeFile(join(path, "published.json"), JSON.stringify(published));
    assert.deepEqual(await readPublished(path), published);
  });
});

const ENV = { NIGHTDESK_ENV_FILE: "", AGENT_TYPE: "cloud", VAULT_PATH: "/tmp/nd-v", STATE_PATH: "/tmp/nd-s" };

test("the settings have sensible defaults", () => {
  const config = readConfig(ENV);
  assert.deepEqual(
    [config.MAIL_POLL_SECONDS, config.MAIL_BACKLOG_DAYS, config.EMAIL_MCP_SOCKET, config.CHANNELS],
    [10, 7, "/tmp/nd-s/mcp/email.sock", ["email"]],
  );
});

test("a wrong setting stops the start and is named with an example", () => {
  const wrong: Record<string, string>[] = [
    { MAIL_POLL_SECONDS: "0" },
    { MAIL_BACKLOG_DAYS: "-1" },
    { AGENT_TYPE: "local" },
    { CHANNELS: "slack" },
    { VAULT_PATH: "vault" },
    { THINK_PROVIDER: "magic" },
  ];
  for (const change of wrong) {
    const name = Object.keys(change)[0] ?? "";
    assert.throws(
      () => readConfig({ ...ENV, ...change }),
      (error: unknown) =>
        NightdeskError.is(error, "CONFIG_INVALID") &&
        error.message.includes(`${name} `) &&
        error.message.includes(`${name}=`),
      name,
    );
  }
});

test("a hosted model without a key stops the start, and names the key", () => {
  assert.throws(
    () => readConfig({ ...ENV, THINK_PROVIDER: "openai" }),
    (error: unknown) =>
      NightdeskError.is(error, "CONFIG_INVALID") &&
      error.message.includes("OPENAI_API_KEY is missing, for example"),
  );
});

test("a cloud that holds a secret of the laptop's refuses to start, by the secret's name", () => {
  for (const name of [
    "NIGHTDESK_RECEIPT_KEY",
    "SMTP_PASSWORD",
    "STRIPE_KEY",
    "WHATSAPP_TOKEN",
    "X_API_TOKEN",
  ]) {
    assert.throws(
      () => readConfig({ ...ENV, [name]: "canary" }),
      (error: unknown) =>
        NightdeskError.is(error, "CONFIG_FORBIDDEN_SECRET") &&
        error.message.includes(name) &&
        !error.message.includes("canary"),
    );
  }
});

test("calls of a sequential function never overlap, and a failed one does not end the line", async () => {
  const events: string[] = [];
  const run = sequential(async (name: string) => {
    events.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    events.push(`${name} ends`);
    if (name === "a") throw new Error("a failed");
    return name;
  });
  const results = await Promise.allSettled([run("a"), run("b"), run("c")]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["rejected", "fulfilled", "fulfilled"],
  );
  assert.deepEqual(events, ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

test("the vault has one writer at a time, whatever runs side by side", async () => {
  const memory = createMemoryVaultFiles();
  let writing = 0;
  let most = 0;
  const files = withOneWriter({
    ...memory,
    async write(path, text) {
      writing += 1;
      most = Math.max(most, writing);
      await new Promise((resolve) => setImmediate(resolve));
      await memory.write(path, text);
      writing -= 1;
    },
  });
  await Promise.all(["a", "b", "c", "d"].map((name) => files.write(`${name}.md`, name)));
  assert.deepEqual([most, Object.keys(memory.snapshot()).length], [1, 4]);
});

test("at most so many pieces of work run at once, and all of them run", async () => {
  const limit = limitConcurrency(3);
  let running = 0;
  let most = 0;
  const done = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      limit(async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return index;
      }),
    ),
  );
  assert.deepEqual([most, done.length, running], [3, 20, 0]);
});
