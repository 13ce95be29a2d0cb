import { fail } from "../errors.ts";
import type { SentMail } from "../provider.ts";
import { DRY_PREFIX, findBound, lookUpSent, noteSent, openHere } from "./bound-effect.ts";
import { digestReply } from "./digest-reply.ts";
import type { EffectRow } from "./handle-store.ts";
import type { LiveDeps } from "./live-deps.ts";

export interface SentResult {
  message_id: string;
  thread_id: string;
  sent_at: string;
}

/**
 * The second half of an effect: sends the prepared draft. Takes only the handle this receipt was bound
 * to, compares the draft with what was prepared, and may be repeated: a mail that is out is not sent again.
 */
export async function commitReply(
  input: { receipt?: unknown; handle: string },
  deps: LiveDeps,
): Promise<SentResult> {
  const receipt = openHere(input.receipt, deps);
  return deps.inTurn(receipt.nonce, async () => {
    const row = findBound(receipt, input.handle, deps);
    if (!row) {
      throw fail("HANDLE_NOT_BOUND", "This draft was not prepared here for this receipt; nothing was sent.", {
        data: { handle: input.handle },
      });
    }
    if (row.sent) return toResult(row.sent);
    if (Date.parse(receipt.expires_at) <= deps.clock.now()) return toResult(await onlyLook(row, deps));
    return toResult(
      row.handle?.startsWith(DRY_PREFIX) ? rehearse(row, deps) : await send(row, input.handle, deps),
    );
  });
}

/** After its time a receipt sends nothing more, but what it sent is still told. */
async function onlyLook(row: EffectRow, deps: LiveDeps): Promise<SentMail> {
  const isDry = row.handle?.startsWith(DRY_PREFIX) ?? false;
  const sent = isDry ? null : await lookUpSent(row, deps);
  if (sent) return sent;
  throw fail("RECEIPT_EXPIRED", "The receipt is past its time; nothing was sent. Approve the note again.");
}

function rehearse(row: EffectRow, deps: LiveDeps): SentMail {
  const sent = { messageId: "dry-run", threadId: row.threadId, sentAtMs: deps.clock.now() };
  deps.store.markSent(row.nonce, sent);
  return sent;
}

async function send(row: EffectRow, handle: string, deps: LiveDeps): Promise<SentMail> {
  const raw = await deps.sender.readDraft(handle);
  if (raw === null) return findOrDoubt(row, deps);
  if ((await digestReply(raw)) !== row.digest) {
    throw fail(
      "DRAFT_CHANGED",
      "The draft in Gmail is no longer what was approved; nothing was sent. Look at it in Gmail's Drafts, delete it there, and approve the note again.",
      { data: { handle } },
    );
  }
  // Reading the draft takes up to a minute when Gmail is busy, and STOP.md must work within 5 s.
  if (deps.isHalted()) throw fail("HALTED", "STOP.md is in the vault; nothing was sent.");
  const sent = await deps.sender.sendDraft(handle);
  // Gone since it was read: another call of this very receipt was faster, or the owner's hand was.
  if (!sent) return findOrDoubt(row, deps);
  noteSent(row.nonce, sent, deps);
  return sent;
}

async function findOrDoubt(row: EffectRow, deps: LiveDeps): Promise<SentMail> {
  const sent = await lookUpSent(row, deps);
  if (sent) return sent;
  throw fail(
    "SEND_OUTCOME_UNKNOWN",
    "The prepared draft is gone, but no sent mail was found; it may or may not have gone out, so it is not sent again. Look into Gmail's Sent.",
    { data: { handle: row.handle } },
  );
}

export function toResult(sent: SentMail): SentResult {
  return {
    message_id: sent.messageId,
    thread_id: sent.threadId,
    sent_at: new Date(sent.sentAtMs).toISOString(),
  };
}
