import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import { rm } from "node:fs/promises";

/** One call of a tool, as it went over the socket. */
export interface ToolCall {
  tool: string;
  args: Record<string, unknown>;
  /** Everything a program needs to send the very same again. */
  headers: Record<string, string>;
  body: string;
}

/** A program between the laptop's agent and its mail server: it reads along and can make a call wait. */
export interface SocketTap {
  calls(): readonly ToolCall[];
  /** Makes the next call of this tool whose bytes hold `words` wait until it is released. */
  hold(tool: string, words: string): { reached: Promise<ToolCall>; release(): void };
  close(): Promise<void>;
}

interface Held {
  tool: string;
  words: string;
  reach: (call: ToolCall) => void;
  released: Promise<void>;
}

export async function openSocketTap(socketPath: string, serverPath: string): Promise<SocketTap> {
  const calls: ToolCall[] = [];
  const holds: Held[] = [];
  const pass = async (incoming: IncomingMessage, answer: ServerResponse) => {
    const body = await readBody(incoming);
    const call = readCall(incoming, body);
    if (call) {
      calls.push(call);
      const at = holds.findIndex(({ tool, words }) => tool === call.tool && body.includes(words));
      const [held] = at < 0 ? [] : holds.splice(at, 1);
      held?.reach(call);
      await held?.released;
    }
    const { url: path = "/", method = "GET", headers } = incoming;
    const onward = request({ socketPath: serverPath, path, method, headers, agent: false }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(answer);
    });
    // A server that is restarting: the agent sees a broken connection, as it would without us.
    onward.on("error", () => answer.destroy());
    onward.end(body);
  };
  await rm(socketPath, { force: true });
  const server = createServer(
    (incoming, answer) => void pass(incoming, answer).catch(() => answer.destroy()),
  );
  server.listen(socketPath);
  await once(server, "listening");
  return {
    calls: () => calls,
    hold(tool, words) {
      const reached = Promise.withResolvers<ToolCall>();
      const released = Promise.withResolvers<void>();
      holds.push({ tool, words, reach: reached.resolve, released: released.promise });
      return { reached: reached.promise, release: released.resolve };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

function readCall(incoming: IncomingMessage, body: string): ToolCall | null {
  try {
    const { method, params } = JSON.parse(body);
    if (method !== "tools/call") return null;
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).flatMap(([name, value]) =>
        typeof value === "string" ? [[name, value]] : [],
      ),
    );
    return { tool: String(params.name), args: params.arguments ?? {}, headers, body };
  } catch {
    return null;
  }
}
