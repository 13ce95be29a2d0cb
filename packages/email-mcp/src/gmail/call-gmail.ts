import type { Clock, NightdeskError, Random } from "@nightdesk/claim-lib";
import { fail } from "../errors.ts";
import { BACKOFF_BASE_MS, BACKOFF_MAX_MS, MAX_RETRY_AFTER_MS, READ_ATTEMPTS } from "../limits.ts";

/** What an answer of Gmail's, or its absence, means for the one who asked. */
export interface GmailFailure {
  kind: "not_found" | "login" | "busy" | "server" | "not_sent" | "no_answer" | "refused";
  status: number | null;
  reason: string;
  retryAfterMs: number | null;
}

/** The request never left this machine: nothing can have happened. */
const NEVER_SENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENETUNREACH",
  "EHOSTUNREACH",
  "EADDRNOTAVAIL",
]);

/** Gmail says "slow down" with 403 as well as with 429. */
const BUSY_REASONS = new Set(["rateLimitExceeded", "userRateLimitExceeded", "RESOURCE_EXHAUSTED"]);

/** Sorts an error of the Google client. Its request, which holds the token, is never passed on. */
export function readFailure(error: unknown, nowMs: number): GmailFailure {
  const response = field(error, "response");
  const status = field(response, "status");
  if (typeof status !== "number") {
    const kind = NEVER_SENT.has(findErrno(error)) ? "not_sent" : "no_answer";
    return { kind, status: null, reason: findErrno(error) || "no answer", retryAfterMs: null };
  }
  const reason = findReason(field(response, "data"));
  return { kind: sort(status, reason), status, reason, retryAfterMs: readRetryAfter(response, nowMs) };
}

function sort(status: number, reason: string): GmailFailure["kind"] {
  if (status === 404 || status === 410) return "not_found";
  if (status === 429 || (status === 403 && BUSY_REASONS.has(reason))) return "busy";
  if (status === 401 || reason === "invalid_grant" || reason === "invalid_client") return "login";
  if (status === 408 || status >= 500) return "server";
  return "refused";
}

/** Turns a failure into the project's error. For a request that had no effect. */
export function toError(what: string, failure: GmailFailure): NightdeskError {
  const data = { status: failure.status, reason: failure.reason, retryAfterMs: failure.retryAfterMs };
  switch (failure.kind) {
    case "not_found":
      return fail("GMAIL_NOT_FOUND", `Gmail does not have it (any more): ${what}. Nothing was changed.`, {
        data,
      });
    case "login":
      return fail(
        "GMAIL_LOGIN_FAILED",
        "Google no longer accepts the login of this machine; nothing was changed. Log in again and put the new token into GMAIL_REFRESH_TOKEN.",
        { data },
      );
    case "busy":
      return fail(
        "GMAIL_BUSY",
        `Gmail asks to slow down (${what}); nothing was changed. It is tried again later.`,
        {
          data,
        },
      );
    case "refused":
      return fail("GMAIL_REFUSED", `Gmail refused: ${what} (${failure.reason}). Nothing was changed.`, {
        data,
      });
    default:
      return fail(
        "GMAIL_UNREACHABLE",
        `Gmail could not be reached or gave no usable answer (${what}); nothing was changed. It is tried again later.`,
        { data },
      );
  }
}

export interface Ports {
  clock: Clock;
  random: Random;
}

/** Makes a request that changes nothing, again after a pause when Gmail is busy, failing or out of reach. */
export async function readWithRetry<T>(what: string, ports: Ports, request: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await request();
    } catch (error) {
      const failure = readFailure(error, ports.clock.now());
      const pauseMs = pauseBefore(attempt, failure, ports.random);
      if (pauseMs === null) throw toError(what, failure);
      await ports.clock.sleep(pauseMs);
    }
  }
}

/** Full jitter, so that many clients that failed together do not come back together. Null: give up. */
function pauseBefore(attempt: number, failure: GmailFailure, random: Random): number | null {
  if (attempt >= READ_ATTEMPTS) return null;
  if (!["busy", "server", "not_sent", "no_answer"].includes(failure.kind)) return null;
  if (failure.retryAfterMs !== null)
    return failure.retryAfterMs <= MAX_RETRY_AFTER_MS ? failure.retryAfterMs : null;
  return Math.ceil(random.fraction() * Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** (attempt - 1)));
}

function readRetryAfter(response: unknown, nowMs: number): number | null {
  // The client brings a Headers class of its own, so the platform's cannot be asked for.
  const headers = field(response, "headers");
  const get = field(headers, "get");
  const value: unknown = typeof get === "function" ? get.call(headers, "retry-after") : null;
  if (typeof value !== "string") return null;
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}

/** Google's own word for the failure; short and free of content. */
function findReason(data: unknown): string {
  const error = field(data, "error");
  if (typeof error === "string") return clean(error);
  const list = field(error, "errors");
  const first: unknown = Array.isArray(list) ? list[0] : undefined;
  const reason = field(first, "reason") ?? field(error, "status") ?? field(error, "message");
  return typeof reason === "string" ? clean(reason) : "unknown";
}

function clean(text: string): string {
  return text.replace(/[^ -~]/g, "?").slice(0, 120);
}

function findErrno(error: unknown): string {
  for (let at = error, depth = 0; at !== undefined && depth < 5; at = field(at, "cause"), depth += 1) {
    const code = field(at, "code");
    if (typeof code === "string" && /^E[A-Z_]+$/.test(code)) return code;
    const inner = field(at, "errors");
    if (Array.isArray(inner) && inner.length > 0) return findErrno(inner[0]);
  }
  return "";
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
