import type { Channel, Clock, Kinds, Random, Receipt, SignedReceipt, VaultFiles } from "@nightdesk/claim-lib";
import type { Logger } from "@nightdesk/daemon-kit/logger";
import type { ZodType } from "zod";
import type { Journal } from "./journal.ts";
import type { Ledger } from "./ledger.ts";

/** A channel's MCP server, as far as this package knows it. */
export interface ChannelLink {
  /** A tool that only looks. Its errors are never `ambiguous`. */
  read<T>(tool: string, args: Record<string, unknown>, answer: ZodType<T>): Promise<T>;
  /** A tool that may change something outside. */
  act<T>(tool: string, args: Record<string, unknown>, answer: ZodType<T>): Promise<T>;
}

/**
 * Named places where a test may kill the process:
 * - `after:prepare`: the draft exists, its handle is not recorded;
 * - `after:prepared`: the handle is recorded, nothing is sent;
 * - `after:commit`: it is sent, that is not recorded;
 * - `after:journal`: that is recorded, the note is not in Done/ yet.
 */
export const FAILPOINTS = ["after:prepare", "after:prepared", "after:commit", "after:journal"] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

/** Everything the flow needs from outside. */
export interface Ports {
  files: VaultFiles;
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
  reach(point: Failpoint): Promise<void>;
  /** Tasks whose effect is under way right now in this process. */
  underWay: Set<string>;
}
