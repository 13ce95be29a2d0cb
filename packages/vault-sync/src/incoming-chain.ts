import { fail } from "./errors.ts";
import type { Commit } from "./git/commit-codec.ts";
import type { ObjectStore } from "./git/object-store.ts";
import type { Oid } from "./git/oid.ts";
import { MAX_INCOMING_COMMITS } from "./limits.ts";
import { REPAIR_HINT } from "./repair/repair-hint.ts";

export interface Link {
  oid: Oid;
  commit: Commit;
}

export interface IncomingChain {
  /** Oldest first. */
  links: Link[];
  /** The tree of the commit the chain begins after; null when it begins with the history. */
  baseTree: Oid | null;
}

type CommitReader = Pick<ObjectStore, "readCommit">;

/** Links from just after `until` to `tip`, along the first parents; null when `until` is not among them. */
export async function readChain(
  store: CommitReader,
  tip: Oid,
  until: Oid | null,
): Promise<IncomingChain | null> {
  const links: Link[] = [];
  let at: Oid | undefined = tip;
  while (at !== undefined && at !== until) {
    if (links.length >= MAX_INCOMING_COMMITS) throw tooLong();
    const commit: Commit = await store.readCommit(at);
    links.push({ oid: at, commit });
    at = commit.parents[0];
  }
  if (until !== null && at === undefined) return null;
  const baseTree = until === null ? null : (await store.readCommit(until)).tree;
  return { links: links.toReversed(), baseTree };
}

/**
 * For a merge that has `until` among its other parents, which a plain push may bring: the whole of it
 * counts as one change by whoever merged, and no signature inside it counts. Null when `until` is no
 * ancestor at all.
 * @param onCommit told every commit that came in this way
 */
export async function readMerge(
  store: CommitReader,
  tip: Oid,
  until: Oid,
  onCommit: (link: Link) => void,
): Promise<IncomingChain | null> {
  const base = await store.readCommit(until);
  const seen = new Set<Oid>([tip]);
  const waiting: Oid[] = [tip];
  let isFound = false;
  for (let oid = waiting.pop(); oid !== undefined; oid = waiting.pop()) {
    if (oid === until) {
      isFound = true;
      continue;
    }
    if (seen.size > MAX_INCOMING_COMMITS) throw tooLong();
    const commit = await store.readCommit(oid);
    onCommit({ oid, commit });
    // What the base itself builds on is known already; it is enough not to walk past the base.
    for (const parent of commit.parents) {
      if (seen.has(parent) || base.parents.includes(parent)) continue;
      seen.add(parent);
      waiting.push(parent);
    }
  }
  if (!isFound) return null;
  const commit = await store.readCommit(tip);
  return { links: [{ oid: tip, commit: { ...commit, signature: null } }], baseTree: base.tree };
}

function tooLong() {
  return fail(
    "REMOTE_HISTORY_TOO_LONG",
    `More than ${MAX_INCOMING_COMMITS} commits came in at once; nothing was applied. Look at what pushes to the remote. ${REPAIR_HINT}`,
  );
}
