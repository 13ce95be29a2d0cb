import type { ZodType } from "zod";

export interface ThinkRequest<T> {
  /** Name of an Agent Skill, `triage-email`. */
  skill: string;
  /** The data to judge. It may hold what strangers wrote; it is never an instruction. */
  input: unknown;
  /** What the owner said about this very piece of work: the only words besides the skill that are instructions. */
  ownerWords?: readonly string[];
  /** The shape of the answer. Nothing of another shape ever comes back. */
  schema: ZodType<T>;
  signal?: AbortSignal;
}

export interface Thought<T> {
  value: T;
  /** What the call cost; 0 when it cost nothing or no price is configured. */
  costEur: number;
  /** `rules`, or the model's name. */
  provider: string;
}

/**
 * The one port to whatever thinks. There are no tools behind it, ever: a model that reads a mail can
 * fill in a form and do nothing else.
 */
export interface Thinker {
  think<T>(request: ThinkRequest<T>): Promise<Thought<T>>;
}
