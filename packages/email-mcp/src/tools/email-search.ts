import { z } from "zod";
import { DEFAULT_PAGE, MAX_PAGE } from "../limits.ts";
import { defineTool } from "./define-tool.ts";
import type { ReadDeps } from "./read-deps.ts";
import { messageRef, pageToken } from "./schemas.ts";

export const emailSearch = defineTool({
  name: "email_search",
  title: "Search mails",
  description:
    'Mails that match a query in Gmail\'s own words, newest first, for instance "in:inbox newer_than:7d".',
  input: z.strictObject({
    query: z.string().max(2000),
    page_token: pageToken.optional(),
    limit: z.int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
  }),
  output: z.strictObject({ messages: z.array(messageRef), next_page_token: z.string().optional() }),
  effect: "reads",
  run: async (input, { reader }: ReadDeps) => {
    const page = await reader.search(input.query, {
      limit: input.limit,
      pageToken: input.page_token ?? null,
    });
    return {
      messages: page.messages.map(({ messageId, threadId }) => ({
        message_id: messageId,
        thread_id: threadId,
      })),
      ...(page.nextPageToken === null ? {} : { next_page_token: page.nextPageToken }),
    };
  },
});
