import { FOLDERS } from "@nightdesk/claim-lib";
import { largeVaultPath } from "./large-vault.ts";

export interface Move {
  from: string;
  to: string;
}

/** The notes that wait for approval are these (large-vault.ts); the ones before wait in Needs_Action. */
const FIRST_PENDING = 50;
const PENDING_NOTES = 20;
const STAGES = [`${FOLDERS.pending}/email`, FOLDERS.approved, FOLDERS.rejected, FOLDERS.snoozed];

/** The owner's n-th move: approves each note that waits, then changes his mind about each, and so on. */
export function ownersMove(round: number): Move {
  const note = FIRST_PENDING + (round % PENDING_NOTES);
  const lap = Math.floor(round / PENDING_NOTES);
  return { from: largeVaultPath(note, stage(lap)), to: largeVaultPath(note, stage(lap + 1)) };
}

/** Back to the second stage after the last: what was decided once waits for no approval again. */
function stage(lap: number): string {
  return STAGES[lap < STAGES.length ? lap : 1 + ((lap - 1) % (STAGES.length - 1))] ?? "";
}

/** A move that is not counted, of a note no other move touches. There are 50. */
export function extraMove(n: number): Move {
  return {
    from: largeVaultPath(n, `${FOLDERS.needsAction}/cloud-email`),
    to: largeVaultPath(n, FOLDERS.rejected),
  };
}
