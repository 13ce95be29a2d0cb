import { buildMails, injectMail, readRawMail, type SampleMail } from "@nightdesk/testkit";
import type { DemoMailbox } from "./demo-mailbox.ts";
import type { ArrivedMail } from "./recount.ts";

export interface Postman {
  /** Lets the next mails arrive, and tells of each. */
  deliver(count: number, tell: (mail: SampleMail) => void): Promise<void>;
  arrived(): readonly ArrivedMail[];
  /** Every message the demo itself put into the mailbox, earlier ones of a conversation included. */
  placedIds(): ReadonlySet<string>;
}

/** The mails of a run, one of each kind in turn. */
export function createPostman(mailbox: DemoMailbox, mails: number, startMs: number): Postman {
  const waiting = buildMails(mails, 1, { owner: mailbox.address, startMs });
  const arrived: ArrivedMail[] = [];
  const placed = new Set<string>();
  const noted: Pick<DemoMailbox, "inject"> = {
    async inject(raw, options) {
      const ids = await mailbox.inject(raw, options);
      placed.add(ids.messageId);
      return ids;
    },
  };
  return {
    async deliver(count, tell) {
      for (const sample of waiting.splice(0, count)) {
        const { messageId, threadId } = await injectMail(noted, sample);
        const mail = readRawMail(sample.raw);
        arrived.push({ messageId, threadId, kind: sample.kind, expectsReply: sample.needsReply, mail });
        tell(sample);
      }
    },
    arrived: () => arrived,
    placedIds: () => placed,
  };
}
