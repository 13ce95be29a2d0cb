import { guardStore, openStore } from "../open-store.ts";
import type { MailMark } from "../provider.ts";

/** A mail that is ready to go out over SMTP, which knows no drafts. */
export interface OutboxMail {
  id: string;
  threadId: string;
  raw: Buffer;
  mark: MailMark;
}

/**
 * Drafts for a provider without any, with the one property Gmail's have: sending takes the draft away. It is
 * taken away before the first byte goes out and comes back only when the server has said no, so that what is
 * gone was sent or may have been, and nothing is ever sent twice.
 */
export interface Outbox {
  /** The mark's own mail when it is there already. */
  put(mail: Omit<OutboxMail, "id">): string;
  find(threadId: string, mark: MailMark): string | null;
  read(id: string): OutboxMail | null;
  /** False when it is gone or somebody else took it. Durable before it returns. */
  take(id: string): OutboxMail | null;
  /** The server said no: nothing went out. */
  putBack(id: string): void;
  remove(id: string): void;
  close(): void;
}

const TABLE = `CREATE TABLE IF NOT EXISTS outbox (
  id TEXT PRIMARY KEY, thread_id TEXT NOT NULL, ref TEXT NOT NULL UNIQUE, message_id_header TEXT NOT NULL,
  raw BLOB NOT NULL, is_taken INTEGER NOT NULL DEFAULT 0) STRICT`;

export function openOutbox(path: string): Outbox {
  const database = openStore({ path, tables: TABLE, synchronous: "FULL" });
  const read = (id: string): OutboxMail | null => {
    const row = guardStore(() =>
      database.prepare("SELECT * FROM outbox WHERE id = ? AND is_taken = 0").get(id),
    );
    if (!row) return null;
    return {
      id,
      threadId: String(row["thread_id"]),
      raw: Buffer.from(row["raw"] as Uint8Array),
      mark: { ref: String(row["ref"]), messageIdHeader: String(row["message_id_header"]) },
    };
  };
  return {
    put({ threadId, raw, mark }) {
      // The mark follows from the receipt's nonce, and so does this.
      const id = `out-${mark.ref.slice(0, 32)}`;
      guardStore(() =>
        database
          .prepare(
            "INSERT OR IGNORE INTO outbox (id, thread_id, ref, message_id_header, raw) VALUES (?, ?, ?, ?, ?)",
          )
          .run(id, threadId, mark.ref, mark.messageIdHeader, raw),
      );
      return id;
    },
    find(threadId, mark) {
      const row = guardStore(() =>
        database
          .prepare("SELECT id FROM outbox WHERE thread_id = ? AND ref = ? AND is_taken = 0")
          .get(threadId, mark.ref),
      );
      return row ? String(row["id"]) : null;
    },
    read,
    take(id) {
      const mail = read(id);
      const { changes } = guardStore(() =>
        database.prepare("UPDATE outbox SET is_taken = 1 WHERE id = ? AND is_taken = 0").run(id),
      );
      return Number(changes) === 1 ? mail : null;
    },
    putBack: (id) =>
      void guardStore(() => database.prepare("UPDATE outbox SET is_taken = 0 WHERE id = ?").run(id)),
    remove: (id) =>
      void guardStore(() => database.prepare("DELETE FROM outbox WHERE id = ? AND is_taken = 0").run(id)),
    close: () => database.close(),
  };
}
