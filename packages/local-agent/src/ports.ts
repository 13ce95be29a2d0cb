import type { Channel, Clock, Kinds, Random, Receipt, SignedReceipt, VaultFiles } from "@nightdesk/claim-lib";
import type { Logger } from "@nightdesk/daemon-kit/logger";
import type { ZodType } from "zod";
import type { Journal } from "./journal.ts";
import type { Ledger } from "./ledger.ts";
import type { SyncGate } from "./sync-gate.ts";

/** A channel's MCP server, as far as this package knows it. */
export interface ChannelLink {
  /** A tool that only looks. Its errors are never `ambiguous`. */
  read<T>(tool: string, args: Record<string, unknown>, answer: ZodType<T>): Promise<T>;
  /** A tool that may change something outside. */
  act<T>(tool: string, args: Record<string, unknown>, answer: ZodType<T>): Promise<T>;
}

/**
 * Named places where a test may kill the process, on the way of a mail that goes out:
 * - `after:intent`: it is recorded that it begins, the note still lies in Approved/;
 * - `after:take`: the note lies in In_Progress/local/, nothing is prepared;
 * - `after:prepare`: the draft exists, its handle is not recorded;
 * - `after:prepared`: the handle is recorded, nothing is sent;
 * - `after:commit`: it is sent, that is not recorded;
 * - `after:journal`: that is recorded, the note says nothing of it;
 * - `after:rewrite`: the note says it, and is not in Done/ yet;
 * - `after:move`: the note lies in Done/, nothing is audited;
 * - `after:audit`: that is audited, the journal's entry is still open;
 * - `after:done`: the entry is closed.
 */
export const FAILPOINTS = [
  "after:intent",
  "after:take",
  "after:prepare",
  "after:prepared",
  "after:commit",
  "after:journal",
  "after:rewrite",
  "after:move",
  "after:audit",
  "after:done",
] as const;
/** On the way of one whose fate nobody can tell; `after:parked`: that is recorded, the note is not put aside yet. */
export const PARKING_FAILPOINTS = ["after:parked"] as const;
export type Failpoint = (typeof FAILPOINTS)[number] | (typeof PARKING_FAILPOINTS)[number];

/** Everything the flow needs from outside. */
export interface Ports {
  files: VaultFiles;
  /** A folder of the state folder: texts as they were first put before the owner; see drafts.ts. */
  drafts: VaultFiles;
  clock: Clock;
  random: Random;
  log: Logger;
  kinds: Kinds;
  channels: readonly Channel[];
  /** The server of a channel, by the channel's name. */
  link(channel: string): ChannelLink;
  journal: Journal;
  ledger: Ledger;
  /** Signs with the laptop's receipt key. */
  sign(receipt: Receipt): SignedReceipt;
  mode: "live" | "dry_run";
  /** The owner's time zone, `Europe/Vienna`: times they write without one are meant there. */
  timeZone: string;
  /** A file of the state folder that another daemon writes; null when it is not there. */
  readState(file: string): Promise<string | null>;
  /** Has this laptop been compared with the shared repository since the start? */
  compared: SyncGate;
  reach(point: Failpoint): Promise<void>;
  /** Tasks whose effect is under way right now in this process. */
  underWay: Set<string>;
}
