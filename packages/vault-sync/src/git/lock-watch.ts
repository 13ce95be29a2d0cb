import { fail } from "../errors.ts";
import { clearRemoteLocks } from "./remote-locks.ts";
import type { RemoteAddress } from "./remote-url.ts";
import type { GitResult } from "./run-git.ts";

/** Two pushes at once meet on the lock for milliseconds; one that stays so long has no owner any more. */
const TELL_AFTER_MS = 60_000;

const LOCKED = /Unable to create '([^']+\.lock)': File exists/;

/** True when a git command failed on another's lock. */
export function isLocked(result: GitResult): boolean {
  return result.exitCode !== 0 && LOCKED.test(result.stderr);
}

export interface LockWatch {
  /**
   * Told of every push. A stale lock of a remote in a folder of this machine is put out of the way, so that
   * the next attempt goes through; one elsewhere is told to the owner, with REMOTE_REJECTED, once it has
   * stood for a minute.
   */
  noticed(result: GitResult): Promise<void>;
}

export function createLockWatch(address: RemoteAddress): LockWatch {
  let sinceMs: number | null = null;
  return {
    async noticed(result) {
      if (!isLocked(result)) {
        sinceMs = null;
        return;
      }
      if ((await clearRemoteLocks(address, Date.now())) > 0) return;
      sinceMs ??= performance.now();
      if (performance.now() - sinceMs < TELL_AFTER_MS) return;
      throw fail(
        "REMOTE_REJECTED",
        "The branch at the remote has been locked for more than a minute: a push was killed there. The vault is unchanged and nothing was published. " +
          `On the machine that holds the repository run: npm run nightdesk -- repair --yes, or remove ${LOCKED.exec(result.stderr)?.[1] ?? "the lock"} there.`,
      );
    },
  };
}
