import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Seen {
  path: string;
  authorization: string | undefined;
  body: {
    messages: { role: string; content: string }[];
    response_format?: { type: string; json_schema?: { strict: boolean; schema: unknown } };
    tools?: unknown;
  };
}

export type Handler = (response: ServerResponse, seen: Seen, request: IncomingMessage) => void;

export interface FakeOpenai {
  baseUrl: string;
  /** Every request since the last reset. */
  seen: Seen[];
  /** One answer per request; the last one stays. */
  script: Handler[];
  reset(): void;
  close(): void;
}

/** A real HTTP server that answers, and fails, as OpenAI and its imitators do. */
export async function startFakeOpenai(): Promise<FakeOpenai> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const one: Seen = {
        path: request.url ?? "",
        authorization: request.headers.authorization,
        body: JSON.parse(Buffer.concat(chunks).toString("utf8")) as Seen["body"],
      };
      fake.seen.push(one);
      const handler = fake.script.length > 1 ? fake.script.shift() : fake.script[0];
      handler?.(response, one, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const fake: FakeOpenai = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    seen: [],
    script: [],
    reset() {
      fake.seen = [];
      fake.script = [];
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return fake;
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Handler {
  return (response) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

/** A completion with this content, of 1000 tokens in and 500 out. */
export function says(content: unknown, extra: Record<string, unknown> = {}): Handler {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return json(200, {
    choices: [{ index: 0, message: { role: "assistant", content: text, ...extra }, finish_reason: "stop" }],
    usage: { prompt_tokens: 1000, completion_tokens: 500 },
  });
}
