import type { McpLink } from "@nightdesk/daemon-kit/connect-mcp";
import { mailInputSchema } from "@nightdesk/think";
import { z } from "zod";
import { redactMail } from "./redact-mail.ts";

const address = z.object({ name: z.string(), address: z.string() });
const ref = z.object({ message_id: z.string(), thread_id: z.string() });
export type MailRef = z.infer<typeof ref>;

const profile = z.object({ account: z.string(), cursor: z.string() });
const changes = z.object({
  messages: z.array(ref),
  cursor: z.string(),
  next_page_token: z.string().optional(),
  expired: z.boolean(),
});
const found = z.object({ messages: z.array(ref), next_page_token: z.string().optional() });

const mail = z.object({
  message_id: z.string(),
  thread_id: z.string(),
  labels: z.array(z.string()),
  received_at: z.iso.datetime(),
  from: address,
  to: z.array(address),
  cc: z.array(address),
  reply_to: z.array(address),
  subject: z.string(),
  text: z.string(),
  html_only: z.boolean(),
  attachments: z.array(
    z.object({ name: z.string(), type: z.string(), size: z.number(), sha256: z.string() }),
  ),
  header: mailInputSchema.shape.header,
  links: mailInputSchema.shape.links,
  html: mailInputSchema.shape.html,
  problems: z.array(z.string()),
});
export type Mail = z.infer<typeof mail>;

const thread = z.object({
  messages: z.array(z.object({ message_id: z.string(), sent_by_owner: z.boolean() })),
});
const reply = z.object({
  to: z.array(z.string()),
  cc: z.array(z.string()),
  subject: z.string(),
  thread_id: z.string(),
  last_message_id: z.string(),
  warnings: z.array(z.string()),
});
export type ReplyTargets = z.infer<typeof reply>;

/** The mailbox, read only: all that the cloud can do with it. */
export interface MailPort {
  profile(): Promise<z.infer<typeof profile>>;
  changes(cursor: string, pageToken?: string): Promise<z.infer<typeof changes>>;
  search(query: string, options?: { pageToken?: string; limit?: number }): Promise<z.infer<typeof found>>;
  /** Without its one-time codes, keys and passwords; see redact-mail.ts. */
  read(messageId: string): Promise<Mail>;
  thread(threadId: string): Promise<z.infer<typeof thread>>;
  composeReply(messageId: string): Promise<ReplyTargets>;
}

/** The mailbox behind email-mcp. Every call only reads, so a lost answer is simply asked for again. */
export function createMailPort(link: Pick<McpLink, "call">): MailPort {
  const read = <T>(tool: string, args: Record<string, unknown>, schema: z.ZodType<T>) =>
    link.call(tool, args, schema, { effect: false });
  const page = (token: string | undefined) => (token === undefined ? {} : { page_token: token });
  return {
    profile: () => read("email_profile", {}, profile),
    changes: (cursor, pageToken) => read("email_changes", { cursor, ...page(pageToken) }, changes),
    search: (query, { pageToken, limit } = {}) =>
      read("email_search", { query, ...page(pageToken), ...(limit === undefined ? {} : { limit }) }, found),
    read: async (messageId) => redactMail(await read("email_read", { message_id: messageId }, mail)),
    thread: (threadId) => read("email_thread", { thread_id: threadId }, thread),
    composeReply: (messageId) => read("email_compose_reply", { message_id: messageId }, reply),
  };
}
