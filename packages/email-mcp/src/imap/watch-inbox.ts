import type { ImapFlow } from "imapflow";
import type { ImapLink } from "./imap-link.ts";

/** Waits for mail with IDLE (RFC 2177) on a connection of its own. */
export interface InboxWatch {
  /** True as soon as something may have come since the call before; false when the time is over. */
  untilNews(timeoutMs: number): Promise<boolean>;
  close(): void;
}

/** Routers forget quiet connections after about five minutes, and a dead one is noticed no sooner than this. */
const IDLE_RENEWED_EVERY_MS = 60_000;

export function createInboxWatch(link: ImapLink): InboxWatch {
  let waiting: Promise<ImapFlow> | null = null;
  const state = { isClosed: false };
  // What came between two calls counts for the next one.
  let hasNews = true;
  let wake: (() => void) | null = null;
  const ring = () => {
    hasNews = true;
    wake?.();
  };
  const open = async () => {
    const client = await link.open({ maxIdleTime: IDLE_RENEWED_EVERY_MS });
    client.on("exists", ring);
    // A connection that ended may have hidden a mail, so that is a reason to look as well.
    client.once("close", () => {
      waiting = null;
      ring();
    });
    await client.mailboxOpen("INBOX", { readOnly: true });
    void keepIdle(client);
    return client;
  };
  const keepIdle = async (client: ImapFlow) => {
    while (!state.isClosed && client.usable) await client.idle();
  };
  return {
    async untilNews(timeoutMs) {
      waiting ??= open();
      await waiting.catch((error: unknown) => {
        waiting = null;
        throw error;
      });
      if (!hasNews) await sleepUntil(timeoutMs, (ringer) => (wake = ringer));
      wake = null;
      const news = hasNews;
      hasNews = false;
      return news;
    },
    close() {
      state.isClosed = true;
      void waiting?.then((client) => client.close()).catch(() => undefined);
      wake?.();
    },
  };
}

function sleepUntil(timeoutMs: number, take: (ringer: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, timeoutMs);
    take(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
