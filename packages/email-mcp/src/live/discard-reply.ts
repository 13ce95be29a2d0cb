import { fail } from "../errors.ts";
import { DRY_PREFIX, findBound, lookUpSent, openHere } from "./bound-effect.ts";
import { digestReply } from "./digest-reply.ts";
import type { LiveDeps } from "./live-deps.ts";

/**
 * Takes away the draft of a reply that is not sent after all, so that it does not lie in the owner's Drafts.
 * Only the draft this receipt was bound to, only while nothing went out, and only while it is still what
 * was prepared: what the owner changed in Gmail is theirs.
 */
export async function discardReply(
  input: { receipt?: unknown; handle: string },
  deps: LiveDeps,
): Promise<{ discarded: boolean }> {
  const receipt = openHere(input.receipt, deps);
  return deps.inTurn(receipt.nonce, async () => {
    const row = findBound(receipt, input.handle, deps);
    if (!row) {
      throw fail(
        "HANDLE_NOT_BOUND",
        "This draft was not prepared here for this receipt; it was left alone.",
        {
          data: { handle: input.handle },
        },
      );
    }
    if (row.sent || input.handle.startsWith(DRY_PREFIX)) return { discarded: false };
    if ((await lookUpSent(row, deps)) !== null) return { discarded: false };
    const raw = await deps.sender.readDraft(input.handle);
    if (raw === null || (await digestReply(raw)) !== row.digest) return { discarded: false };
    await deps.sender.deleteDraft(input.handle);
    return { discarded: true };
  });
}
