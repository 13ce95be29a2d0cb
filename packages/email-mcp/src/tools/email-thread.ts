import { z } from "zod";
import { parseAddressList } from "../mime/parse-address.ts";
import type { ThreadMail } from "../provider.ts";
import { defineTool } from "./define-tool.ts";
import type { ReadDeps } from "./read-deps.ts";
import { isoTime, mailAddress, providerId } from "./schemas.ts";

export const emailThread = defineTool({
  name: "email_thread",
  title: "Read a thread",
  description: "Who wrote when in one thread, oldest first, drafts left out.",
  input: z.strictObject({ thread_id: providerId }),
  output: z.strictObject({
    thread_id: z.string(),
    messages: z.array(
      z.strictObject({
        message_id: z.string(),
        from: mailAddress,
        received_at: isoTime,
        sent_by_owner: z.boolean(),
      }),
    ),
  }),
  effect: "reads",
  run: async (input, { reader }: ReadDeps) => {
    const mails = await reader.thread(input.thread_id);
    return {
      thread_id: input.thread_id,
      messages: withoutDrafts(mails).map((mail) => ({
        message_id: mail.messageId,
        from: parseAddressList(mail.from).addresses[0] ?? { name: "", address: "" },
        received_at: new Date(mail.receivedAtMs).toISOString(),
        // The label is the mailbox's own word; a From line can be forged.
        sent_by_owner: mail.labels.includes("SENT"),
      })),
    };
  },
});

export function withoutDrafts(mails: readonly ThreadMail[]): ThreadMail[] {
  return mails.filter(({ labels }) => !labels.includes("DRAFT"));
}
