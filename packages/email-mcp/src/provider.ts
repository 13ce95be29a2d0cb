/**
 * The port to the mail provider. Draft mode is given a MailReader and nothing else; a MailSender exists
 * only in live mode, and only `live/` knows how to make one.
 */

export interface MessageRef {
  messageId: string;
  threadId: string;
}

/** A mail as it lies in the mailbox. */
export interface RawMail extends MessageRef {
  labels: string[];
  receivedAtMs: number;
  raw: Buffer;
}

export interface ThreadMail {
  messageId: string;
  /** The raw `From:` value. */
  from: string;
  receivedAtMs: number;
  labels: string[];
}

/** An address the owner sends from. */
export interface OwnAddress {
  address: string;
  name: string;
}

export interface ChangesPage {
  messages: MessageRef[];
  /** Where to go on; equal to the given cursor while there are further pages. */
  cursor: string;
  nextPageToken: string | null;
  /** The cursor is older than the provider's memory. */
  expired: boolean;
}

export interface MailReader {
  profile(): Promise<{ account: string; cursor: string }>;
  changes(cursor: string, pageToken: string | null): Promise<ChangesPage>;
  search(
    query: string,
    options: { limit: number; pageToken: string | null },
  ): Promise<{ messages: MessageRef[]; nextPageToken: string | null }>;
  read(messageId: string): Promise<RawMail>;
  /** Oldest first, drafts included. */
  thread(threadId: string): Promise<ThreadMail[]>;
  ownAddresses(): Promise<OwnAddress[]>;
  /** Resolves when a mail may have come (true) or the time is over. Absent where the provider cannot tell by itself. */
  untilNews?(timeoutMs: number): Promise<boolean>;
}

export interface SentMail extends MessageRef {
  sentAtMs: number;
}

/** What marks a mail as ours: both are chosen before the draft exists. */
export interface MailMark {
  ref: string;
  messageIdHeader: string;
}

export interface MailSender {
  createDraft(raw: Buffer, threadId: string): Promise<string>;
  /** The draft's id when this very mail already lies among the thread's drafts. */
  findDraft(threadId: string, mark: MailMark): Promise<string | null>;
  /** Null when there is no such draft. */
  readDraft(draftId: string): Promise<Buffer | null>;
  deleteDraft(draftId: string): Promise<void>;
  /**
   * One request, never repeated. Null when the draft is gone. Throws SEND_OUTCOME_UNKNOWN whenever the
   * mail may have gone out.
   */
  sendDraft(draftId: string): Promise<SentMail | null>;
  /** The sent mail that carries the mark. */
  findSent(threadId: string, mark: MailMark, sinceMs: number): Promise<SentMail | null>;
}
