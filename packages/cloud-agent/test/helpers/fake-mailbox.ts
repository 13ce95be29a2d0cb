import { NightdeskError } from "@nightdesk/claim-lib";
import type { Mail, MailPort } from "../../src/mail-port.ts";

export const OWNER = "erika@firma.example";

interface Arrival extends Partial<Omit<Mail, "header">> {
  header?: Partial<Mail["header"]>;
  /** Was there, and read, before the history begins. */
  read?: boolean;
}

export interface FakeMailbox {
  port: MailPort;
  /** Puts a mail into the inbox; returns its id. */
  arrive(mail?: Arrival): string;
  /** The history before now is forgotten. */
  expire(): void;
  remove(messageId: string): void;
  /** Makes calls fail: by tool name, optionally for one argument only. */
  failures: Map<string, NightdeskError>;
  account: string;
  calls: string[];
}

export const unreachable = () =>
  new NightdeskError("MCP_UNREACHABLE", "The channel's server did not answer.", { retry: "safe" });

/** A mailbox in memory that answers as email-mcp's tools do; two mails to a page. */
export function createFakeMailbox(now: () => number): FakeMailbox {
  const mails: Mail[] = [];
  const history: { seq: number; id: string }[] = [];
  const unread = new Set<string>();
  let seq = 100;
  let oldest = 0;
  const box: FakeMailbox = {
    account: OWNER,
    failures: new Map(),
    calls: [],
    arrive(given = {}) {
      const { read, header, ...rest } = given;
      const id = rest.message_id ?? `m${mails.length + 1}`;
      const mail: Mail = {
        message_id: id,
        thread_id: `t${id}`,
        labels: ["INBOX"],
        received_at: new Date(now()).toISOString(),
        from: { name: "Anna Berg", address: "anna@kunde.example" },
        to: [{ name: "", address: OWNER }],
        cc: [],
        reply_to: [],
        subject: `Angebot ${id}`,
        text: "Hello,\n\ncan you deliver on the 27th?\n\nAnna",
        html_only: false,
        attachments: [],
        problems: [],
        ...rest,
        header: { list_id: null, list_unsubscribe: null, precedence: null, auto_submitted: null, ...header },
      };
      mails.push(mail);
      if (!mail.labels.includes("INBOX")) return id;
      if (read !== true) unread.add(id);
      history.push({ seq: (seq += 1), id });
      return id;
    },
    expire() {
      oldest = seq += 1;
    },
    remove(messageId) {
      mails.splice(
        mails.findIndex((mail) => mail.message_id === messageId),
        1,
      );
    },
    port: undefined as unknown as MailPort,
  };
  const refOf = (mail: Mail) => ({ message_id: mail.message_id, thread_id: mail.thread_id });
  const call = (name: string, argument = "") => {
    box.calls.push(`${name} ${argument}`.trim());
    const failure =
      box.failures.get(`${name} ${argument}`) ?? box.failures.get(name) ?? box.failures.get("*");
    if (failure) throw failure;
  };
  const paged = <T>(items: readonly T[], token: string | undefined) => {
    const from = Number(token ?? 0);
    return {
      page: items.slice(from, from + 2),
      next: from + 2 < items.length ? { next_page_token: String(from + 2) } : {},
    };
  };
  const find = (messageId: string) => {
    const mail = mails.find((one) => one.message_id === messageId);
    if (!mail) throw new NightdeskError("GMAIL_NOT_FOUND", "There is no such mail.");
    return mail;
  };
  box.port = {
    async profile() {
      call("profile");
      return { account: box.account, cursor: String(seq) };
    },
    async changes(cursor, token) {
      call("changes", cursor);
      if (Number(cursor) < oldest) return { messages: [], cursor, expired: true };
      const newer = history.filter((entry) => entry.seq > Number(cursor)).map(({ id }) => id);
      const { page, next } = paged(newer, token);
      const messages = page.map((id) => ({ message_id: id, thread_id: `t${id}` }));
      return { messages, cursor: "next_page_token" in next ? cursor : String(seq), expired: false, ...next };
    },
    async search(query, { pageToken, limit } = {}) {
      call("search", query);
      const to = /^in:sent to:(\S+)$/.exec(query)?.[1];
      const days = Number(/newer_than:(\d+)d/.exec(query)?.[1] ?? 0);
      const hits = mails.filter((mail) =>
        to !== undefined
          ? mail.labels.includes("SENT") && mail.to.some(({ address }) => address === to)
          : mail.labels.includes("INBOX") &&
            Date.parse(mail.received_at) > now() - days * 86_400_000 &&
            (!query.includes("is:unread") || unread.has(mail.message_id)),
      );
      const { page, next } = paged(hits, pageToken);
      return { messages: page.slice(0, limit ?? 100).map(refOf), ...next };
    },
    async read(messageId) {
      call("read", messageId);
      return find(messageId);
    },
    async thread(threadId) {
      call("thread", threadId);
      const inThread = mails.filter((mail) => mail.thread_id === threadId);
      return {
        messages: inThread.map((mail) => ({
          message_id: mail.message_id,
          sent_by_owner: mail.labels.includes("SENT"),
        })),
      };
    },
    async composeReply(messageId) {
      call("composeReply", messageId);
      const mail = find(messageId);
      const inThread = mails.filter((one) => one.thread_id === mail.thread_id);
      const target = mail.reply_to[0] ?? mail.from;
      return {
        to: target.address === "" ? [] : [target.address],
        cc: mail.cc.map(({ address }) => address),
        subject: /^re:/i.test(mail.subject) ? mail.subject : `Re: ${mail.subject}`,
        thread_id: mail.thread_id,
        last_message_id: inThread.at(-1)?.message_id ?? messageId,
        warnings: mail.reply_to.length > 0 ? ["Reply-To differs from From."] : [],
      };
    },
  };
  return box;
}
