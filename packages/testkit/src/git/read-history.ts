import type { BareRemote } from "./create-bare-remote.ts";

export interface HistoryChange {
  commit: string;
  /** `A` added, `M` modified, `D` deleted. */
  kind: string;
  path: string;
}

/** Every change in the remote's history, oldest first; renames are told as a deletion and an addition. */
export async function readHistory(remote: BareRemote): Promise<HistoryChange[]> {
  if ((await remote.tip()) === null) return [];
  const format = ["--no-renames", "-m", "--root", "--name-status", "-z", "--format=commit %H"];
  const output = await remote.git("log", "--reverse", ...format, remote.branch);
  const changes: HistoryChange[] = [];
  let commit = "";
  const tokens = output.split("\0").map((token) => token.replace(/^\n/, ""));
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] ?? "";
    const header = /^commit ([0-9a-f]{40,64})$/.exec(token);
    if (header) commit = header[1] ?? "";
    else if (/^[AMDT]$/.test(token)) changes.push({ commit, kind: token, path: tokens[(at += 1)] ?? "" });
  }
  return changes;
}
