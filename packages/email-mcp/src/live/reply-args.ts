import { MAX_RECIPIENTS, MAX_REPLY_BYTES } from "@nightdesk/claim-lib";
import { z } from "zod";
import { MAX_SUBJECT_CHARS } from "../limits.ts";
import { providerId } from "../tools/schemas.ts";

/** What of a receipt the live tools of this channel take. */
export const CHANNEL = "email";
export const TOOL = "email_reply";

/** The arguments of a reply, exactly as the owner approved them: nothing is filled in, trimmed or changed. */
export const replyArgs = z.strictObject({
  to: z.array(z.string().max(254)).min(1).max(MAX_RECIPIENTS),
  cc: z.array(z.string().max(254)).max(MAX_RECIPIENTS),
  subject: z
    .string()
    .max(MAX_SUBJECT_CHARS)
    .regex(/^[^\r\n\0]*$/, "must be one line"),
  body: z
    .string()
    .min(1)
    .refine((text) => Buffer.byteLength(text) <= MAX_REPLY_BYTES, { message: "is too long" }),
  source_message_id: providerId,
  thread_id: providerId,
});
export type ReplyArgs = z.infer<typeof replyArgs>;
