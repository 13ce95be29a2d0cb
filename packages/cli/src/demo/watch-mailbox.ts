import type { GmailControl, MailboxMessage } from "@nightdesk/testkit";

export interface MailboxWatch {
  /** When each sent message was first seen, by its id, on the observer's clock. */
  sentAtMs(): ReadonlyMap<string, number>;
  /** Looks at once. */
  look(): Promise<void>;
  /** Every message the mailbox itself shows as sent and that was not there at the start. */
  readSent(): Promise<MailboxMessage[]>;
  close(): Promise<void>;
}

/** How exactly a sending is timed. A look costs next to nothing: it is a list in memory. */
const LOOK_EVERY_MS = 20;

/** Watches the mailbox for messages that are sent. What counts in the end is what the mailbox itself holds. */
export async function watchMailbox(
  gmail: GmailControl,
  nowMs: () => number,
  tell: () => void,
): Promise<MailboxWatch> {
  const before = new Set((await listSent(gmail)).map((message) => message.messageId));
  const seen = new Map<string, number>();
  const problems: unknown[] = [];
  const look = async () => {
    for (const { messageId } of await gmail.sentMessages()) {
      if (seen.has(messageId)) continue;
      seen.set(messageId, nowMs());
      tell();
    }
  };
  const timer = setInterval(() => void look().catch((error: unknown) => problems.push(error)), LOOK_EVERY_MS);
  return {
    sentAtMs: () => seen,
    look,
    async readSent() {
      if (problems.length > 0) throw problems[0];
      await look();
      return (await listSent(gmail)).filter((message) => !before.has(message.messageId));
    },
    async close() {
      clearInterval(timer);
    },
  };
}

async function listSent(gmail: GmailControl): Promise<MailboxMessage[]> {
  return (await gmail.rawMailbox()).filter((message) => message.labels.includes("SENT"));
}
