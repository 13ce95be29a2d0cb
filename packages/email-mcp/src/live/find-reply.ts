import { DRY_PREFIX, findBound, lookUpSent, openHere } from "./bound-effect.ts";
import { toResult, type SentResult } from "./commit-reply.ts";
import type { LiveDeps } from "./live-deps.ts";

export type Found = ({ state: "done" } & SentResult) | { state: "absent" } | { state: "unknown" };

/**
 * Only looks, for as long as the receipt is known: `done` when the mail is out, `absent` when it surely is
 * not (its draft still lies there), `unknown` for anything else.
 */
export async function findReply(
  input: { receipt?: unknown; handle: string },
  deps: LiveDeps,
): Promise<Found> {
  const receipt = openHere(input.receipt, deps);
  const row = findBound(receipt, input.handle, deps);
  if (!row) return { state: "unknown" };
  if (row.sent) return { state: "done", ...toResult(row.sent) };
  if (input.handle.startsWith(DRY_PREFIX)) return { state: "absent" };
  // First the mail, then the draft: a draft that is there now cannot have been sent before.
  const sent = await lookUpSent(row, deps);
  if (sent) return { state: "done", ...toResult(sent) };
  return { state: (await deps.sender.readDraft(input.handle)) === null ? "unknown" : "absent" };
}
