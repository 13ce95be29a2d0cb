import { chmod, lstat, mkdir, unlink } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { connect } from "node:net";
import { dirname } from "node:path";
import { createMcpHandler, type McpServer } from "@modelcontextprotocol/server";
import { errnoOf } from "./durable-write.ts";
import { fail } from "./errors.ts";
import type { Logger } from "./logger.ts";
import { holdLock, type HeldLock } from "./process-lock.ts";

export interface ServeOptions {
  /** Makes a server with its tools. Called for each request (socket) or connection (stdio), so it must be cheap and keep nothing. */
  createServer: () => McpServer;
  transport: "stdio" | "socket";
  /** Needed for `socket`. */
  socketPath?: string;
  logger: Logger;
}

export interface McpService {
  /** Lets calls under way finish, up to a limit, then ends. */
  close(): Promise<void>;
}

/** sun_path has 108 bytes on Linux and 104 on macOS, with its final zero. */
const MAX_SOCKET_PATH_BYTES = 103;

/** How long calls under way may take at the end; PM2 kills after 15 s. */
const CLOSE_GRACE_MS = 8_000;

/** What a server receives always has both; node's type also covers a client's side. */
type ServerRequest = IncomingMessage & { method: string; url: string };

/** Serves MCP. On a socket: Streamable HTTP, one server per request, nothing kept between requests. */
export async function serveMcp(options: ServeOptions): Promise<McpService> {
  const onerror = (error: Error) => options.logger.warn({ event: "mcp.error", error });
  if (options.transport === "stdio") {
    const { serveStdio } = await import("@modelcontextprotocol/server/stdio");
    return serveStdio(options.createServer, { onerror });
  }
  if (!options.socketPath) throw fail("CONFIG_INVALID", "The socket's path is missing; nothing was started.");
  return serveSocket(options.socketPath, options.createServer, onerror);
}

async function serveSocket(
  socketPath: string,
  create: () => McpServer,
  onerror: (error: Error) => void,
): Promise<McpService> {
  const { toNodeHandler } = await import("@modelcontextprotocol/node");
  const lock = process.platform === "win32" ? null : await prepareSocket(socketPath);
  const handler = createMcpHandler(create, { onerror });
  const answer = toNodeHandler(handler, { onerror });
  const server = createServer((request, response) => void answer(request as ServerRequest, response));
  try {
    await listen(server, socketPath);
    if (lock) await chmod(socketPath, 0o600);
  } catch (error) {
    lock?.release();
    throw error;
  }
  return {
    async close() {
      await closeServer(server);
      await handler.close();
      lock?.release();
    },
  };
}

/** A named pipe needs none of this: it has no file, and a second server on it is refused by Windows. */
async function prepareSocket(socketPath: string): Promise<HeldLock> {
  if (Buffer.byteLength(socketPath) > MAX_SOCKET_PATH_BYTES) {
    throw fail(
      "CONFIG_INVALID",
      `The socket's path ${socketPath} is longer than ${MAX_SOCKET_PATH_BYTES} bytes, which the system does not allow; nothing was started. ` +
        "Choose a shorter STATE_PATH or EMAIL_MCP_SOCKET, for example EMAIL_MCP_SOCKET=/run/user/1000/nd/email.sock",
      { data: { variable: "EMAIL_MCP_SOCKET" } },
    );
  }
  const folder = dirname(socketPath);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Others who may enter could take the name first and collect receipts.
  if (((await lstat(folder)).mode & 0o077) !== 0) await chmod(folder, 0o700);
  // The lock makes "nobody answers, so the file is a leftover" true between two that start together.
  const lock = holdLock(`${socketPath}.lock`, "MCP server");
  try {
    await removeLeftover(socketPath);
    return lock;
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function removeLeftover(socketPath: string): Promise<void> {
  if (await answers(socketPath)) {
    throw fail(
      "MCP_SOCKET_TAKEN",
      `Another program already answers on ${socketPath}; it was left alone and nothing was started.`,
      {
        data: { socketPath },
      },
    );
  }
  try {
    const found = await lstat(socketPath);
    if (!found.isSocket()) {
      throw fail(
        "MCP_SOCKET_TAKEN",
        `${socketPath} is not a socket; it was left alone and nothing was started.`,
        {
          data: { socketPath },
        },
      );
    }
    await unlink(socketPath);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  }
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socketPath);
    probe.on("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.on("error", () => resolve(false));
  });
}

function listen(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => {
      const taken = errnoOf(error) === "EADDRINUSE";
      reject(
        fail(
          taken ? "MCP_SOCKET_TAKEN" : "FILE_FAILED",
          taken
            ? `Another program already answers on ${socketPath}; it was left alone and nothing was started.`
            : `The socket ${socketPath} could not be opened (${errnoOf(error)}); nothing was started.`,
          { cause: error, data: { socketPath } },
        ),
      );
    });
    server.listen(socketPath, resolve);
  });
}

async function closeServer(server: Server): Promise<void> {
  const late = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  clearTimeout(late);
}
