import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fail } from "./errors.ts";

/** Another process holds the lock for single statements only. */
const LOCK_WAIT_MS = 5_000;

export interface StoreOptions {
  path: string;
  /** `CREATE TABLE IF NOT EXISTS ...`. */
  tables: string;
  /** FULL: on the disk before a statement returns. NORMAL: for what can be filled again. */
  synchronous: "FULL" | "NORMAL";
}

/** A SQLite file for this user alone, which several processes may share. Throws STORE_FAILED. */
export function openStore({ path, tables, synchronous }: StoreOptions): DatabaseSync {
  return guardStore(() => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    chmodSync(dirname(path), 0o700);
    // SQLite gives the files beside it the mode of this one.
    closeSync(openSync(path, "a", 0o600));
    const database = new DatabaseSync(path, { timeout: LOCK_WAIT_MS });
    database.exec("PRAGMA journal_mode = WAL");
    database.exec(`PRAGMA synchronous = ${synchronous}`);
    database.exec(tables);
    return database;
  });
}

/** Runs a statement; whatever fails is STORE_FAILED. */
export function guardStore<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fail(
      "STORE_FAILED",
      "The mail server's own records could not be read or written; nothing was sent. Check the disk's free space, then it is tried again.",
      { cause: error },
    );
  }
}
