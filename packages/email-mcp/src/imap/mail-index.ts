import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { guardStore, openStore } from "../open-store.ts";

/** Where one mail lies, and what threads are made of. */
export interface IndexedMail {
  folder: string;
  uid: number;
  key: string;
  threadId: string;
  messageIdHeader: string | null;
  references: readonly string[];
  from: string;
  receivedAtMs: number;
}

export interface FolderState {
  uidValidity: string;
  /** Every mail below this UID is in the index. */
  uidNext: number;
}

/**
 * What lies where, as last seen. Nothing but a memory of the server's answers: lost or damaged, it is filled
 * again. It may name mails that are gone; whoever reads one finds out.
 */
export interface MailIndex {
  folder(path: string): FolderState | null;
  /** Forgets the folder's mails: its UIDs mean others now. */
  resetFolder(path: string, state: FolderState): void;
  /** Adds what was seen and moves the folder's mark, in one transaction. */
  add(path: string, state: FolderState, mails: readonly IndexedMail[]): void;
  byKey(key: string): IndexedMail[];
  byUids(folder: string, uids: readonly number[]): IndexedMail[];
  /** At most `limit` mails of a folder from this UID on. */
  from(folder: string, uid: number, limit: number): IndexedMail[];
  /** The mails of a thread: those that begin or name it, and whoever names one of these. */
  thread(threadId: string): IndexedMail[];
  forget(mail: Pick<IndexedMail, "folder" | "uid">): void;
  close(): void;
}

const TABLES = `
CREATE TABLE IF NOT EXISTS folders (path TEXT PRIMARY KEY, uid_validity TEXT NOT NULL, uid_next INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS mails (
  folder TEXT NOT NULL, uid INTEGER NOT NULL, key TEXT NOT NULL, thread_id TEXT NOT NULL, message_id TEXT,
  refs TEXT NOT NULL, from_line TEXT NOT NULL, received_at_ms INTEGER NOT NULL, PRIMARY KEY (folder, uid)) STRICT;
CREATE INDEX IF NOT EXISTS mails_key ON mails (key);
CREATE INDEX IF NOT EXISTS mails_thread ON mails (thread_id);
CREATE INDEX IF NOT EXISTS mails_message_id ON mails (message_id);
CREATE TABLE IF NOT EXISTS refs (message_id TEXT NOT NULL, folder TEXT NOT NULL, uid INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS refs_message_id ON refs (message_id);
CREATE INDEX IF NOT EXISTS refs_mail ON refs (folder, uid);`;

/** Of a mail's forerunners only the last ones link threads: they are its parents. */
const LINKS_PER_MAIL = 5;
/** A thread longer than this is cut off: nobody reads it, and only an attack makes one. */
const MAX_THREAD = 1_000;

export function openMailIndex(path: string): MailIndex {
  const database = openStore({ path, tables: TABLES, synchronous: "NORMAL" });
  const all = (sql: string, ...values: (string | number)[]) =>
    guardStore(() => database.prepare(sql).all(...values)).map(toMail);
  const inTransaction = (work: () => void) =>
    guardStore(() => {
      database.exec("BEGIN IMMEDIATE");
      try {
        work();
        database.exec("COMMIT");
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
    });
  const setFolder = (folder: string, { uidValidity, uidNext }: FolderState) =>
    void database
      .prepare("INSERT OR REPLACE INTO folders VALUES (?, ?, ?)")
      .run(folder, uidValidity, uidNext);
  const remove = (folder: string, uid: number | null) => {
    for (const table of ["mails", "refs"]) {
      const where = uid === null ? "folder = ?" : "folder = ? AND uid = ?";
      database
        .prepare(`DELETE FROM ${table} WHERE ${where}`)
        .run(...(uid === null ? [folder] : [folder, uid]));
    }
  };
  return {
    folder(folder) {
      const row = guardStore(() => database.prepare("SELECT * FROM folders WHERE path = ?").get(folder));
      return row ? { uidValidity: String(row["uid_validity"]), uidNext: Number(row["uid_next"]) } : null;
    },
    resetFolder: (folder, state) =>
      inTransaction(() => {
        remove(folder, null);
        setFolder(folder, state);
      }),
    add: (folder, state, mails) =>
      inTransaction(() => {
        for (const mail of mails) insert(database, mail);
        setFolder(folder, state);
      }),
    byKey: (key) => all("SELECT * FROM mails WHERE key = ? ORDER BY folder, uid", key),
    byUids: (folder, uids) =>
      uids.flatMap((uid) => all("SELECT * FROM mails WHERE folder = ? AND uid = ?", folder, uid)),
    from: (folder, uid, limit) =>
      all("SELECT * FROM mails WHERE folder = ? AND uid >= ? ORDER BY uid LIMIT ?", folder, uid, limit),
    thread: (threadId) => walk(all, threadId),
    forget: ({ folder, uid }) => inTransaction(() => remove(folder, uid)),
    close: () => database.close(),
  };
}

type All = (sql: string, ...values: (string | number)[]) => IndexedMail[];

/** Everything that hangs together with the mails of a thread. */
function walk(all: All, threadId: string): IndexedMail[] {
  const found = new Map<string, IndexedMail>();
  const open = all("SELECT * FROM mails WHERE thread_id = ?", threadId);
  for (let mail = open.shift(); mail && found.size < MAX_THREAD; mail = open.shift()) {
    const place = `${mail.folder}\n${mail.uid}`;
    if (found.has(place)) continue;
    found.set(place, mail);
    open.push(...neighboursOf(all, mail));
  }
  return [...found.values()];
}

/** The mails it names, and those that name it. */
function neighboursOf(all: All, { references, messageIdHeader: own }: IndexedMail): IndexedMail[] {
  const named =
    own === null ? references.slice(-LINKS_PER_MAIL) : [...references.slice(-LINKS_PER_MAIL), own];
  const naming = "SELECT mails.* FROM mails JOIN refs USING (folder, uid) WHERE refs.message_id = ?";
  return [
    ...named.flatMap((id) => all("SELECT * FROM mails WHERE message_id = ?", id)),
    ...(own === null ? [] : all(naming, own)),
  ];
}

function insert(database: DatabaseSync, mail: IndexedMail): void {
  const { folder, uid, key, threadId, messageIdHeader, references, from, receivedAtMs } = mail;
  database
    .prepare("INSERT OR REPLACE INTO mails VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
    .run(folder, uid, key, threadId, messageIdHeader, JSON.stringify(references), from, receivedAtMs);
  database.prepare("DELETE FROM refs WHERE folder = ? AND uid = ?").run(folder, uid);
  for (const id of references.slice(-LINKS_PER_MAIL))
    database.prepare("INSERT INTO refs VALUES (?, ?, ?)").run(id, folder, uid);
}

function toMail(row: Record<string, SQLOutputValue>): IndexedMail {
  return {
    folder: String(row["folder"]),
    uid: Number(row["uid"]),
    key: String(row["key"]),
    threadId: String(row["thread_id"]),
    messageIdHeader: row["message_id"] === null ? null : String(row["message_id"]),
    references: JSON.parse(String(row["refs"])) as string[],
    from: String(row["from_line"]),
    receivedAtMs: Number(row["received_at_ms"]),
  };
}
