import type { FaultControl } from "./fault-plan.ts";
import type { RequestEvent, RequestListener } from "./request-events.ts";

export interface InjectOptions {
  /** Puts the mail into this thread; otherwise In-Reply-To and References decide. */
  threadId?: string;
  /** When the mailbox received it, in milliseconds since the epoch; now when left out. */
  receivedAtMs?: number;
  /** The same, as how long ago. */
  agoMs?: number;
  /** INBOX and UNREAD when left out; SENT when the mail is from the owner. */
  labels?: readonly string[];
}

export interface InjectedMail {
  messageId: string;
  threadId: string;
}

export interface SentMessage {
  messageId: string;
  threadId: string;
  raw: Buffer;
  /** When the emulator had taken it, by the proxy's own clock. */
  sentAtMs: number;
}

export interface MailboxMessage {
  messageId: string;
  threadId: string;
  labels: string[];
  receivedAtMs: number;
  raw: Buffer;
}

/** A refresh token and what its owner allowed, in full scope addresses. */
export interface GrantedToken {
  refreshToken: string;
  scopes: readonly string[];
}

export interface TokenControl {
  /** The refresh tokens there are. */
  list(): Promise<GrantedToken[]>;
  /** A fresh access token, as the token endpoint would give it. */
  issue(refreshToken: string): Promise<string>;
  /** Every access token given so far is answered with 401 from now on; refreshing still works. */
  expireAll(): Promise<void>;
  /** The owner took the permission back: refreshing fails with invalid_grant. */
  revoke(refreshToken: string): Promise<void>;
}

/** Stops the matching request and keeps it until it is released. */
export interface Hold {
  /** Resolves with the event when a request has been stopped. */
  reached: Promise<RequestEvent>;
  /** Lets it go on, or breaks its connection. Harmless when called twice. */
  release(decision?: "drop"): Promise<void>;
}

/**
 * What a test or the demo holds in its hands, whether the emulator runs in its own process or in another:
 * `startGmail` and `connectGmailControl` both give one.
 */
export interface GmailControl {
  /** What goes into GMAIL_BASE_URL. */
  baseUrl: string;
  /** The mailbox's address. */
  address: string;
  tokens: TokenControl;
  faults: FaultControl;
  /** A mail arrives. */
  inject(raw: Buffer | string, options?: InjectOptions): Promise<InjectedMail>;
  /** What was sent through the API, in order; injected mails of the owner are not in it. */
  sentMessages(): Promise<SentMessage[]>;
  /** Every message there is, drafts included, oldest first. */
  rawMailbox(): Promise<MailboxMessage[]>;
  /** From now on a historyId older than the newest one is answered with 404, as Gmail does after about a week. */
  expireHistory(): Promise<void>;
  /**
   * Calls `listener` before each request is carried out and again when its effect has happened but nobody
   * was answered yet, and waits for it. Returns how to stop listening.
   */
  onRequest(listener: RequestListener): Promise<() => Promise<void>>;
  hold(match: HoldMatch): Promise<Hold>;
  close(): Promise<void>;
}

export interface HoldMatch {
  phase: RequestEvent["phase"];
  method?: string;
  path?: RegExp;
}
