import type { NightdeskError, RefusedChange, SyncStatus } from "@nightdesk/claim-lib";
import type { Replica } from "./replica.ts";
import type { CycleReport } from "./run-cycle.ts";

/** Refusals shown; the audit holds all. */
const SHOWN_REFUSALS = 50;
/** A status that only says "still alive" is written so often. */
const ALIVE_EVERY_MS = 10_000;

export interface StatusReporter {
  /** A round ended well. */
  done(report: CycleReport): Promise<void>;
  /** The remote was looked at, and nothing was new. */
  alive(): Promise<void>;
  failed(error: NightdeskError): Promise<void>;
  /** How news of the remote comes from now on; written with the next report. */
  setAnnounced(isAnnounced: boolean): void;
  current(): SyncStatus;
}

/** Failures of the way to the remote; anything else is this machine's own trouble. */
const OFFLINE =
  /^(REMOTE_(UNKNOWN|UNREACHABLE|LOST|DENIED|REJECTED)|PUSH_OUTCOME_UNKNOWN|PUSH_LOST|GIT_FAILED)$/;

/** Keeps `sync-status.json`: what the dashboard shows of sync. */
export async function createStatusReporter(replica: Replica): Promise<StatusReporter> {
  const { state, clock, store, signer } = replica.ports;
  const peerAtMs = await findPeer(replica, store, signer);
  let status: SyncStatus = {
    replica: replica.ports.replica,
    state: "offline",
    message: "Sync has just started.",
    lastSyncAt: null,
    tip: replica.base.commit,
    peerLastCommitAt: peerAtMs === null ? null : toIso(peerAtMs),
    pendingChanges: 0,
    refused: [],
    remoteNews: "polled",
  };
  let remoteNews: SyncStatus["remoteNews"] = "polled";
  let writtenAtMs = Number.NEGATIVE_INFINITY;
  const write = async (told: SyncStatus) => {
    const now = clock.now();
    const next = { ...told, remoteNews };
    const isNews =
      JSON.stringify({ ...next, lastSyncAt: null }) !== JSON.stringify({ ...status, lastSyncAt: null });
    status = next;
    if (!isNews && now - writtenAtMs < ALIVE_EVERY_MS) return;
    writtenAtMs = now;
    await state.writeStatus(next);
  };
  return {
    current: () => status,
    setAnnounced: (isAnnounced) => {
      remoteNews = isAnnounced ? "announced" : "polled";
    },
    done: (report) =>
      write({
        ...status,
        state: "ok",
        code: null,
        message: messageOf(report),
        lastSyncAt: toIso(clock.now()),
        tip: report.tip,
        peerLastCommitAt: report.peerAtMs === null ? status.peerLastCommitAt : toIso(report.peerAtMs),
        pendingChanges: report.pending,
        refused: shown(report.refused) ?? status.refused,
      }),
    alive: () =>
      write({
        ...status,
        state: "ok",
        code: null,
        message: status.state === "ok" ? status.message : "In step.",
        lastSyncAt: toIso(clock.now()),
      }),
    failed: (error) =>
      write({
        ...status,
        code: error.code,
        state: OFFLINE.test(error.code) ? "offline" : "stopped",
        message: error.message,
      }),
  };
}

function shown(refused: readonly RefusedChange[] | null): RefusedChange[] | null {
  return refused === null ? null : refused.slice(-SHOWN_REFUSALS);
}

function messageOf(report: CycleReport): string {
  const [secret] = report.withheld;
  const [untaken] = report.notTaken;
  const [held] = report.held;
  const parts = [
    report.strangers > 0 &&
      "Somebody pushed with this cloud's own key. Change that key: nightdesk init makes a new one when keys/sync.pem is gone.",
    secret &&
      `"${secret.path}" holds what looks like a secret (${secret.rules.join(", ")}), so it stays on this machine. Take the secret out and it goes.`,
    untaken && `"${untaken.path}" stays on this machine, because ${untaken.reason}.`,
    held && `"${held.unit.paths[0] ?? held.unit.key}" waits: ${held.reason}.`,
  ].filter((part) => typeof part === "string");
  return parts.length === 0 ? "In step." : parts.join(" ");
}

/** Commits of ours in a row that are looked through for the other side's last one. */
const PEER_SEARCH = 200;

async function findPeer(
  replica: Replica,
  store: Replica["ports"]["store"],
  signer: Replica["ports"]["signer"],
): Promise<number | null> {
  let at = replica.base.commit;
  for (let i = 0; i < PEER_SEARCH && at !== null; i += 1) {
    const commit = await store.readCommit(at);
    if (!signer.isOwn(commit)) return commit.committedAtMs;
    at = commit.parents[0] ?? null;
  }
  return null;
}

/** The other side's clock is its own affair: a time no calendar has is left out of it. */
function toIso(atMs: number): string {
  return new Date(Math.min(Math.max(atMs, 0), 253_402_300_799_000)).toISOString();
}
