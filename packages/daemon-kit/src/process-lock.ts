import { DatabaseSync } from "node:sqlite";
import { fail } from "./errors.ts";

export interface HeldLock {
  release(): void;
}

/** Keeps the locks from the garbage collector, which would close them under a caller that drops the handle. */
const held = new Set<DatabaseSync>();

/**
 * Makes this process the only one of its kind on a state folder. The lock is SQLite's own lock on a
 * file, which the operating system drops the moment the process dies, however it dies: there is no
 * stale lock to clean up and no process number that could be somebody else's by now. [m: 1.5 MB]
 * @param path the lock's file; its folder must exist
 * @param what the program, as the owner knows it ("vault-sync")
 */
export function holdLock(path: string, what: string): HeldLock {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
  } catch (error) {
    throw unusable(path, what, error);
  }
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    throw isBusy(error) ? taken(path, what) : unusable(path, what, error);
  }
  held.add(database);
  return {
    release() {
      if (held.delete(database)) database.close();
    },
  };
}

/**
 * True while a program holds this lock. It only looks: for the instant of the look the file is read, and a
 * program that starts in that very instant tries again as for any other busy lock.
 */
export function isLockHeld(path: string): boolean {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: 0 });
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
    return false;
  } catch (error) {
    return isBusy(error);
  } finally {
    database?.close();
  }
}

/** 5 is SQLITE_BUSY. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === 5;
}

function taken(path: string, what: string) {
  return fail(
    "LOCK_HELD",
    `Another ${what} already runs on the same state folder, so this one did not start; the running one was not disturbed. ` +
      "Stop that one first (pm2 ls shows it), or give this one a STATE_PATH of its own.",
    { data: { path, what } },
  );
}

function unusable(path: string, what: string, cause: unknown) {
  return fail(
    "FILE_FAILED",
    `${what} could not use its lock file ${path}, so it did not start; nothing was changed. ` +
      "Check that the folder is there and belongs to this user.",
    { cause, data: { path } },
  );
}
