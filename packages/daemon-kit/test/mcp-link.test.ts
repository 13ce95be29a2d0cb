import assert from "node:assert/strict";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { it, type TestContext } from "node:test";
import { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { createTempDir } from "@nightdesk/testkit";
import { connectMcp } from "../src/connect-mcp.ts";
import { createLogger } from "../src/logger.ts";
import { serveMcp } from "../src/serve-mcp.ts";
import { startProgram } from "./start-program.ts";

const TEXT = z.object({ text: z.string() });
const ANY = z.record(z.string(), z.unknown());
const logger = createLogger({ name: "test", level: "silent" });

async function makeSocketPath(t: TestContext): Promise<string> {
  const folder = await createTempDir("mcp");
  t.after(folder.remove);
  return join(folder.path, "mcp", "email.sock");
}

async function startServer(t: TestContext, socketPath: string) {
  const program = startProgram(t, "mcp-server.ts", ["socket", socketPath]);
  assert.equal(await program.nextLine(), "ready");
  return program;
}

function openLink(t: TestContext, socketPath: string, connectWaitMs = 10_000) {
  const link = connectMcp({ socketPath, name: "test-agent", timeoutMs: 20_000, connectWaitMs });
  t.after(() => link.close());
  return link;
}

it("a call reaches the tool and its checked answer comes back, over a socket only this user may open", async (t) => {
  const socketPath = await makeSocketPath(t);
  await startServer(t, socketPath);
  const link = openLink(t, socketPath);
  assert.deepEqual(await link.call("echo", { text: "Grüße €" }, TEXT, { effect: false }), {
    text: "Grüße €",
  });
  assert.ok((await link.listTools()).includes("refuse"));
  assert.equal((await stat(dirname(socketPath))).mode & 0o777, 0o700);
  assert.equal((await stat(socketPath)).mode & 0o777, 0o600);
});

it("a tool's own error arrives with its code, its retry and its details", async (t) => {
  const socketPath = await makeSocketPath(t);
  await startServer(t, socketPath);
  const call = openLink(t, socketPath).call("refuse", { text: "x" }, TEXT, { effect: true });
  await assert.rejects(call, {
    name: "NightdeskError",
    code: "RECEIPT_FORGED",
    retry: "never",
    data: { at: 7 },
  });
});

it("an unforeseen failure is ambiguous for an effect and safe for a read", async (t) => {
  const socketPath = await makeSocketPath(t);
  await startServer(t, socketPath);
  const link = openLink(t, socketPath);
  await assert.rejects(link.call("break", {}, ANY, { effect: true }), {
    code: "INTERNAL",
    retry: "ambiguous",
  });
  await assert.rejects(link.call("break", {}, ANY, { effect: false }), { code: "INTERNAL", retry: "safe" });
});

it("what the server refuses before running anything is never ambiguous", async (t) => {
  const socketPath = await makeSocketPath(t);
  await startServer(t, socketPath);
  const link = openLink(t, socketPath);
  await assert.rejects(link.call("echo", { wrong: 1 }, TEXT, { effect: true }), {
    code: "MCP_REFUSED",
    retry: "never",
  });
  await assert.rejects(link.call("no_such", {}, ANY, { effect: true }), {
    code: "MCP_REFUSED",
    retry: "never",
  });
});

it("a server that dies during a call leaves an effect ambiguous and a read safe, and is found again", async (t) => {
  const socketPath = await makeSocketPath(t);
  const link = openLink(t, socketPath);
  for (const [effect, code, retry] of [
    [true, "MCP_OUTCOME_UNKNOWN", "ambiguous"],
    [false, "MCP_READ_FAILED", "safe"],
  ] as const) {
    const server = await startServer(t, socketPath);
    await assert.rejects(link.call("die", {}, ANY, { effect }), { code, retry });
    await server.kill();
  }
  await startServer(t, socketPath);
  assert.deepEqual(await link.call("echo", { text: "again" }, TEXT, { effect: true }), { text: "again" });
});

it("a call made while the server restarts is delivered when it is back, and only then", async (t) => {
  const socketPath = await makeSocketPath(t);
  const link = openLink(t, socketPath);
  const beforeTheFirst = link.call("echo", { text: "first" }, TEXT, { effect: true });
  const server = await startServer(t, socketPath);
  assert.deepEqual(await beforeTheFirst, { text: "first" });
  await server.kill();
  const meanwhile = link.call("echo", { text: "second" }, TEXT, { effect: true });
  await startServer(t, socketPath);
  assert.deepEqual(await meanwhile, { text: "second" });
});

it("a call that nobody takes was not sent: it fails as safe, also for an effect", async (t) => {
  const socketPath = await makeSocketPath(t);
  const link = openLink(t, socketPath, 100);
  await assert.rejects(link.call("echo", { text: "x" }, TEXT, { effect: true }), {
    code: "MCP_UNREACHABLE",
    retry: "safe",
  });
  const server = await startServer(t, socketPath);
  await link.call("echo", { text: "x" }, TEXT, { effect: true });
  await server.kill();
  await assert.rejects(link.call("echo", { text: "x" }, TEXT, { effect: true }), {
    code: "MCP_UNREACHABLE",
    retry: "safe",
  });
});

it("a call without an answer in time is ambiguous when it has an effect", async (t) => {
  const socketPath = await makeSocketPath(t);
  await startServer(t, socketPath);
  const call = openLink(t, socketPath).call("hang", {}, ANY, { effect: true, timeoutMs: 200 });
  await assert.rejects(call, { code: "MCP_OUTCOME_UNKNOWN", retry: "ambiguous" });
});

it("an answer that is not of the agreed form is not used", async (t) => {
  const socketPath = await makeSocketPath(t);
  await startServer(t, socketPath);
  const link = openLink(t, socketPath);
  const other = z.object({ number: z.number() });
  await assert.rejects(link.call("echo", { text: "x" }, other, { effect: false }), {
    code: "MCP_ANSWER_MALFORMED",
  });
  await assert.rejects(link.call("echo", { text: "x" }, other, { effect: true }), { retry: "ambiguous" });
});

const serveHere = (socketPath: string) =>
  serveMcp({
    createServer: () => new McpServer({ name: "x", version: "1" }),
    transport: "socket",
    socketPath,
    logger,
  });

it("a socket somebody answers on is never taken over", async (t) => {
  const socketPath = await makeSocketPath(t);
  await startServer(t, socketPath);
  await assert.rejects(serveHere(socketPath), { code: "LOCK_HELD" });

  const foreign = join(dirname(socketPath), "foreign.sock");
  const stranger = createServer().listen(foreign);
  t.after(() => stranger.close());
  await assert.rejects(serveHere(foreign), { code: "MCP_SOCKET_TAKEN" });
});

it("a file that is no socket is left alone, and too long a path is told with its variable", async (t) => {
  const socketPath = await makeSocketPath(t);
  await mkdir(dirname(socketPath));
  await writeFile(socketPath, "a note");
  await assert.rejects(serveHere(socketPath), { code: "MCP_SOCKET_TAKEN" });
  assert.equal((await stat(dirname(socketPath))).mode & 0o777, 0o700, "an open folder is closed to others");
  await assert.rejects(serveHere(join(socketPath, "x".repeat(100))), {
    code: "CONFIG_INVALID",
    message: /EMAIL_MCP_SOCKET=/,
  });
});

it("the same server speaks over stdio", async (t) => {
  const { Client } = await import("@modelcontextprotocol/client");
  const { StdioClientTransport } = await import("@modelcontextprotocol/client/stdio");
  const client = new Client({ name: "test", version: "1" });
  t.after(() => client.close());
  const program = join(import.meta.dirname, "programs", "mcp-server.ts");
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [program, "stdio"] }));
  const result = await client.callTool({ name: "echo", arguments: { text: "hi" } });
  assert.deepEqual(result.structuredContent, { text: "hi" });
});
