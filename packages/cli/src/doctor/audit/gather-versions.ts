import { FOLDERS } from "@nightdesk/claim-lib";
import type { FileVersion, HistoryCommit, VaultHistory } from "@nightdesk/vault-sync";

/** One record file as one commit left it. */
export interface LogVersion extends Omit<FileVersion, "path"> {
  commit: string;
  atMs: number;
  author: string;
}

export interface LogVersions {
  /** By path, oldest first; what did not change is there once. */
  files: Map<string, LogVersion[]>;
  /** Commits that touch a record. */
  commits: number;
}

/**
 * Every version of every file under Logs/ that the history holds, or those after a commit whose versions are
 * known: `last` is what stood there.
 */
export async function gatherVersions(
  history: Pick<VaultHistory, "commitsOf">,
  since: { tip: string; last: ReadonlyMap<string, LogVersion> } | null,
): Promise<LogVersions> {
  const files = new Map([...(since?.last ?? [])].map(([path, version]) => [path, [version]]));
  const commits = new Set<string>();
  for await (const commit of history.commitsOf([FOLDERS.logs], since?.tip ?? null)) {
    commits.add(commit.oid);
    for (const change of commit.changes) addVersion(files, commit, change);
  }
  return { files, commits: commits.size };
}

function addVersion(files: Map<string, LogVersion[]>, commit: HistoryCommit, change: FileVersion): void {
  const { path, oid, mode } = change;
  const known = files.get(path);
  const last = known?.at(-1);
  if (last?.oid === oid && last.mode === mode) return;
  const version: LogVersion = { oid, mode, commit: commit.oid, atMs: commit.atMs, author: commit.author };
  if (known) known.push(version);
  else files.set(path, [version]);
}
