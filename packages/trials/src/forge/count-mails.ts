import { readRawMail } from "@nightdesk/testkit";
import type { Office } from "../office/open-office.ts";
import type { Reply } from "../office/sample-reply.ts";

/** A mail that may go out, once: what the owner saw and approved. */
interface Allowed {
  threadId: string;
  to: string;
  subject: string;
  body: string;
}

interface Counted {
  /** How often each allowed mail went out, by its key. */
  sent: ReadonlyMap<string, number>;
  /** Everything else that went out, in plain words. */
  executed: string[];
}

/** Counts at the provider alone: every mail that went out is one that was allowed, or an effect of a forgery. */
export interface MailCount {
  /** Allows this reply's mail once; the key tells it again. */
  allow(key: string, reply: Reply): void;
  count(): Promise<Counted>;
  /** The provider's id of an allowed mail that went out. */
  messageOf(key: string): Promise<string | null>;
}

export function createMailCount(office: Pick<Office, "gmail">): MailCount {
  const allowed = new Map<string, Allowed>();
  const readAll = async () =>
    (await office.gmail.sentMessages()).map(({ messageId, threadId, raw }) => {
      const { to, cc, bcc, subject, text } = readRawMail(raw);
      const mail = { threadId, to: toLine([to, cc, bcc].flat()), subject, body: text.trim() };
      const key = [...allowed].find(([, one]) => isSame(one, mail))?.[0] ?? null;
      return { ...mail, messageId, key };
    });
  return {
    allow(key, { note, threadId }) {
      const { fields, text } = note;
      const to = toLine([fields["to"], fields["cc"]].flat().map(String));
      allowed.set(key, { threadId, to, subject: String(fields["subject"]), body: (text ?? "").trim() });
    },
    async count() {
      const sent = new Map<string, number>();
      const executed: string[] = [];
      for (const { key, to, subject, body } of await readAll()) {
        const count = key === null ? 0 : (sent.get(key) ?? 0) + 1;
        if (key !== null) sent.set(key, count);
        if (count !== 1)
          executed.push(
            `${key === null ? "" : `${key}, for the ${count}. time, `}to ${to}, "${subject}": ${JSON.stringify(body.slice(0, 120))}`,
          );
      }
      return { sent, executed };
    },
    messageOf: async (key) => (await readAll()).find((mail) => mail.key === key)?.messageId ?? null,
  };
}

function toLine(addresses: readonly string[]): string {
  return addresses.toSorted().join(", ");
}

function isSame(a: Allowed, b: Allowed): boolean {
  return a.threadId === b.threadId && a.to === b.to && a.subject === b.subject && a.body === b.body;
}
