import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { after, before, beforeEach, describe, it } from "node:test";
import { startTcpProxy, waitFor, type TcpProxy } from "../src/index.ts";

describe("the tcp proxy", () => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => socket.write(chunk));
  });
  let port = 0;
  let proxy: TcpProxy;
  const clients: Socket[] = [];
  before(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  });
  after(async () => {
    await proxy.close();
    server.close();
  });
  beforeEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await (proxy as TcpProxy | undefined)?.close();
    proxy = await startTcpProxy({ port });
  });

  async function dial() {
    const socket = connect(proxy.port, proxy.address);
    clients.push(socket);
    let heard = "";
    let end = "";
    socket.on("data", (chunk: Buffer) => (heard += chunk.toString()));
    socket.on("error", (error: NodeJS.ErrnoException) => (end = error.code ?? "error"));
    socket.on("close", () => (end ||= "closed"));
    await once(socket, "connect");
    return { socket, heard: () => heard, end: () => end };
  }
  const hears = (one: { heard: () => string }, text: string) =>
    waitFor(() => one.heard() === text, { what: `"${text}"`, describe: one.heard });

  it("carries bytes both ways, and the end of a connection", async () => {
    const one = await dial();
    one.socket.write("hello");
    await hears(one, "hello");
    one.socket.end();
    await waitFor(() => one.end() === "closed", { what: "the end" });
    await waitFor(() => proxy.connections().open === 0, { what: "the proxy to let go" });
  });

  it("delays each way, and keeps the order", async () => {
    proxy.trouble({ delayMs: 150 });
    const one = await dial();
    const startedAtMs = performance.now();
    one.socket.write("a");
    one.socket.write("b");
    await hears(one, "ab");
    assert.ok(performance.now() - startedAtMs >= 295, String(performance.now() - startedAtMs));
  });

  it("stalls open and new connections, and goes on where it was", async () => {
    const one = await dial();
    proxy.trouble({ isStalled: true });
    const two = await dial();
    one.socket.write("1");
    two.socket.write("2");
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(one.heard() + two.heard() + one.end() + two.end(), "");
    proxy.heal();
    await hears(one, "1");
    await hears(two, "2");
  });

  it("holds back answers while requests arrive", async () => {
    const one = await dial();
    proxy.trouble({ isAnswerHeld: true });
    one.socket.write("asked");
    await waitFor(() => proxy.bytes().toServer === 5, { what: "the request to arrive" });
    assert.equal(one.heard(), "");
    proxy.heal();
    await hears(one, "asked");
  });

  it("resets at once, or after so many bytes", async () => {
    const one = await dial();
    proxy.resetAll();
    await waitFor(() => one.end() === "ECONNRESET", { what: "a reset", describe: one.end });
    proxy.resetAfter(3);
    const two = await dial();
    two.socket.write("ab");
    await hears(two, "ab");
    two.socket.write("c");
    await waitFor(() => two.end() === "ECONNRESET", { what: "a reset", describe: two.end });
  });

  it("a connection that went into the black hole is dead for ever, and never told so; new ones live", async () => {
    const one = await dial();
    proxy.trouble({ isBlackHole: true });
    one.socket.write("lost");
    await new Promise((resolve) => setTimeout(resolve, 50));
    proxy.heal();
    const two = await dial();
    two.socket.write("here");
    await hears(two, "here");
    one.socket.write("again");
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(one.heard() + one.end(), "");
  });

  it("is as narrow as it is told", async () => {
    proxy.trouble({ bytesPerSecond: 20_000 });
    const one = await dial();
    const startedAtMs = performance.now();
    one.socket.write("x".repeat(6_000));
    await hears(one, "x".repeat(6_000));
    assert.ok(performance.now() - startedAtMs >= 250, String(performance.now() - startedAtMs));
  });

  it("resets a client when there is no server", async () => {
    const nobody = await startTcpProxy({ port: 1 });
    const socket = connect(nobody.port, nobody.address);
    const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
    assert.equal(error.code, "ECONNRESET");
    await nobody.close();
  });
});
