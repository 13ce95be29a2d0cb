import { z } from "zod";
import { defineTool } from "./define-tool.ts";
import type { ReadDeps } from "./read-deps.ts";
import { cursor, messageRef, pageToken } from "./schemas.ts";

export const emailChanges = defineTool({
  name: "email_changes",
  title: "New mails",
  description:
    "Mails that arrived in the inbox since the cursor. While there is a next_page_token, ask again with the same cursor and that token; " +
    "keep the returned cursor only after the last page. expired: the cursor is too old; look with email_search and begin anew with email_profile's cursor.",
  input: z.strictObject({ cursor, page_token: pageToken.optional() }),
  output: z.strictObject({
    messages: z.array(messageRef),
    cursor,
    next_page_token: z.string().optional(),
    expired: z.boolean(),
  }),
  effect: "reads",
  run: async (input, { reader }: ReadDeps) => {
    const page = await reader.changes(input.cursor, input.page_token ?? null);
    return {
      messages: page.messages.map(({ messageId, threadId }) => ({
        message_id: messageId,
        thread_id: threadId,
      })),
      cursor: page.cursor,
      ...(page.nextPageToken === null ? {} : { next_page_token: page.nextPageToken }),
      expired: page.expired,
    };
  },
});
