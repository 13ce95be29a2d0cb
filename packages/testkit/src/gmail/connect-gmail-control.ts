import type { z } from "zod";
import { describeError } from "@nightdesk/claim-lib";
import { fail } from "../errors.ts";
import {
  accessTokenSchema,
  encodeFaultRule,
  eventLineSchema,
  faultReportsSchema,
  idSchema,
  infoSchema,
  injectedSchema,
  mailboxSchema,
  sentSchema,
  tokensSchema,
} from "./control-messages.ts";
import type { GmailControl } from "./gmail-control.ts";
import { holdRequest } from "./hold-request.ts";
import type { RequestListener } from "./request-events.ts";

type Call = (method: string, path: string, body?: unknown) => Promise<unknown>;

/**
 * The controls of an emulator that runs in a process of its own (`main.ts`), as `startGmail` gives them for
 * one in this process. `close` ends the listening; the process belongs to whoever started it.
 */
export async function connectGmailControl(baseUrl: string): Promise<GmailControl> {
  const call = createCall(baseUrl);
  const ask = async <S extends z.ZodType>(
    schema: S,
    path: string,
    body?: unknown,
    method = body === undefined ? "GET" : "POST",
  ): Promise<z.infer<S>> => schema.parse(await call(method, path, body));
  const { address } = await ask(infoSchema, "info");
  const stops = new Set<() => Promise<void>>();

  const onRequest = async (listener: RequestListener) => {
    const stop = await listen(baseUrl, call, listener);
    stops.add(stop);
    return async () => {
      stops.delete(stop);
      await stop();
    };
  };
  const send = async (method: string, path: string, body?: unknown) => void (await call(method, path, body));
  return {
    baseUrl,
    address,
    tokens: {
      list: () => ask(tokensSchema, "tokens"),
      issue: async (refreshToken) =>
        (await ask(accessTokenSchema, "tokens/issue", { refreshToken })).accessToken,
      expireAll: () => send("POST", "tokens/expire", {}),
      revoke: (refreshToken) => send("POST", "tokens/revoke", { refreshToken }),
    },
    faults: {
      add: async (rule) => (await ask(idSchema, "faults", encodeFaultRule(rule))).id,
      remove: (id) => send("DELETE", `faults/${id}`),
      clear: () => send("DELETE", "faults"),
      list: () => ask(faultReportsSchema, "faults"),
    },
    inject: (raw, options = {}) =>
      ask(injectedSchema, "inject", { ...options, raw: Buffer.from(raw).toString("base64") }),
    sentMessages: () => ask(sentSchema, "sent"),
    rawMailbox: () => ask(mailboxSchema, "mailbox"),
    expireHistory: () => send("POST", "history/expire", {}),
    onRequest,
    hold: (match) => holdRequest(match, onRequest),
    async close() {
      await Promise.all([...stops].map((stop) => stop()));
      stops.clear();
    },
  };
}

function createCall(baseUrl: string): Call {
  return async (method, path, body) => {
    const answer = await fetch(`${baseUrl}/__control/${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw fail(
        "CONTROL_FAILED",
        `The mail emulator at ${baseUrl} did not answer: ${describeError(error)}`,
        {
          cause: error,
        },
      );
    });
    const text = await answer.text();
    if (!answer.ok) {
      throw fail("CONTROL_FAILED", `The mail emulator refused ${method} ${path}: ${text}`, {
        data: { status: answer.status },
      });
    }
    return JSON.parse(text);
  };
}

/** Resolves when the listening has begun. */
async function listen(baseUrl: string, call: Call, listener: RequestListener): Promise<() => Promise<void>> {
  const ending = new AbortController();
  const answer = await fetch(`${baseUrl}/__control/events`, { signal: ending.signal });
  if (!answer.body) throw fail("CONTROL_FAILED", `The mail emulator at ${baseUrl} gave no events.`);
  const lines = readLines(answer.body)[Symbol.asyncIterator]();
  await lines.next();

  const telling = new Set<Promise<unknown>>();
  const decide = async (line: string) => {
    const { ticket, event } = eventLineSchema.parse(JSON.parse(line));
    if (!event) return;
    // A listener that fails has no objection, as in the same process.
    const decision = await Promise.resolve(event)
      .then(listener)
      .catch(() => undefined);
    const told = call("POST", "events/decide", { ticket, ...(decision === "drop" && { decision }) });
    telling.add(told);
    // An emulator that has ended meanwhile needs no decision any more.
    await told.catch(() => {}).finally(() => telling.delete(told));
  };
  const reading = (async () => {
    for (let next = await lines.next(); !next.done; next = await lines.next()) {
      // Not awaited: one held request must not keep the others' events back.
      void decide(next.value);
    }
  })().catch(() => {});
  return async () => {
    // A decision just made must arrive: when the stream ends, whatever is still undecided goes on.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.allSettled(telling);
    ending.abort();
    await reading;
  };
}

async function* readLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
