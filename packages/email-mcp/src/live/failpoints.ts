import { createFailpoints } from "@nightdesk/daemon-kit/failpoints";
import type { MailSender } from "../provider.ts";

/**
 * Named places where a test may kill the server (NIGHTDESK_FAILPOINT), one after the other:
 * - `before:draft`: the intent is noted, no draft is made;
 * - `after:draft`: the draft lies in the mailbox, the store does not know it;
 * - `after:bind`: the store knows it, the caller does not;
 * - `before:send`: the draft was compared, nothing is sent;
 * - `after:send`: it is sent, the store does not know;
 * - `before:answer`: the store knows, the caller does not.
 */
export const FAILPOINTS = [
  "before:draft",
  "after:draft",
  "after:bind",
  "before:send",
  "after:send",
  "before:answer",
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];
export type Reach = (point: Failpoint) => Promise<void>;

/** The variable is shared with other programs of the machine, so names of theirs are passed over. */
export function openFailpoints(names: readonly string[], statePath: string): Reach {
  return createFailpoints(
    FAILPOINTS.filter((point) => names.includes(point)),
    statePath,
  );
}

/** The sender with the places around the two requests that change something. */
export function withFailpoints(sender: MailSender, reach: Reach): MailSender {
  return {
    ...sender,
    async createDraft(raw, threadId) {
      await reach("before:draft");
      const draftId = await sender.createDraft(raw, threadId);
      await reach("after:draft");
      return draftId;
    },
    async sendDraft(draftId) {
      await reach("before:send");
      const sent = await sender.sendDraft(draftId);
      if (sent) await reach("after:send");
      return sent;
    },
  };
}

/** A result that is on its way to the caller. */
export async function answering<T>(reach: Reach, point: Failpoint, work: Promise<T>): Promise<T> {
  const result = await work;
  await reach(point);
  return result;
}
