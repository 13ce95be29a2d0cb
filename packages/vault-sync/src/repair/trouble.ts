/**
 * What can be wrong with a machine's sync:
 * - `locks`: a lock a killed git left behind, here or at a remote in a folder of this machine;
 * - `objects`: the git directory is damaged;
 * - `record`: what was synced last is not known, is damaged, or is older than what this machine has pushed;
 * - `history`: the remote's history was rewritten, or holds what cannot be taken;
 * - `outside`: something only the owner can put right (a key, a setting, the way to the remote).
 */
export type TroubleKind = "locks" | "objects" | "record" | "history" | "outside";

export interface Trouble {
  kind: TroubleKind;
  /** For the owner. */
  sentence: string;
  /** The error that told it; null for locks. */
  code: string | null;
}
