import { openHistory, type OpenHistoryOptions } from "@nightdesk/vault-sync";
import { gatherVersions, type LogVersion } from "./gather-versions.ts";
import type { ProvenUpTo } from "./proof-file.ts";
import { proveFile, type Offence } from "./prove-file.ts";
import { readClaims, type Claims } from "./read-claims.ts";
import { listRecords, readRecord } from "./read-records.ts";

export interface AuditProof {
  /** The commit everything was compared up to; null before the first sync. */
  tip: string | null;
  commits: number;
  files: number;
  offences: Offence[];
  claims: Claims;
  /** Commits a record names that the history does not hold, with the record's writer. */
  unknownCommits: { commit: string; agent: string }[];
  /** What a later look can go on from; null when something does not hold. */
  proven: ProvenUpTo | null;
}

interface Given extends OpenHistoryOptions {
  vaultPath: string;
  before: ProvenUpTo | null;
}

/**
 * Walks every commit that touches Logs/ and compares each version of each record with the one before it and
 * with the file in the vault folder; then looks whether the commits the records name are in that history.
 */
async function proveOnce({ vaultPath, before, ...options }: Given): Promise<AuditProof> {
  // The history first: what the programs add meanwhile only makes the files longer.
  const history = await openHistory(options);
  try {
    const known = await history.ancestors();
    const since = before !== null && known.has(before.tip) ? before : null;
    const { files, commits } = await gatherVersions(history, since);
    const claims: Claims = { commits: new Map(), effects: [], lines: 0 };
    const offences: Offence[] = [...(since?.offences ?? [])];
    const paths = [...new Set([...files.keys(), ...(await listRecords(vaultPath))])].sort();
    for (const path of paths) {
      const onDisk = await readRecord(vaultPath, path);
      const proven = await proveFile(path, files.get(path) ?? [], onDisk, history);
      offences.push(...proven.offences);
      readClaims(path, proven.bytes, claims);
    }
    const unknownCommits = [...claims.commits]
      .filter(([commit]) => !known.has(commit))
      .map(([commit, agent]) => ({ commit, agent }));
    const all = commits + (since?.commits ?? 0);
    const proven = goOnFrom(history.tip, all, files, offences);
    return { tip: history.tip, commits: all, files: paths.length, offences, claims, unknownCommits, proven };
  } finally {
    await history.close();
  }
}

function goOnFrom(
  tip: string | null,
  commits: number,
  files: ReadonlyMap<string, LogVersion[]>,
  offences: Offence[],
): ProvenUpTo | null {
  if (tip === null || offences.some(({ putBackBy }) => putBackBy === null)) return null;
  const last = new Map<string, LogVersion>();
  for (const [path, versions] of files) {
    const version = versions.at(-1);
    if (version) last.set(path, version);
  }
  return { tip, commits, last, offences };
}

/** How often a finding is looked at again, and how long a running sync needs to finish its round. */
const LOOKS = 3;
const PAUSE_MS = 1_000;

/** A finding that a round of sync under way could explain counts when it is still there after that. */
export async function proveAudit(
  given: Given,
  sleep: (durationMs: number) => Promise<void>,
): Promise<AuditProof> {
  for (let attempt = 1; ; attempt += 1) {
    const proof = await proveOnce(given);
    const mayPass = proof.offences.some(({ by }) => by === null) || proof.unknownCommits.length > 0;
    if (!mayPass || attempt >= LOOKS) return proof;
    await sleep(PAUSE_MS);
  }
}
