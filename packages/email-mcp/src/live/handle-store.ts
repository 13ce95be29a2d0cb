import type { SQLOutputValue } from "node:sqlite";
import { fail } from "../errors.ts";
import { guardStore, openStore } from "../open-store.ts";
import type { MailMark, SentMail } from "../provider.ts";

/** One receipt's effect, from the intent to the mail that went out. */
export interface EffectRow extends MailMark {
  nonce: string;
  argsSha256: string;
  threadId: string;
  begunAtMs: number;
  /** Null until a draft was bound. */
  handle: string | null;
  digest: string | null;
  sent: SentMail | null;
}

export interface HandleStore {
  find(nonce: string): EffectRow | null;
  /** Notes the intent before anything is made. False when it was noted before. */
  begin(row: Omit<EffectRow, "handle" | "digest" | "sent">): boolean;
  /** Binds a handle to the nonce for ever. The first one wins; the row says which. */
  bind(nonce: string, handle: string, digest: string): EffectRow;
  /** Notes the mail that went out. The first one stays. */
  markSent(nonce: string, sent: SentMail): EffectRow;
  close(): void;
}

/**
 * What was prepared and sent, one file per account, shared by every process that works on it. Each
 * change is one transaction and on the disk (WAL with synchronous=FULL) before the call returns.
 */
export function openHandleStore(path: string): HandleStore {
  const database = openStore({ path, tables: TABLE, synchronous: "FULL" });
  const find = (nonce: string): EffectRow | null => {
    const row = guardStore(() => database.prepare("SELECT * FROM effects WHERE nonce = ?").get(nonce));
    return row ? toRow(row) : null;
  };
  const existing = (nonce: string): EffectRow => {
    const row = find(nonce);
    if (!row) throw fail("HANDLE_NOT_BOUND", "Nothing was prepared here for this receipt; nothing was done.");
    return row;
  };
  return {
    find,
    begin(row) {
      const { changes } = guardStore(() =>
        database
          .prepare(
            "INSERT OR IGNORE INTO effects (nonce, args_sha256, ref, message_id_header, thread_id, begun_at_ms) VALUES (?, ?, ?, ?, ?, ?)",
          )
          .run(row.nonce, row.argsSha256, row.ref, row.messageIdHeader, row.threadId, row.begunAtMs),
      );
      return Number(changes) === 1;
    },
    bind(nonce, handle, digest) {
      guardStore(() =>
        database
          .prepare("UPDATE effects SET handle = ?, digest = ? WHERE nonce = ? AND handle IS NULL")
          .run(handle, digest, nonce),
      );
      return existing(nonce);
    },
    markSent(nonce, sent) {
      guardStore(() =>
        database
          .prepare(
            "UPDATE effects SET sent_message_id = ?, sent_thread_id = ?, sent_at_ms = ? WHERE nonce = ? AND sent_message_id IS NULL",
          )
          .run(sent.messageId, sent.threadId, sent.sentAtMs, nonce),
      );
      return existing(nonce);
    },
    close: () => database.close(),
  };
}

const TABLE = `CREATE TABLE IF NOT EXISTS effects (
  nonce TEXT PRIMARY KEY,
  args_sha256 TEXT NOT NULL,
  ref TEXT NOT NULL,
  message_id_header TEXT NOT NULL,
  thread_id TEXT NOT NULL,
  begun_at_ms INTEGER NOT NULL,
  handle TEXT UNIQUE,
  digest TEXT,
  sent_message_id TEXT,
  sent_thread_id TEXT,
  sent_at_ms INTEGER
) STRICT`;

function toRow(row: Record<string, SQLOutputValue>): EffectRow {
  const text = (name: string) => (typeof row[name] === "string" ? row[name] : null);
  const number = (name: string) => Number(row[name] ?? 0);
  const sentId = text("sent_message_id");
  return {
    nonce: text("nonce") ?? "",
    argsSha256: text("args_sha256") ?? "",
    ref: text("ref") ?? "",
    messageIdHeader: text("message_id_header") ?? "",
    threadId: text("thread_id") ?? "",
    begunAtMs: number("begun_at_ms"),
    handle: text("handle"),
    digest: text("digest"),
    sent:
      sentId === null
        ? null
        : { messageId: sentId, threadId: text("sent_thread_id") ?? "", sentAtMs: number("sent_at_ms") },
  };
}
