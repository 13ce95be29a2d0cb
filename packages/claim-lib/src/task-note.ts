import { z } from "zod";
import { isTaskId } from "./task-name.ts";

/** Folder = state. `risk` is computed by code, never by a model. */
export const RISKS = ["low", "medium", "high"] as const;
export type Risk = (typeof RISKS)[number];

const line = z
  .string()
  .max(500)
  .regex(/^[^\r\n]*$/, "must be one line");
const instant = z.iso.datetime();
/** A time in the owner's own words; the laptop reads it. Whatever YAML makes of it is text here. */
const when = z.union([line, z.number()]).transform(String);

/**
 * What the owner decides by. These stand first in the note: on a phone only the first properties are in
 * sight. Flat, because Obsidian's properties are. An empty value (`send_at:`) counts as absent.
 */
export const decidingFields = {
  /** One line for the list of what waits. */
  summary: line,
  risk: z.enum(RISKS).optional(),
  source_from: line.optional(),
  /** Never carried out after this; only as set or capped by the laptop. */
  expires: instant.optional(),
  /** Approve now, carry out then: `2026-11-23 09:00`, local time. Only the owner's own counts. */
  send_at: when.optional(),
  /** When a note in Snoozed/ comes back; the owner's as well. */
  snooze_until: when.optional(),
  /** One line; longer text goes under "Feedback". */
  feedback: line.optional(),
} as const;

/** What the programs need of every task note. It stands last, after the kind's own fields (`to`, `cc`, ...). */
export const workingFields = {
  /** One clear line on top of the note, for instance why it came back. */
  notice: line.optional(),
  /** Set by the laptop: `verified` when it derived the same from its own mailbox, else what it could not derive. */
  checked: line.optional(),
  category: line.optional(),
  /** 0 to 1, how sure the judge is. */
  confidence: z.number().min(0).max(1).optional(),
  /** What the thinking cost, in EUR. */
  cost: z.number().min(0).optional(),
  id: z.string().refine(isTaskId, "is not a task id"),
  kind: z.string().max(40),
  rev: z.int().min(1).max(99),
  supersedes: line.optional(),
  created: instant,
  drafted_at: instant.optional(),
  source_subject: line.optional(),
  source_date: instant.optional(),
  /** The provider's account, item and conversation this came from. */
  source_account: line.optional(),
  source_message: line.optional(),
  source_thread: line.optional(),
  /** The newest message of the conversation when this was drafted: a newer one means it moved on. */
  source_last: line.optional(),
  /** The id of the claim this work was done under. */
  claim: line.optional(),
  /** When this version reached the laptop, and when its approval was seen there. */
  reached_at: instant.optional(),
  approved_at: instant.optional(),
  /** How it ended: `sent`, `no_reply_needed`, `rehearsed`, ... */
  outcome: line.optional(),
  outcome_at: instant.optional(),
  /** The provider's own id of the effect. */
  outcome_ref: line.optional(),
} as const;

/** The fields every task note may have; a kind adds its own. */
export const commonFields = { ...decidingFields, ...workingFields } as const;

const commonSchema = z.strictObject(commonFields);
export type CommonFields = z.infer<typeof commonSchema>;

/** The common fields and, untyped here, the kind's own. */
export type TaskFields = CommonFields & Readonly<Record<string, unknown>>;

/** A task note in memory. `render` and `parse` are inverse on these. */
export interface TaskNote {
  fields: TaskFields;
  /** What stands in the editable region: exactly what will be sent. Null for a kind without an action. */
  text: string | null;
  /** What the owner wrote under "Feedback". */
  feedback: string;
  /** The inert copy of what came in. */
  original: string;
}
