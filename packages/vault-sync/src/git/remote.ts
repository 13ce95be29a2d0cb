import type { Oid } from "./oid.ts";

/** The shared repository: it holds one branch, and its tip is the arbiter of every race. */
export interface Remote {
  /** The tip's name without fetching anything; null when the branch is not there yet. */
  cheapTip(): Promise<Oid | null>;
  /** Brings the tip's objects here. */
  fetch(): Promise<{ tip: Oid | null }>;
  /**
   * Moves the branch to `commit` if its tip is still one `commit` builds on; never by force.
   * Throws an error with retry `safe` when the branch surely did not move, PUSH_OUTCOME_UNKNOWN when
   * it may have.
   */
  push(commit: Oid): Promise<"accepted" | "refused">;
}
