import { NightdeskError } from "@nightdesk/claim-lib";
import { Client, ProtocolError, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import type { CallToolResult } from "@modelcontextprotocol/client";
import type { ZodType } from "zod";
import { fail } from "./errors.ts";
import { createSocketFetch } from "./socket-fetch.ts";
import { wireResultSchema } from "./tool-result.ts";

export interface CallOptions {
  /** True when the call may change something outside. Decides what a lost answer means. */
  effect: boolean;
  timeoutMs?: number;
}

export interface McpLink {
  /** Calls a tool and checks its answer. Throws a NightdeskError, the tool's own where it made one. */
  call<T>(
    tool: string,
    args: Record<string, unknown>,
    outputSchema: ZodType<T>,
    options: CallOptions,
  ): Promise<T>;
  listTools(): Promise<string[]>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  socketPath: string;
  /** Who is calling, for the server's log. */
  name: string;
  timeoutMs?: number;
  /** How long a call waits for a server that is starting. */
  connectWaitMs?: number;
}

/** A mail provider may take its time; PM2 restarts a server in about one second. */
const TIMEOUT_MS = 60_000;
const CONNECT_WAIT_MS = 5_000;

/**
 * A link to a channel's MCP server. It connects with the first call, so agents and servers may start in
 * any order. The server keeps nothing between calls, so after its restart the link just goes on: a
 * call that could not be delivered is repeated; one that may have arrived is not, and its error says
 * `ambiguous` (with an effect) or `safe` (without).
 */
export function connectMcp(options: ConnectOptions): McpLink {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
  const connectWaitMs = Math.min(options.connectWaitMs ?? CONNECT_WAIT_MS, timeoutMs / 2);
  const fetch = createSocketFetch(options.socketPath, connectWaitMs);
  let opened: Promise<Client> | undefined;
  const client = () => {
    opened ??= open(options.name, fetch, timeoutMs).catch((error: unknown) => {
      opened = undefined;
      throw toUnreachable(error);
    });
    return opened;
  };
  return {
    async call(tool, args, outputSchema, { effect, timeoutMs: ownTimeoutMs }) {
      const link = await client();
      let result: CallToolResult;
      try {
        result = await link.callTool({ name: tool, arguments: args }, { timeout: ownTimeoutMs ?? timeoutMs });
      } catch (error) {
        throw explainFailure(tool, error, effect);
      }
      return readResult(tool, result, outputSchema, effect);
    },
    async listTools() {
      const link = await client();
      try {
        return (await link.listTools(undefined, { timeout: timeoutMs })).tools.map(({ name }) => name);
      } catch (error) {
        throw explainFailure("tools/list", error, false);
      }
    },
    async close() {
      const link = await opened?.catch(() => undefined);
      opened = undefined;
      await link?.close();
    },
  };
}

async function open(
  name: string,
  fetch: ReturnType<typeof createSocketFetch>,
  timeoutMs: number,
): Promise<Client> {
  const client = new Client({ name, version: "1" }, { versionNegotiation: { mode: "auto" } });
  await client.connect(new StreamableHTTPClientTransport(new URL("http://localhost/mcp"), { fetch }), {
    timeout: timeoutMs,
  });
  return client;
}

/** Nothing of the call itself is sent while connecting, so every failure there is a safe one. */
function toUnreachable(error: unknown): NightdeskError {
  return (
    findOurs(error) ??
    fail("MCP_UNREACHABLE", "The channel's server did not answer the greeting, so the call was not sent.", {
      cause: error,
    })
  );
}

/** The SDK wraps what `fetch` threw; ours is somewhere in the chain of causes. */
function findOurs(error: unknown): NightdeskError | null {
  for (let depth = 0, at = error; depth < 5 && at instanceof Error; depth += 1, at = at.cause) {
    if (NightdeskError.is(at)) return at;
  }
  return null;
}

/** Parameters or method refused by the protocol layer: the tool's code did not run. */
const REFUSED_CODES = new Set([-32_600, -32_601, -32_602]);

function explainFailure(tool: string, error: unknown, effect: boolean): NightdeskError {
  const ours = findOurs(error);
  if (ours) return ours;
  if (error instanceof ProtocolError && REFUSED_CODES.has(error.code))
    return refused(tool, error.message, error);
  return noAnswer(tool, effect, error);
}

function refused(tool: string, why: string, cause?: unknown): NightdeskError {
  return fail("MCP_REFUSED", `The server refused ${tool} before doing anything: ${why}`, {
    cause,
    data: { tool },
  });
}

function noAnswer(tool: string, effect: boolean, cause: unknown): NightdeskError {
  return effect
    ? fail(
        "MCP_OUTCOME_UNKNOWN",
        `${tool} was sent, but no usable answer came back; it may or may not have happened.`,
        {
          cause,
          data: { tool },
        },
      )
    : fail("MCP_READ_FAILED", `${tool} got no usable answer; nothing was changed.`, {
        cause,
        data: { tool },
      });
}

function readResult<T>(tool: string, result: CallToolResult, schema: ZodType<T>, effect: boolean): T {
  if (result.isError) throw readError(tool, result, effect);
  const parsed = schema.safeParse(result.structuredContent);
  if (parsed.success) return parsed.data;
  if (effect) throw noAnswer(tool, effect, parsed.error);
  throw fail("MCP_ANSWER_MALFORMED", `The answer of ${tool} is not of the agreed form; it was not used.`, {
    cause: parsed.error,
    data: { tool },
  });
}

function readError(tool: string, result: CallToolResult, effect: boolean): NightdeskError {
  const wire = wireResultSchema.safeParse(result.structuredContent);
  if (wire.success) {
    const { code, message, retry, data } = wire.data.error;
    // A read changes nothing, so nothing about it can be in doubt.
    return new NightdeskError(code, message, {
      retry: retry === "ambiguous" && !effect ? "safe" : retry,
      data,
    });
  }
  const first = result.content[0];
  const text = first?.type === "text" ? first.text : "no reason given";
  // The SDK's own wording, made before the tool's code runs.
  if (!effect || text.includes("Input validation error")) return refused(tool, text);
  return noAnswer(tool, effect, new Error(text));
}
