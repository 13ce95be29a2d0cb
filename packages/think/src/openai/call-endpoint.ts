import type { Clock } from "@nightdesk/claim-lib";
import { fail } from "../errors.ts";
import { readLimited } from "./read-limited.ts";

export interface Endpoint {
  /** Without a slash at the end, `https://api.openai.com/v1`. */
  baseUrl: string;
  apiKey: string | null;
  fetch: typeof fetch;
  clock: Clock;
  /** For one attempt, answer read to its end included. */
  timeoutMs: number;
  /** Attempts in all when the endpoint is busy or breaks off. */
  maxAttempts: number;
  /** A longer wait than this is not slept through: the caller gets THINK_BUSY and comes back. */
  maxWaitMs: number;
  /** From 0 up to 1; spreads the attempts of several callers. */
  fraction(): number;
}

/** An answer of the form is a few KB; a server that streams without end is cut off here. */
const MAX_ANSWER_BYTES = 512 * 1024;
const FIRST_WAIT_MS = 1000;

/** Status, and the body as JSON where it is JSON. */
export interface Reply {
  status: number;
  json: unknown;
}

/**
 * Posts one chat completion. What may pass (429, 5xx, a broken connection) is tried again within
 * limits; every other status comes back for the caller to judge. A key or a mail never gets into an
 * error: of what the server answers only its short codes are kept.
 */
export async function callEndpoint(endpoint: Endpoint, body: unknown, signal?: AbortSignal): Promise<Reply> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await tryOnce(endpoint, body, signal);
    if ("reply" in outcome) return outcome.reply;
    const backoffMs = FIRST_WAIT_MS * 2 ** (attempt - 1) * (0.5 + endpoint.fraction());
    const waitMs = outcome.retryAfterMs ?? backoffMs;
    if (attempt >= endpoint.maxAttempts || waitMs > endpoint.maxWaitMs) throw outcome.error;
    await sleepUnlessStopped(endpoint.clock, waitMs, signal);
  }
}

type Outcome = { reply: Reply } | { error: Error; retryAfterMs: number | null };

async function tryOnce(endpoint: Endpoint, body: unknown, signal?: AbortSignal): Promise<Outcome> {
  const timeout = AbortSignal.timeout(endpoint.timeoutMs);
  const either = signal ? AbortSignal.any([signal, timeout]) : timeout;
  let response: Response;
  let text: string;
  try {
    response = await endpoint.fetch(`${endpoint.baseUrl}/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        ...(endpoint.apiKey === null ? {} : { authorization: `Bearer ${endpoint.apiKey}` }),
      },
      body: JSON.stringify(body),
      // The key and the mail go to the configured address and to no other.
      redirect: "error",
      signal: either,
    });
    text = await readLimited(response, MAX_ANSWER_BYTES);
  } catch (error) {
    return {
      error: describeFailure(error, {
        stopped: signal?.aborted === true,
        late: timeout.aborted,
        timeoutMs: endpoint.timeoutMs,
      }),
      retryAfterMs: null,
    };
  }
  const reply = { status: response.status, json: parseJson(text) };
  if (response.status !== 429 && response.status < 500) return { reply };
  const code = errorCodeOf(reply.json);
  // A 429 that says "no credit" does not pass by waiting.
  if (code === "insufficient_quota" || code === "billing_hard_limit_reached") return { reply };
  return {
    error: fail(
      "THINK_BUSY",
      `The model's server is busy (${response.status}); nothing was drafted yet. It will be tried again.`,
      {
        data: { status: response.status, code },
      },
    ),
    retryAfterMs: readRetryAfter(response.headers, endpoint.clock.now()),
  };
}

function describeFailure(
  error: unknown,
  facts: { stopped: boolean; late: boolean; timeoutMs: number },
): Error {
  if (facts.stopped) throw stopped(error);
  if (error instanceof Error && error.name === "NightdeskError") throw error;
  if (facts.late) {
    return fail(
      "THINK_TIMEOUT",
      `The model did not answer within ${Math.round(facts.timeoutMs / 1000)} s; it will be tried again.`,
      {
        cause: error,
      },
    );
  }
  return fail(
    "THINK_UNREACHABLE",
    "The model's server could not be reached or broke off; it will be tried again.",
    {
      cause: error,
    },
  );
}

function stopped(cause: unknown) {
  return fail("THINK_STOPPED", "The drafting was stopped; nothing was drafted.", { cause });
}

async function sleepUnlessStopped(clock: Clock, durationMs: number, signal?: AbortSignal): Promise<void> {
  if (!signal) return clock.sleep(durationMs);
  if (signal.aborted) throw stopped(signal.reason);
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(stopped(signal.reason));
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    await Promise.race([clock.sleep(durationMs), aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** Seconds or a date (RFC 9110); OpenAI also sends milliseconds in a header of its own. */
function readRetryAfter(headers: Headers, nowMs: number): number | null {
  const inMs = Number(headers.get("retry-after-ms") ?? Number.NaN);
  if (Number.isFinite(inMs) && inMs >= 0) return inMs;
  const text = headers.get("retry-after");
  if (text === null) return null;
  const seconds = Number(text);
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1000 : null;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}

/** `error.code` or `error.type` of an error body when it looks like a code; never its message. */
export function errorCodeOf(json: unknown): string | null {
  const error = fieldOf(json, "error");
  const code = fieldOf(error, "code") ?? fieldOf(error, "type");
  return typeof code === "string" && /^[a-z][a-z0-9_]{0,63}$/.test(code) ? code : null;
}

/** A property of something that may be anything. */
export function fieldOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.getOwnPropertyDescriptor(value, key)?.value
    : undefined;
}

/** The value a text holds as JSON; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
