import type { Ports } from "./ports.ts";
import { readSyncStatus } from "./read-status.ts";

/**
 * Has this laptop been compared with the shared repository since its programs were started?
 * `waits`: that is a matter of moments. `unreachable`: the repository could not be reached so far.
 */
export type Compared = "yes" | "waits" | "unreachable";
export type SyncGate = () => Promise<Compared>;

export interface SyncGatePorts extends Pick<Ports, "clock" | "readState"> {
  /** True while vault-sync works on this state folder. */
  isSyncRunning(): boolean;
}

/** A first round takes seconds; after this the owner is asked instead. */
const PATIENCE_MS = 60_000;
/** A vault-sync that has just started takes the last run's status back within milliseconds of its lock. */
const SETTLE_MS = 1_000;
export const NOT_COMPARED =
  "Since this laptop was started the shared repository could not be reached, so it is not known whether this was carried out already.";

/**
 * A laptop that was put back to an older state, vault and records together, shows nothing of it by
 * itself: only the remote knows what has been done since. So until sync has compared the two, once per
 * start, nothing is begun that was not begun before. The status file alone proves nothing, because it comes
 * out of the backup too: its round counts when it is newer than this program's start, or when the
 * vault-sync that reported it still runs. A laptop that has never synced has nothing to compare.
 */
export function createSyncGate(ports: SyncGatePorts): SyncGate {
  const startedAtMs = ports.clock.now();
  let isCompared = false;
  let reportedSinceMs: number | null = null;
  return async () => {
    if (isCompared) return "yes";
    const status = await readSyncStatus(ports.readState);
    if (status === null) return "yes";
    const nowMs = ports.clock.now();
    const isReported = status.lastSyncAt !== null && ports.isSyncRunning();
    reportedSinceMs = isReported ? (reportedSinceMs ?? nowMs) : null;
    isCompared =
      (status.lastSyncAt !== null && Date.parse(status.lastSyncAt) >= startedAtMs) ||
      (reportedSinceMs !== null && nowMs - reportedSinceMs >= SETTLE_MS);
    if (isCompared) return "yes";
    return nowMs - startedAtMs < PATIENCE_MS ? "waits" : "unreachable";
  };
}
