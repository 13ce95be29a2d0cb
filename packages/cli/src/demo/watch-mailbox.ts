import type { MailboxMessage } from "@nightdesk/testkit";
import type { DemoMailbox } from "./demo-mailbox.ts";

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
  mailbox: DemoMailbox,
  nowMs: () => number,
  tell: () => void,
): Promise<MailboxWatch> {
  const before = new Set((await listSent(mailbox)).map((message) => message.messageId));
  const seen = new Map<string, number>();
  const problems: unknown[] = [];
  const look = async () => {
    for (const { messageId } of await mailbox.sentMessages()) {
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
      return (await listSent(mailbox)).filter((message) => !before.has(message.messageId));
    },
    async close() {
      clearInterval(timer);
    },
  };
}

async function listSent(mailbox: DemoMailbox): Promise<MailboxMessage[]> {
  return (await mailbox.rawMailbox()).filter((message) => message.labels.includes("SENT"));
}
