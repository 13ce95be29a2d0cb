import type { AuditRecord, Clock, Kinds, Published, Random, VaultFiles } from "@nightdesk/claim-lib";
import type { Logger } from "@nightdesk/daemon-kit/logger";
import type { Thinker } from "@nightdesk/think";
import type { MailPort } from "./mail-port.ts";

/** How far the mailbox has been read. */
export interface MailCursor {
  account: string;
  cursor: string;
  /** When this was still the newest state of the mailbox. */
  at: string;
  /** The inbox has still to be compared with the tasks; null: for the first time. */
  sweep?: { since: string | null } | undefined;
}

/** What the cloud agent remembers outside the vault. */
export interface AgentState {
  /** Null before the first start, and when the file was damaged. */
  readCursor(): Promise<MailCursor | null>;
  writeCursor(cursor: MailCursor): Promise<void>;
  /** Ids of every task ever made, with the latest time that was recorded. */
  readSeen(): Promise<{ ids: string[]; lastAt: string | null }>;
  addSeen(id: string, at: string): Promise<void>;
  /** File names of every revision that was ever asked for: one the owner deleted is not made again. */
  readRevised(): Promise<string[]>;
  addRevised(file: string): Promise<void>;
}

/** Everything the flow touches. */
export interface CloudPorts {
  files: VaultFiles;
  mail: MailPort;
  thinker: Thinker;
  /** What stands in when the model fails for good. */
  rules: Thinker;
  clock: Clock;
  random: Random;
  state: AgentState;
  readPublished(): Promise<Published | null>;
  log: Logger;
}

export interface CloudSettings {
  kinds: Kinds;
  /** The channel's folders, `cloud-email` and `email`, and the letters of its ids. */
  needsAction: string;
  channel: string;
  idPrefix: string;
  ownerName: string;
  pollMs: number;
  backlogDays: number;
}

/** What a step writes down about itself. */
export type AuditEntry = Pick<AuditRecord, "action_type" | "target" | "parameters" | "result"> &
  Partial<Pick<AuditRecord, "approval_status">>;
