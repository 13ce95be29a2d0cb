import { createEmulator } from "emulate";
import { fail } from "../errors.ts";
import type { Answer } from "./google-error.ts";

interface UpstreamRequest {
  method: string;
  /** With the query. */
  path: string;
  contentType?: string | undefined;
  body?: Buffer | string;
}

/** The emulator behind the proxy. */
export interface Upstream {
  call(request: UpstreamRequest): Promise<Answer>;
  /** As `call`, but only a success is an answer; the JSON in it is returned. */
  ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

// The emulator's own users do not matter: everything goes through the proxy, which has checked the caller.
// It counts 5,000 requests an hour for each of them, whatever is asked; a long trial needs more.
const CALLS_PER_USER = 4_000;
const UPSTREAM_TOKENS = Array.from({ length: 200 }, (_, index) => `proxy-${index}`);

/** Starts the emulator on a free loopback port, with one empty mailbox. */
export async function startUpstream(address: string, ownerName: string): Promise<Upstream> {
  const emulator = await createEmulator({
    service: "google",
    port: 0,
    seed: {
      tokens: Object.fromEntries(UPSTREAM_TOKENS.map((token) => [token, { login: address }])),
      google: { users: [{ email: address, name: ownerName }] },
    },
  });
  const origin = `http://127.0.0.1:${new URL(emulator.url).port}`;

  let calls = 0;
  const nextToken = () => {
    const user = Math.floor(calls / CALLS_PER_USER) % UPSTREAM_TOKENS.length;
    calls += 1;
    return UPSTREAM_TOKENS[user] ?? "";
  };
  const call = async (request: UpstreamRequest): Promise<Answer> => {
    const answer = await fetch(origin + request.path, {
      method: request.method,
      headers: {
        authorization: `Bearer ${nextToken()}`,
        ...(request.contentType !== undefined && { "content-type": request.contentType }),
      },
      ...(request.body !== undefined &&
        request.body.length > 0 && { body: new Uint8Array(Buffer.from(request.body)) }),
    });
    const type = answer.headers.get("content-type");
    return {
      status: answer.status,
      headers: type === null ? {} : { "content-type": type },
      body: Buffer.from(await answer.arrayBuffer()),
    };
  };

  return {
    call,
    async ask(method, path, body) {
      const answer = await call({
        method,
        path,
        ...(body !== undefined && { contentType: "application/json", body: JSON.stringify(body) }),
      });
      if (answer.status < 200 || answer.status > 299) {
        throw fail("EMULATOR_FAILED", `The mail emulator answered ${answer.status} to ${method} ${path}.`, {
          data: { status: answer.status, body: answer.body.toString("utf8").slice(0, 500) },
        });
      }
      return parseRecord(answer.body);
    },
    close: () => emulator.close(),
  };
}

/** A JSON object, or an empty one for anything else. */
export function parseRecord(body: Buffer): Record<string, unknown> {
  try {
    return toRecord(JSON.parse(body.toString("utf8")));
  } catch {
    return {};
  }
}

export function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

export function toList(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(toRecord) : [];
}

export function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
