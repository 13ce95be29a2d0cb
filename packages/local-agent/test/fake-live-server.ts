import { NightdeskError, openReceipt, verifyReceipt, hashArgs } from "@nightdesk/claim-lib";
import type { ZodType } from "zod";
import type { ChannelLink } from "../src/ports.ts";

/** How one call goes wrong. */
export type Fault =
  /** Nothing happens, and it never will. */
  | "denied"
  /** Nothing happens, and the caller is told so. */
  | "refused"
  /** Nothing happens, and the caller cannot know. */
  | "lost-request"
  /** It happens, and the caller cannot know. */
  | "lost-answer";

interface Mail {
  to: string[];
  cc: string[];
  subject: string;
  source_message_id: string;
  thread_id: string;
  thread: { message_id: string; sent_by_owner: boolean; received_at: string }[];
  from: { name: string; address: string };
  text: string;
  received_at: string;
}

export interface FakeLiveServer {
  link: ChannelLink;
  mails: Map<string, Mail>;
  /** Everything that went out, with the arguments as prepared. */
  sent: { messageId: string; handle: string; args: Record<string, unknown> }[];
  drafts: Map<string, Record<string, unknown>>;
  calls: string[];
  /** What the next call of a tool does instead of working. */
  faults: Map<string, Fault[]>;
  /** A draft somebody deleted in the mailbox: whether it was sent can then not be told. */
  dropDraft(handle: string): void;
  isDown: boolean;
  mode: "live" | "dry_run";
}

/** The contract of every live MCP server, in memory: prepare binds a nonce to one handle, commit sends a handle once, find only looks. */
export function createFakeLiveServer(options: {
  account: string;
  publicKeyPem: string;
  now: () => number;
}): FakeLiveServer {
  const handles = new Map<string, { handle: string; hash: string; args: Record<string, unknown> }>();
  const server: FakeLiveServer = {
    mails: new Map(),
    sent: [],
    drafts: new Map(),
    calls: [],
    faults: new Map(),
    isDown: false,
    mode: "live",
    dropDraft: (handle) => void server.drafts.delete(handle),
    link: {
      read: (tool, args, schema) => call(tool, args, schema, false),
      act: (tool, args, schema) => call(tool, args, schema, true),
    },
  };

  const call = async <T>(
    tool: string,
    args: Record<string, unknown>,
    schema: ZodType<T>,
    effect: boolean,
  ): Promise<T> => {
    if (server.isDown)
      throw new NightdeskError("MCP_UNREACHABLE", "The mail server could not be reached.", { retry: "safe" });
    server.calls.push(tool);
    const fault = server.faults.get(tool)?.shift();
    if (fault === "denied")
      throw new NightdeskError("RECIPIENT_INVALID", "A recipient is not a plain address.");
    if (fault === "refused")
      throw new NightdeskError("GMAIL_BUSY", "Busy; nothing was done.", { retry: "safe" });
    if (fault === "lost-request") throw lost(effect);
    const answer = answerTo(tool, args);
    if (fault === "lost-answer") throw lost(effect);
    return schema.parse(answer);
  };

  const answerTo = (tool: string, args: Record<string, unknown>): unknown => {
    switch (tool) {
      case "email_profile":
        return { account: options.account, cursor: "1" };
      case "email_compose_reply": {
        const { thread, from: _from, text: _text, received_at: _at, ...reply } = mailOf(args["message_id"]);
        return { ...reply, last_message_id: thread.at(-1)?.message_id, warnings: [] };
      }
      case "email_read":
        return mailOf(args["message_id"]);
      case "email_thread": {
        const mail = [...server.mails.values()].find(({ thread_id }) => thread_id === args["thread_id"]);
        if (!mail) throw notFound();
        return { thread_id: mail.thread_id, messages: mail.thread };
      }
      case "email_prepare":
        return prepare(args);
      case "email_commit":
        return commit(args);
      case "email_find":
        return find(args);
      case "email_discard":
        return discard(args);
      default:
        throw new NightdeskError("MCP_REFUSED", `There is no tool ${tool}.`);
    }
  };

  const mailOf = (id: unknown): Mail => {
    const mail = server.mails.get(String(id));
    if (!mail) throw notFound();
    return mail;
  };

  const prepare = ({ receipt, args }: Record<string, unknown>) => {
    const plain = args as Record<string, unknown>;
    const opened = verifyReceipt(receipt, options.publicKeyPem, {
      tool: "email_reply",
      channel: "email",
      account: options.account,
      mode: server.mode,
      args: plain,
      nowMs: options.now(),
    });
    const bound = handles.get(opened.nonce);
    if (bound) {
      if (bound.hash !== hashArgs(plain))
        throw new NightdeskError("RECEIPT_MISMATCH", "The nonce is bound to something else.");
      return { handle: bound.handle };
    }
    const handle = `draft-${handles.size + 1}`;
    handles.set(opened.nonce, { handle, hash: hashArgs(plain), args: plain });
    server.drafts.set(handle, plain);
    return { handle };
  };

  const boundTo = (receipt: unknown, handle: unknown) => {
    const opened = openReceipt(receipt, options.publicKeyPem);
    const bound = handles.get(opened.nonce);
    if (!bound || bound.handle !== handle)
      throw new NightdeskError("HANDLE_NOT_BOUND", "That was not prepared here.");
    return { opened, bound };
  };

  const commit = ({ receipt, handle }: Record<string, unknown>) => {
    const { opened, bound } = boundTo(receipt, handle);
    if (Date.parse(opened.expires_at) <= options.now())
      throw new NightdeskError("RECEIPT_EXPIRED", "The receipt is past its time.");
    const before = server.sent.find((mail) => mail.handle === bound.handle);
    if (before)
      return { message_id: before.messageId, thread_id: "t", sent_at: new Date(options.now()).toISOString() };
    if (!server.drafts.delete(bound.handle))
      throw new NightdeskError("SEND_OUTCOME_UNKNOWN", "The draft is gone.", { retry: "ambiguous" });
    const messageId = `sent-${server.sent.length + 1}`;
    server.sent.push({ messageId, handle: bound.handle, args: bound.args });
    return { message_id: messageId, thread_id: "t", sent_at: new Date(options.now()).toISOString() };
  };

  const find = ({ receipt, handle }: Record<string, unknown>) => {
    const { bound } = boundTo(receipt, handle);
    const sent = server.sent.find((mail) => mail.handle === bound.handle);
    if (sent) return { state: "done", message_id: sent.messageId };
    return { state: server.drafts.has(bound.handle) ? "absent" : "unknown" };
  };

  const discard = ({ receipt, handle }: Record<string, unknown>) => {
    const { bound } = boundTo(receipt, handle);
    return { discarded: server.drafts.delete(bound.handle) };
  };

  return server;
}

function lost(effect: boolean): NightdeskError {
  return effect
    ? new NightdeskError("MCP_OUTCOME_UNKNOWN", "No answer came back.", { retry: "ambiguous" })
    : new NightdeskError("MCP_READ_FAILED", "No answer came back; nothing was changed.", { retry: "safe" });
}

function notFound(): NightdeskError {
  return new NightdeskError("GMAIL_NOT_FOUND", "The mailbox has no such mail.");
}
