import { request, type IncomingMessage } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { Readable } from "node:stream";
import { errnoOf } from "./durable-write.ts";
import { fail } from "./errors.ts";

/** Nobody listens (yet): the socket file is missing, left over, or its queue is full. Nothing was sent. */
const NOT_CONNECTED = new Set(["ENOENT", "ECONNREFUSED", "EAGAIN"]);

/** These may not carry a body (Fetch standard). */
const NULL_BODY = new Set([204, 205, 304]);

/**
 * `fetch` over a Unix socket or named pipe. Each request has a connection of its own (it costs
 * microseconds here), so "could not connect" always means "was not sent", and such a request is tried
 * again for `connectWaitMs`: a server that restarts is back within a second or two. Any other failure
 * is passed on. Node's own `http` knows the moment of connecting; a pooled fetch does not tell.
 */
export function createSocketFetch(socketPath: string, connectWaitMs: number) {
  return async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const target = new URL(url);
    for (let waitedMs = 0, delayMs = 50; ; delayMs = Math.min(delayMs * 2, 500)) {
      try {
        return toResponse(await sendOnce(socketPath, target, init));
      } catch (error) {
        if (!NOT_CONNECTED.has(errnoOf(error))) throw error;
        if (waitedMs >= connectWaitMs || init.signal?.aborted) throw unreachable(socketPath, error);
      }
      await wait(delayMs);
      waitedMs += delayMs;
    }
  };
}

function unreachable(socketPath: string, cause: unknown) {
  return fail(
    "MCP_UNREACHABLE",
    `Nobody answers on ${socketPath} (${errnoOf(cause)}), so the call was not sent. It is tried again later; ` +
      "if it stays like this, look whether the channel's server runs (pm2 ls).",
    { cause, data: { socketPath } },
  );
}

function sendOnce(socketPath: string, url: URL, init: RequestInit): Promise<IncomingMessage> {
  const headers = Object.fromEntries(new Headers(init.headers));
  const body = typeof init.body === "string" ? init.body : undefined;
  return new Promise((resolve, reject) => {
    const outgoing = request({
      socketPath,
      path: url.pathname + url.search,
      method: init.method ?? "GET",
      headers: { ...headers, host: "localhost" },
      agent: false,
      ...(init.signal ? { signal: init.signal } : {}),
    });
    outgoing.on("response", resolve);
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

function toResponse(incoming: IncomingMessage): Response {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const status = incoming.statusCode ?? 500;
  if (NULL_BODY.has(status)) {
    incoming.resume();
    return new Response(null, { status, headers });
  }
  return new Response(Readable.toWeb(incoming) as ReadableStream, { status, headers });
}
