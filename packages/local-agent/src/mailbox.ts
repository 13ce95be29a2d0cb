import { NightdeskError, type Channel, type KindAction, type TaskFields } from "@nightdesk/claim-lib";
import { z } from "zod";
import type { ChannelLink, Ports } from "./ports.ts";
import { targetsOf, type Targets } from "./targets.ts";

/**
 * What this laptop's own account says about the item a note answers: the cloud's word is not taken for
 * it. Every channel's server offers these reading tools under the same names, after the channel's own:
 * `<channel>_profile`, `<channel>_read`, `<channel>_thread`, `<channel>_compose_reply`.
 */
export type Derived =
  | {
      state: "known";
      account: string;
      targets: Targets;
      subject: string;
      threadId: string;
      /** Things about the recipients the owner should know. */
      warnings: string[];
      /** Oldest first. */
      thread: ThreadMessage[];
    }
  /** The account does not know the item; why, as a sentence. */
  | { state: "unknown"; account: string; why: string };

interface ThreadMessage {
  message_id: string;
  sent_by_owner: boolean;
  received_at: string;
}

/** What came in, as the account has it. */
export interface SourceItem {
  from: { name: string; address: string };
  subject: string;
  received_at: string;
  text: string;
}

const profile = z.object({ account: z.string() });
const composed = z
  .object({ subject: z.string(), thread_id: z.string(), warnings: z.array(z.string()) })
  .catchall(z.unknown());
const thread = z.object({
  messages: z.array(
    z.object({ message_id: z.string(), sent_by_owner: z.boolean(), received_at: z.string() }),
  ),
});
const item = z.object({
  from: z.object({ name: z.string(), address: z.string() }),
  subject: z.string(),
  received_at: z.iso.datetime(),
  text: z.string(),
});

/** Works out what the note should say. Throws when the account cannot be asked right now. */
export async function derive(
  ports: Ports,
  channel: Channel,
  action: KindAction,
  fields: TaskFields,
): Promise<Derived> {
  const link = ports.link(channel.name);
  const { account } = await link.read(`${channel.name}_profile`, {}, profile);
  if (fields.source_account !== undefined && fields.source_account.toLowerCase() !== account.toLowerCase()) {
    return {
      state: "unknown",
      account,
      why: `it is for ${fields.source_account}, and this laptop uses ${account}`,
    };
  }
  if (fields.source_message === undefined) {
    return { state: "unknown", account, why: "the note does not say which message it answers" };
  }
  try {
    return await deriveKnown(link, channel.name, action, fields.source_message, account);
  } catch (error) {
    if (!saysNotFound(error)) throw error;
    return { state: "unknown", account, why: "your own account does not know the message it answers" };
  }
}

async function deriveKnown(
  link: ChannelLink,
  name: string,
  action: KindAction,
  messageId: string,
  account: string,
): Promise<Derived> {
  const reply = await link.read(`${name}_compose_reply`, { message_id: messageId }, composed);
  const { messages } = await link.read(`${name}_thread`, { thread_id: reply.thread_id }, thread);
  return {
    state: "known",
    account,
    targets: targetsOf(reply, action),
    subject: reply.subject,
    threadId: reply.thread_id,
    warnings: reply.warnings,
    thread: messages,
  };
}

/** What came in, from the account; null when it does not know it. */
export async function readSource(
  ports: Ports,
  channel: Channel,
  messageId: string,
): Promise<SourceItem | null> {
  try {
    return await ports.link(channel.name).read(`${channel.name}_read`, { message_id: messageId }, item);
  } catch (error) {
    if (saysNotFound(error)) return null;
    throw error;
  }
}

/** Refused inputs count too: an id the account's server does not even accept names nothing in it. */
function saysNotFound(error: unknown): boolean {
  return (
    NightdeskError.is(error) &&
    error.retry === "never" &&
    (error.code.endsWith("_NOT_FOUND") || error.code === "MCP_REFUSED")
  );
}
