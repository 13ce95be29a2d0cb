import type { Clock } from "@nightdesk/claim-lib";
import type { Logger } from "@nightdesk/daemon-kit/logger";
import type { MailReader, MailSender } from "../provider.ts";
import type { HandleStore } from "./handle-store.ts";

/** What the tools with an effect work with. */
export interface LiveDeps {
  reader: MailReader;
  sender: MailSender;
  store: HandleStore;
  /** The mailbox's address, as the provider says it. */
  account: string;
  /** A rehearsal: everything but the mail itself. */
  devMode: boolean;
  /** True while STOP.md lies in the vault. */
  isHalted(): boolean;
  /** The public key receipts are checked with. Throws RECEIPT_KEY_MISSING. */
  receiptKey(): string;
  /** Runs work one after the other for each receipt. */
  inTurn<T>(nonce: string, work: () => Promise<T>): Promise<T>;
  clock: Clock;
  logger: Logger;
}

/** A queue for each key; a key nobody waits for takes no room. */
export function createTurns(): LiveDeps["inTurn"] {
  const tails = new Map<string, Promise<unknown>>();
  return async (key, work) => {
    const before = tails.get(key) ?? Promise.resolve();
    const own = before.then(work, work);
    const tail = own.catch(() => undefined);
    tails.set(key, tail);
    try {
      return await own;
    } finally {
      if (tails.get(key) === tail) tails.delete(key);
    }
  };
}
