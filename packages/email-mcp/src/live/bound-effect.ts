import { openReceipt, sha256Hex, type Receipt } from "@nightdesk/claim-lib";
import { fail } from "../errors.ts";
import type { MailMark, SentMail } from "../provider.ts";
import type { EffectRow } from "./handle-store.ts";
import type { LiveDeps } from "./live-deps.ts";
import { CHANNEL, TOOL } from "./reply-args.ts";

/** Handles of a rehearsal; no draft lies behind them. */
export const DRY_PREFIX = "dry-";

/** What a receipt has to say to be good here, apart from its arguments and its time. */
export function expectation(deps: LiveDeps) {
  return {
    tool: TOOL,
    channel: CHANNEL,
    account: deps.account,
    mode: deps.devMode ? "dry_run" : "live",
  } as const;
}

/** Opens a receipt for the second half of an effect: everything is checked but the time. */
export function openHere(signed: unknown, deps: LiveDeps): Receipt {
  const receipt = openReceipt(signed, deps.receiptKey());
  const expected = expectation(deps);
  const field = (["tool", "channel", "account", "mode"] as const).find(
    (key) => receipt[key] !== expected[key],
  );
  if (!field) return receipt;
  throw fail(
    "RECEIPT_MISMATCH",
    `The receipt was given for something else (its ${field} differs); nothing was done.`,
    {
      data: { field },
    },
  );
}

/** The row this receipt bound to this handle, or null. */
export function findBound(receipt: Receipt, handle: string, deps: LiveDeps): EffectRow | null {
  const row = deps.store.find(receipt.nonce);
  return row?.handle === handle && row.argsSha256 === receipt.args_sha256 ? row : null;
}

/** Both marks follow from the nonce alone, so that a restarted process knows its own mail again. */
export function makeMark(nonce: string, account: string): MailMark {
  const ref = sha256Hex(nonce);
  return {
    ref,
    messageIdHeader: `<nightdesk.${ref.slice(0, 32)}${account.slice(account.lastIndexOf("@"))}>`,
  };
}

/** Looks for the mail that went out and notes it. */
export async function lookUpSent(row: EffectRow, deps: LiveDeps): Promise<SentMail | null> {
  const sent = await deps.sender.findSent(row.threadId, row, row.begunAtMs);
  if (sent) noteSent(row.nonce, sent, deps);
  return sent;
}

/**
 * Notes a mail that is out. A disk that fails now must not turn "sent" into an error: the mail itself
 * carries the mark and is found again.
 */
export function noteSent(nonce: string, sent: SentMail, deps: LiveDeps): void {
  try {
    deps.store.markSent(nonce, sent);
  } catch (error) {
    deps.logger.error({ event: "store.mark_sent_failed", messageId: sent.messageId, error });
  }
}
