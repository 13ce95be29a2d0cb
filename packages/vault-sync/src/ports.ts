import type { PresentedRecord, Published, SyncStatus } from "@nightdesk/claim-lib";
import type { Oid } from "./git/oid.ts";

/** Files of sync's own state, each written durably and whole. */
export type StateName = "base" | "applying" | "table" | "refused";

export interface SyncState {
  /** The parsed file, or null when there is none. Throws STATE_CORRUPT. */
  read(name: StateName): Promise<unknown>;
  write(name: StateName, value: unknown): Promise<void>;
  remove(name: StateName): Promise<void>;
  /** Every commit of ours, recorded before it is pushed. */
  ownCommits(): Promise<Oid[]>;
  addOwnCommit(commit: Oid, at: string): Promise<void>;
  writePublished(published: Published): Promise<void>;
  writeStatus(status: SyncStatus): Promise<void>;
  /** Keeps the objects of what was synced last, and tells a fetch that they are here. */
  keepCommit(commit: Oid): Promise<void>;
}

/** The ledger of what was put before the owner; exists on the laptop only. */
export interface PresentedLedger {
  append(record: PresentedRecord): Promise<void>;
}

/** Looks for passwords, keys and tokens in a text. */
export interface SecretScanner {
  /** Names of the rules that matched, never the secret itself. */
  scan(path: string, text: string): Promise<string[]>;
}

/** The places of a round where a kill leaves most behind, in the order they are reached. */
export const FAILPOINTS = [
  "after:applying-recorded",
  "after:presented",
  "after:step",
  "before:base",
  "after:base",
  "before:push",
  "after:push",
  "after:adopt",
] as const;
export type FailpointName = (typeof FAILPOINTS)[number];

/** Named places where a test ends the process or lets time pass; nothing else ever. */
export interface Failpoint {
  hit(name: FailpointName): Promise<void>;
}

export const noFailpoint: Failpoint = { hit: () => Promise.resolve() };
