export { VAULT_SYNC_ERRORS } from "./errors.ts";
export { readConfig, VAULT_SYNC_EXAMPLES, type VaultSyncConfig } from "./config.ts";
export { encodeCommit, parseCommit, type Commit, type CommitDraft } from "./git/commit-codec.ts";
export { createCommitSigner, isSignedBy, type CommitSigner } from "./git/commit-signer.ts";
export { readSshPublicKey, signSsh, toSshPublicKey } from "./git/sshsig.ts";
export type { ObjectStore } from "./git/object-store.ts";
export type { Remote } from "./git/remote.ts";
export { planSync, mergedTree, type DiskStep, type Plan, type PlanUnit } from "./plan.ts";
export { checkIncoming, type Incoming, type IncomingDeps, type RefusedIncoming } from "./check-incoming.ts";
export { openReplica, saveTable, type Replica, type SyncPorts } from "./replica.ts";
export { runCycle, type CycleReport } from "./run-cycle.ts";
export { startSyncLoop, type SyncLoop, type SyncLoopOptions } from "./sync-loop.ts";
export type { VaultDisk } from "./disk.ts";
export {
  FAILPOINTS,
  noFailpoint,
  type Failpoint,
  type FailpointName,
  type PresentedLedger,
  type SecretScanner,
  type SyncState,
} from "./ports.ts";
export { openPorts, type OpenedPorts } from "./open-ports.ts";
export { createStatusReporter, type StatusReporter } from "./report-status.ts";
export { hashObject } from "./git/oid.ts";
export { encodeTree, parseTree, type TreeEntry } from "./git/tree-codec.ts";
export { writeLooseObject } from "./git/loose-objects.ts";
export { createNodeDisk } from "./node-disk.ts";
export { openSyncState } from "./sync-state.ts";
export { createAnnouncementReader } from "./announce/read-lines.ts";
export { startAnnouncer, type Announcer } from "./announce/announcer.ts";
export { diagnose } from "./repair/diagnose.ts";
export { rebuildGit, recordAnew, removeLocks, reseed, startAnew, type MendOptions } from "./repair/mend.ts";
export { makeRepairFolder, type RepairFolder } from "./repair/repair-folder.ts";
export type { OldApproval } from "./repair/adopt-history.ts";
export type { Trouble, TroubleKind } from "./repair/trouble.ts";
export { parseRemote, sshTarget, type SshTarget } from "./git/remote-url.ts";
export { KNOWN_HOSTS_FILE, SSH_KEY_FILE } from "./git/ssh-options.ts";
export {
  openHistory,
  type FileVersion,
  type HistoryCommit,
  type OpenHistoryOptions,
  type VaultHistory,
} from "./history/open-history.ts";
export { fetchAside, type FetchedAside } from "./history/fetch-aside.ts";
export { createRunGit } from "./git/run-git.ts";
export { MAX_LOG_BYTES } from "./limits.ts";
export type { Oid } from "./git/oid.ts";
