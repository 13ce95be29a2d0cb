import { FOLDERS, taskKey } from "@nightdesk/claim-lib";
import type { HistoryChange } from "@nightdesk/testkit";

/** What a remote's history says about tasks, with nobody's word for it. */
export interface HistoryCount {
  commits: number;
  /** Tasks that stood in two places in one commit, or were taken by two agents over the whole history. */
  doubles: string[];
  /** Tasks that never came, or stood nowhere in some commit after they had come. */
  lost: string[];
  /** Who took each task. */
  owners: Map<string, Set<string>>;
  /** For each commit with claims, how many. */
  claimsPerCommit: number[];
  /** Where each task stands in the last commit. */
  places: Map<string, Set<string>>;
}

/**
 * Replays a history commit by commit. A task is taken when it goes from where it lay free, or from
 * somebody else's folder, into In_Progress/<agent>; an approved note that the laptop carries out is not taken.
 * @param expected keys of the tasks there must be
 */
export function countHistory(changes: readonly HistoryChange[], expected: readonly string[]): HistoryCount {
  const places = new Map<string, Set<string>>();
  const owners = new Map<string, Set<string>>();
  const doubles = new Set<string>();
  const lost = new Set<string>();
  const claimsPerCommit: number[] = [];
  const commits = groupByCommit(changes);
  for (const commit of commits) {
    const before = replay(places, commit);
    let claims = 0;
    for (const [key, was] of before) {
      const now = places.get(key) ?? new Set();
      if (now.size > 1) doubles.add(key);
      if (now.size === 0) lost.add(key);
      for (const path of now) {
        const taker = was.has(path) ? null : takerOf(path, was);
        if (taker === null) continue;
        claims += 1;
        owners.set(key, (owners.get(key) ?? new Set()).add(taker));
      }
    }
    if (claims > 0) claimsPerCommit.push(claims);
  }
  for (const [key, names] of owners) if (names.size > 1) doubles.add(key);
  for (const key of expected) if (!places.has(key)) lost.add(key);
  return {
    commits: commits.length,
    doubles: [...doubles],
    lost: [...lost],
    owners,
    claimsPerCommit,
    places,
  };
}

function groupByCommit(changes: readonly HistoryChange[]): HistoryChange[][] {
  const commits = new Map<string, HistoryChange[]>();
  for (const change of changes) {
    const group = commits.get(change.commit);
    if (group) group.push(change);
    else commits.set(change.commit, [change]);
  }
  return [...commits.values()];
}

/** Applies one commit; returns where the tasks it touched stood before. */
function replay(
  places: Map<string, Set<string>>,
  commit: readonly HistoryChange[],
): Map<string, Set<string>> {
  const before = new Map<string, Set<string>>();
  for (const { kind, path } of commit) {
    const key = taskKey(path);
    if (key === null) continue;
    const at = places.get(key) ?? new Set();
    if (!before.has(key)) before.set(key, new Set(at));
    if (kind === "D") at.delete(path);
    else at.add(path);
    places.set(key, at);
  }
  return before;
}

/** Null when this is no claim. */
function takerOf(path: string, was: ReadonlySet<string>): string | null {
  const [top, agent = ""] = path.split("/");
  if (top !== FOLDERS.inProgress) return null;
  const wasFree = [...was].every(
    (from) => from.startsWith(`${FOLDERS.needsAction}/`) || from.startsWith(`${FOLDERS.inProgress}/`),
  );
  return wasFree ? agent : null;
}
