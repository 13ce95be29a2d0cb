import type { IncomingMessage, ServerResponse } from "node:http";
import { randomUUID } from "node:crypto";
import { describeError } from "@nightdesk/claim-lib";
import { z } from "zod";
import {
  decisionSchema,
  encodeRaw,
  faultRuleSchema,
  injectSchema,
  refreshTokenSchema,
} from "./control-messages.ts";
import type { GmailControl } from "./gmail-control.ts";
import type { RequestDecision } from "./request-events.ts";

type Controls = Omit<GmailControl, "baseUrl" | "hold" | "close">;
type Waiting = Map<string, (decision: RequestDecision) => void>;

/**
 * The controls over HTTP, for an emulator in a process of its own. For tests on one machine: it listens on
 * loopback like everything here, and asks nobody who they are.
 */
export function createControlApi(controls: Controls) {
  const waiting: Waiting = new Map();
  return async function answerControl(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", "http://127.0.0.1").pathname.slice("/__control/".length);
    const call = `${request.method} ${path}`;
    if (call === "GET events") return streamEvents(controls, waiting, response);
    try {
      const value = await carryOut(controls, waiting, call, await readJson(request));
      send(response, value === undefined ? 404 : 200, value ?? { error: `there is no ${call}` });
    } catch (error) {
      const isMalformed = error instanceof z.ZodError || error instanceof SyntaxError;
      send(response, isMalformed ? 400 : 500, { error: describeError(error) });
    }
  };
}

async function carryOut(controls: Controls, waiting: Waiting, call: string, body: unknown): Promise<unknown> {
  const [, faultId] = /^DELETE faults\/(.+)$/.exec(call) ?? [];
  if (faultId !== undefined) return done(controls.faults.remove(faultId));
  switch (call) {
    case "GET info":
      return { address: controls.address };
    case "POST inject": {
      const { raw, threadId, receivedAtMs, agoMs, labels } = injectSchema.parse(body);
      return controls.inject(raw, {
        ...(threadId !== undefined && { threadId }),
        ...(receivedAtMs !== undefined && { receivedAtMs }),
        ...(agoMs !== undefined && { agoMs }),
        ...(labels !== undefined && { labels }),
      });
    }
    case "GET sent":
      return encodeRaw(await controls.sentMessages());
    case "GET mailbox":
      return encodeRaw(await controls.rawMailbox());
    case "POST history/expire":
      return done(controls.expireHistory());
    case "POST faults":
      return { id: await controls.faults.add(withoutUndefined(faultRuleSchema.parse(body))) };
    case "GET faults":
      return controls.faults.list();
    case "DELETE faults":
      return done(controls.faults.clear());
    case "POST events/decide": {
      const { ticket, decision } = decisionSchema.parse(body);
      waiting.get(ticket)?.(decision);
      return {};
    }
    default:
      return carryOutTokens(controls, call, body);
  }
}

async function carryOutTokens(controls: Controls, call: string, body: unknown): Promise<unknown> {
  switch (call) {
    case "GET tokens":
      return controls.tokens.list();
    case "POST tokens/issue":
      return { accessToken: await controls.tokens.issue(refreshTokenSchema.parse(body).refreshToken) };
    case "POST tokens/expire":
      return done(controls.tokens.expireAll());
    case "POST tokens/revoke":
      return done(controls.tokens.revoke(refreshTokenSchema.parse(body).refreshToken));
    default:
      return undefined;
  }
}

/**
 * One line per event; the request waits until its ticket is decided (POST events/decide). When the listener
 * goes away, all that waits for it goes on, so that nothing hangs on a dead observer.
 */
async function streamEvents(controls: Controls, waiting: Waiting, response: ServerResponse): Promise<void> {
  const mine = new Set<string>();
  const stop = await controls.onRequest((event) => {
    const ticket = randomUUID();
    const { promise, resolve } = Promise.withResolvers<RequestDecision>();
    mine.add(ticket);
    waiting.set(ticket, (decision) => {
      mine.delete(ticket);
      waiting.delete(ticket);
      resolve(decision);
    });
    response.write(`${JSON.stringify({ ticket, event })}\n`);
    return promise;
  });
  response.on("close", () => {
    void stop();
    for (const ticket of mine) waiting.get(ticket)?.(undefined);
  });
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  response.write(`${JSON.stringify({ ticket: "", event: null })}\n`);
}

async function done(work: Promise<void>): Promise<object> {
  await work;
  return {};
}

/** What was left out must be absent, not undefined. */
function withoutUndefined({ match, ...rule }: z.infer<typeof faultRuleSchema>) {
  const { kind, times, skip, probability, status, retryAfterSeconds, delayMs } = rule;
  return {
    kind,
    match: {
      ...(match.method !== undefined && { method: match.method }),
      ...(match.path && { path: match.path }),
    },
    ...(times !== undefined && { times }),
    ...(skip !== undefined && { skip }),
    ...(probability !== undefined && { probability }),
    ...(status !== undefined && { status }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(delayMs !== undefined && { delayMs }),
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks.length === 0 ? undefined : JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}
