import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "@nightdesk/claim-lib";
import type { FaultPlan, FaultRule } from "./fault-plan.ts";
import type { GmailRequest, GmailRoutes } from "./gmail-routes.ts";
import { scopesFor } from "./gmail-scopes.ts";
import { parseRecord, toList, toRecord, toText } from "./gmail-upstream.ts";
import { googleError, insufficientScopes, jsonAnswer, unauthenticated, type Answer } from "./google-error.ts";
import type { RequestEvents } from "./request-events.ts";
import type { TokenDesk } from "./token-desk.ts";

export interface FaultProxyParts {
  clock: Clock;
  faults: FaultPlan;
  events: RequestEvents;
  tokens: TokenDesk;
  gmail: GmailRoutes;
  /** Takes what is addressed to `/__control/`. */
  control: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

export interface FaultProxy {
  baseUrl: string;
  close(): Promise<void>;
}

/** Gmail's limit for a message is 35 MB, as base64 within JSON. */
const MAX_BODY_BYTES = 50 * 1024 * 1024;

/** What clients speak to: checks who asks, meets faults, tells observers, and hands on to the emulator. */
export async function startFaultProxy(parts: FaultProxyParts, port: number): Promise<FaultProxy> {
  const closing = new AbortController();
  let lastId = 0;
  const server = createServer((request, response) => {
    const isControl = request.url?.startsWith("/__control/") ?? false;
    const work = isControl
      ? parts.control(request, response)
      : serve(parts, (lastId += 1), request, response, closing.signal);
    // Whatever goes wrong in here is the emulator's fault and must look like it.
    work.catch(() => (response.headersSent ? response.destroy() : write(response, googleError(500))));
  });
  // A client that went away in the middle of a request is nothing to report.
  server.on("clientError", (_error, socket) => socket.destroy());
  await listen(server, port);
  const address = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${address.port}`,
    async close() {
      closing.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function serve(
  parts: FaultProxyParts,
  requestId: number,
  incoming: IncomingMessage,
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const request = await readRequest(incoming);
  if (!request) return void write(response, googleError(413));
  const tell = (phase: "before" | "after", status: number | null) =>
    parts.events.tell({
      requestId,
      phase,
      method: request.method,
      path: request.path,
      query: request.query.toString(),
      atMs: parts.clock.now(),
      status,
    });

  if ((await tell("before", null)) === "drop") return reset(incoming);
  const fault = parts.faults.take(request.method, request.path);
  if (fault?.kind === "reset-before") return reset(incoming);
  if (fault?.kind === "stall") return;
  if (fault?.kind === "delay") await pause(fault.delayMs ?? 1000, closing);
  if (closing.aborted) return reset(incoming);

  const answer = fault?.kind === "status" ? faultAnswer(fault) : await carryOut(parts, request, incoming);
  if ((await tell("after", answer.status)) === "drop" || fault?.kind === "lost-reply") return reset(incoming);
  if (fault?.kind === "stall-after") return;
  if (fault?.kind !== "index-lag") return void write(response, answer);
  write(response, withoutYoung(answer, parts.gmail.newerThan(parts.clock.now() - (fault.delayMs ?? 1000))));
}

async function readRequest(incoming: IncomingMessage): Promise<GmailRequest | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  const url = new URL(incoming.url ?? "/", "http://127.0.0.1");
  return {
    method: incoming.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    contentType: incoming.headers["content-type"],
    body: Buffer.concat(chunks),
  };
}

async function carryOut(
  parts: FaultProxyParts,
  request: GmailRequest,
  incoming: IncomingMessage,
): Promise<Answer> {
  const form = new URLSearchParams(request.body.toString("utf8"));
  const bearer = /^Bearer (\S+)$/i.exec(incoming.headers.authorization ?? "")?.[1];
  if (request.method === "POST" && /^(\/oauth2(\/v[34])?)?\/token$/.test(request.path))
    return parts.tokens.exchange(form);
  if (/^(\/oauth2\/v[123])?\/tokeninfo$/.test(request.path)) {
    const asked = request.query.get("access_token") ?? form.get("access_token") ?? bearer ?? "";
    return parts.tokens.inform(asked, request.path);
  }
  if (request.method === "POST" && /^(\/o\/oauth2|\/oauth2)?\/revoke$/.test(request.path)) {
    return parts.tokens.withdraw(request.query.get("token") ?? form.get("token") ?? "");
  }
  if (!/^(\/upload)?\/gmail\/v1\/users\//.test(request.path)) return googleError(404);

  const scopes = parts.tokens.scopesOf(bearer ?? request.query.get("access_token") ?? "");
  if (!scopes) return unauthenticated();
  const allowed = scopesFor(request.method, request.path);
  if (!allowed.some((scope) => scopes.includes(scope))) return insufficientScopes(allowed);
  return parts.gmail.handle(request);
}

/** What an index that lags answers: lists of messages, of drafts and of a thread's messages lack the young ones. */
function withoutYoung(answer: Answer, young: ReadonlySet<string>): Answer {
  if (answer.status !== 200) return answer;
  const value = parseRecord(answer.body);
  const isOld = (entry: Record<string, unknown>) =>
    !young.has(toText(entry["id"])) && !young.has(toText(toRecord(entry["message"])["id"]));
  const lists = ["messages", "drafts"].flatMap((key) =>
    Array.isArray(value[key]) ? [[key, toList(value[key]).filter(isOld)] as const] : [],
  );
  // Gmail leaves an empty list out.
  const kept = lists.filter(([, list]) => list.length > 0);
  const rest = Object.entries(value).filter(([key]) => !lists.some(([name]) => name === key));
  return jsonAnswer(200, Object.fromEntries([...rest, ...kept]));
}

function faultAnswer(fault: FaultRule): Answer {
  const retryAfter = fault.retryAfterSeconds;
  return googleError(
    fault.status ?? 503,
    retryAfter === undefined ? {} : { "retry-after": String(retryAfter) },
  );
}

function write(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, { ...answer.headers, "content-length": answer.body.length });
  response.end(answer.body);
}

/** A reset rather than a close, so that the client sees a broken connection and never a short answer. */
function reset(incoming: IncomingMessage): void {
  // A peer that was killed has closed its side already; resetting that one was seen to leave the process hanging.
  if (incoming.socket.destroyed || incoming.socket.readableEnded) incoming.socket.destroy();
  else incoming.socket.resetAndDestroy();
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, durationMs);
    signal.addEventListener("abort", done);
  });
}
