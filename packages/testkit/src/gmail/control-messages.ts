import { z } from "zod";
import type { FaultRule } from "./fault-plan.ts";
import type { MailboxMessage, SentMessage } from "./gmail-control.ts";

/** What travels between `connectGmailControl` and the emulator's `/__control/` addresses. */
const base64 = z.base64().transform((text) => Buffer.from(text, "base64"));

export const injectSchema = z.strictObject({
  raw: base64,
  threadId: z.string().optional(),
  receivedAtMs: z.number().optional(),
  agoMs: z.number().optional(),
  labels: z.array(z.string()).optional(),
});

export const injectedSchema = z.strictObject({ messageId: z.string(), threadId: z.string() });

export const sentSchema = z.array(
  z.strictObject({ messageId: z.string(), threadId: z.string(), raw: base64, sentAtMs: z.number() }),
);

export const mailboxSchema = z.array(
  z.strictObject({
    messageId: z.string(),
    threadId: z.string(),
    labels: z.array(z.string()),
    receivedAtMs: z.number(),
    raw: base64,
  }),
);

/** Buffers travel as base64. */
export function encodeRaw<T extends MailboxMessage | SentMessage>(messages: readonly T[]) {
  return messages.map((message) => ({ ...message, raw: message.raw.toString("base64") }));
}

const pattern = z
  .strictObject({ source: z.string(), flags: z.string() })
  .transform(({ source, flags }) => new RegExp(source, flags));

export const faultRuleSchema = z.strictObject({
  match: z.strictObject({ method: z.string().optional(), path: pattern.optional() }),
  kind: z.enum(["status", "reset-before", "lost-reply", "delay", "stall", "stall-after", "index-lag"]),
  times: z.int().min(1).optional(),
  skip: z.int().min(0).optional(),
  probability: z.number().min(0).max(1).optional(),
  status: z.int().min(400).max(599).optional(),
  retryAfterSeconds: z.int().min(0).optional(),
  delayMs: z.number().min(0).optional(),
});

/** A RegExp has no JSON form of its own. */
export function encodeFaultRule(rule: FaultRule): object {
  const path = rule.match.path;
  return {
    ...rule,
    match: { ...rule.match, ...(path && { path: { source: path.source, flags: path.flags } }) },
  };
}

export const faultReportsSchema = z.array(
  z.strictObject({
    id: z.string(),
    kind: faultRuleSchema.shape.kind,
    hits: z.number(),
    remaining: z.number().nullable(),
  }),
);

export const tokensSchema = z.array(
  z.strictObject({ refreshToken: z.string(), scopes: z.array(z.string()) }),
);
export const refreshTokenSchema = z.strictObject({ refreshToken: z.string() });
export const infoSchema = z.strictObject({ address: z.string() });
export const idSchema = z.strictObject({ id: z.string() });
export const accessTokenSchema = z.strictObject({ accessToken: z.string() });

const requestEventSchema = z.strictObject({
  requestId: z.number(),
  phase: z.enum(["before", "after"]),
  method: z.string(),
  path: z.string(),
  query: z.string(),
  atMs: z.number(),
  status: z.number().nullable(),
});

/** A line of the event stream; the first one of a stream has no event. */
export const eventLineSchema = z.strictObject({ ticket: z.string(), event: requestEventSchema.nullable() });

/** What the listener decided about the event with that ticket. */
export const decisionSchema = z.strictObject({ ticket: z.string(), decision: z.literal("drop").optional() });
