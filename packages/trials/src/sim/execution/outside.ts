import type { EffectRow } from "@nightdesk/email-mcp/live";

/**
 * How a channel's provider can tell whether something happened:
 * - `handle` (Gmail): the draft's id is used up by sending it; only the search lags;
 * - `search-only` (SMTP with a Sent folder): an answer may be missing, absence is never proof;
 * - `idempotent` (a unique reference, as in Odoo): the same thing twice is one thing.
 */
export const PROVIDERS = ["handle", "search-only", "idempotent"] as const;
export type ProviderKind = (typeof PROVIDERS)[number];

/** How one request to the provider goes wrong. */
export type RequestFault =
  /** Asked to slow down; nothing happens. */
  | "429"
  /** Fails; nothing happens. */
  | "500"
  /** Fails after it happened. */
  | "500-after"
  | "lost-request"
  | "lost-answer"
  /** The connection breaks; the request arrives seven seconds later, whoever still lives then. */
  | "late"
  /** It happens at once, the answer never comes, and the caller waits for it. */
  | "timeout"
  /** It happens, and the answer takes its time. */
  | "slow"
  /** Refused for good; nothing happens. */
  | "denied";

/** How one call between local-agent and the channel's server goes wrong. */
export type CallFault = "call-down" | "call-lost" | "answer-lost" | "server-dies";

export type RequestName = "create" | "send" | "look";
export type CallName = "prepare" | "commit" | "find" | "discard";

/** The next such request or call meets this fault. */
export type PlannedFault =
  | { at: RequestName; fault: RequestFault }
  /** @param after for `server-dies`: how many changes the server still makes in that call */
  | { at: CallName; fault: CallFault; after?: number };

export interface Draft {
  id: string;
  /** The raw mail in base64url, or the arguments as JSON. */
  content: string;
  threadId: string;
  /** A Message-ID, or a unique reference. */
  ref: string;
}

/** Something that happened out there and cannot be taken back. */
export interface Sent {
  id: string;
  draftId: string;
  content: string;
  threadId: string;
  ref: string;
  atMs: number;
  /** From then on a search finds it. */
  visibleAtMs: number;
}

/** A request whose sender has given up on it. */
export interface InFlight {
  atMs: number;
  what: "create" | "send";
  draft: Draft;
}

/** All there is beyond the laptop's disk. Never changed in place: a snapshot may hold it. */
export interface Outside {
  drafts: readonly Draft[];
  sent: readonly Sent[];
  inFlight: readonly InFlight[];
  /** The live server's own records: durable before a call returns, as SQLite with synchronous=FULL is. */
  rows: Readonly<Record<string, EffectRow>>;
  /** Of the search-only server: what it has begun to send. */
  begun: Readonly<Record<string, boolean>>;
  /** What the server last said of a handle. */
  lastWord: Readonly<Record<string, string>>;
  faults: readonly PlannedFault[];
  lastId: number;
  /** A draft was made by a request nobody waited for any more: nobody can know of it. */
  lateDraft: boolean;
}

export const NOTHING_OUTSIDE: Outside = {
  drafts: [],
  sent: [],
  inFlight: [],
  rows: {},
  begun: {},
  lastWord: {},
  faults: [],
  lastId: 0,
  lateDraft: false,
};
