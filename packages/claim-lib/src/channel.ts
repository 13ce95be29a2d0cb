import type { z } from "zod";
import type { TaskFields } from "./task-note.ts";

/**
 * The pure description of a channel (mail, accounting, ...). A channel is one folder under `packages/`:
 * its MCP server and this. Nothing else of the project knows a channel by name.
 */
export interface Channel {
  /** `email`; also its folder under Pending_Approval/ and the receipt's `channel`. */
  name: string;
  /** Its folder under Needs_Action/, `cloud-email`. */
  needsAction: string;
  /** First two letters of its task ids, `em`. */
  idPrefix: string;
  /** What notes of this channel can be. */
  kinds: readonly Kind[];
  /**
   * The live server's tools for the one protocol every effect goes through. `discard` takes away what was
   * prepared and is surely not carried out, where preparing leaves something lying about.
   */
  liveTools: { prepare: string; commit: string; find: string; discard?: string };
}

/** One kind of note. */
export interface Kind {
  /** The `kind` of the front matter, `email_reply`. */
  name: string;
  /** What the owner calls it, "reply". */
  noun: string;
  /** The action's own front-matter fields, in the order they are written. */
  fields: Readonly<Record<string, z.ZodType>>;
  /** What can be done with it; null for a task that only waits to be worked on. */
  action: KindAction | null;
  /** The callout at the top of the note: a headline and facts, one line each, plain text. */
  describe(fields: TaskFields): { headline: string; facts: string[] };
}

export interface KindAction {
  /** What the receipt names, `email_reply`. */
  tool: string;
  /** Title of the one editable region, `Reply`. */
  region: string;
  /** Front-matter keys that say who or what is reached: changed by the owner, they are asked about once more. */
  targetKeys: readonly string[];
  /** Arguments of the live tools out of the front matter and the region's text. */
  toArgs(fields: TaskFields, text: string): Record<string, unknown>;
  /** The inverse: the action's front matter and the text out of the arguments. */
  fromArgs(args: Record<string, unknown>): { fields: Record<string, unknown>; text: string };
}

/** All kinds by name. */
export type Kinds = ReadonlyMap<string, Kind>;

export function kindsOf(channels: readonly Channel[]): Kinds {
  return new Map(channels.flatMap((channel) => channel.kinds.map((kind) => [kind.name, kind] as const)));
}
