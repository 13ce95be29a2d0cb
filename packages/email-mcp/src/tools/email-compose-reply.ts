import { z } from "zod";
import { composeReply } from "../mime/compose-reply.ts";
import { parseHeaders } from "../mime/parse-headers.ts";
import { defineTool } from "./define-tool.ts";
import { withoutDrafts } from "./email-thread.ts";
import type { ReadDeps } from "./read-deps.ts";
import { providerId } from "./schemas.ts";

export const emailComposeReply = defineTool({
  name: "email_compose_reply",
  title: "Recipients of a reply",
  description:
    "Who a reply to this mail goes to, worked out from the mail's own address lines by fixed rules, with warnings where they look odd. Makes no draft.",
  input: z.strictObject({ message_id: providerId }),
  output: z.strictObject({
    to: z.array(z.string()),
    cc: z.array(z.string()),
    subject: z.string(),
    source_message_id: z.string(),
    thread_id: z.string(),
    last_message_id: z
      .string()
      .describe("the thread's newest mail: when it changes, the thread has moved on"),
    warnings: z.array(z.string()),
  }),
  effect: "reads",
  run: async (input, { reader }: ReadDeps) => {
    const mail = await reader.read(input.message_id);
    const [own, thread] = await Promise.all([reader.ownAddresses(), reader.thread(mail.threadId)]);
    const reply = composeReply(
      parseHeaders(mail.raw).headers,
      own.map(({ address }) => address),
    );
    return {
      to: reply.to,
      cc: reply.cc,
      subject: reply.subject,
      source_message_id: mail.messageId,
      thread_id: mail.threadId,
      last_message_id: withoutDrafts(thread).at(-1)?.messageId ?? mail.messageId,
      warnings: reply.warnings,
    };
  },
});
