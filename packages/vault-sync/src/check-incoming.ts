import { FOLDERS, type Kinds, type Role } from "@nightdesk/claim-lib";
import { buildTree } from "./build-tree.ts";
import { acceptChanges, type RefusedPath, type Writer } from "./check-changes.ts";
import { fail } from "./errors.ts";
import { readChain, readMerge } from "./incoming-chain.ts";
import { REPAIR_HINT } from "./repair/repair-hint.ts";
import type { Commit } from "./git/commit-codec.ts";
import type { CommitSigner } from "./git/commit-signer.ts";
import type { ObjectStore } from "./git/object-store.ts";
import type { Oid } from "./git/oid.ts";
import { MAX_ENTRIES_PER_CHECK, MAX_ENTRIES_PER_COMMIT, MAX_REFUSALS_PER_COMMIT } from "./limits.ts";
import { Snapshot } from "./snapshot.ts";
import type { TaskPlaces } from "./task-places.ts";
import { diffTrees } from "./tree-diff.ts";
import { VaultIndex, type TreeChange } from "./vault-index.ts";

export interface IncomingDeps {
  store: ObjectStore;
  signer: Pick<CommitSigner, "isOwn">;
  kinds: Kinds;
  /** Which replica this is. Everything it did not sign itself counts as the other's. */
  replica: Role;
  /** True for a commit this replica recorded before it pushed it. */
  isKnownOwn(commit: Oid): boolean;
}

export interface RefusedIncoming extends RefusedPath {
  commit: Oid;
}

export type Incoming =
  /** The remote holds what was synced before, and no more: it was put back to an older state. */
  | { state: "behind" }
  | {
      state: "ahead";
      /** What is accepted of the tip, as a tree of our own making. */
      accepted: Snapshot;
      /** The tree the tip itself names. It differs from `accepted` by what is to be reverted. */
      tipTree: Oid;
      refused: RefusedIncoming[];
      /** When the other side last committed, by its own clock; null when nothing of it came. */
      peerAtMs: number | null;
      commits: number;
      /** The last of this machine's own commits at the beginning: pushes whose answer never came. */
      landed: { commit: Oid; tree: Oid } | null;
      /** Commits with this cloud's key that it did not make: its key was copied, or its disk put back. */
      strangers: Oid[];
    };

/**
 * Checks everything between what was synced last and the fetched tip, commit by commit, before any of
 * it reaches the disk. Throws REMOTE_DIVERGED, REMOTE_HISTORY_TOO_LONG or OWN_COMMIT_UNKNOWN, with
 * nothing applied. It only reads objects, and writes the trees of what was accepted.
 * @param base the commit synced last (null for a replica that never synced), what was accepted of it, and
 *   where at least every task of that lies
 */
export async function checkIncoming(
  deps: IncomingDeps,
  base: { commit: Oid | null; accepted: Snapshot; places: TaskPlaces },
  tip: Oid,
): Promise<Incoming> {
  const chain = await findChain(deps, tip, base.commit);
  if (chain === null) return { state: "behind" };
  const index = new VaultIndex(base.accepted, base.places);
  const budget = { left: MAX_ENTRIES_PER_CHECK };
  const taken: TreeChange[] = [];
  const refused: RefusedIncoming[] = [];
  const strangers: Oid[] = [];
  let peerAtMs: number | null = null;
  let landed: { commit: Oid; tree: Oid } | null = null;
  let isOwnSoFar = true;
  let before: Oid | null = chain.baseTree;
  let lastWhole: Oid | null = before;
  for (const { oid, commit } of chain.links) {
    const { writer, isStranger } = writerOf(deps, oid, commit);
    if (isStranger) strangers.push(oid);
    let own = await diffCommit(deps.store, before, commit.tree, budget);
    // What a broken commit left behind must not make the honest one that clears it away look broken too.
    if (own.broken !== null && lastWhole !== before)
      own = await diffCommit(deps.store, lastWhole, commit.tree, budget);
    if (own.broken !== null) refused.push({ path: ".", reason: own.broken, commit: oid });
    else {
      lastWhole = commit.tree;
      const judged = await acceptChanges(
        { store: deps.store, kinds: deps.kinds, writer, accepted: index },
        own.changes,
      );
      taken.push(...judged.taken);
      for (const one of tellFew([...own.refused, ...judged.refused])) refused.push({ ...one, commit: oid });
    }
    if (writer !== "self") peerAtMs = commit.committedAtMs;
    isOwnSoFar &&= writer === "self" && refused.length === 0;
    if (isOwnSoFar) landed = { commit: oid, tree: commit.tree };
    before = commit.tree;
  }
  const tree = await buildTree(deps.store, base.accepted.tree, lastOfEach(taken));
  return {
    state: "ahead",
    accepted: new Snapshot(deps.store, tree),
    tipTree: before ?? tree,
    refused,
    peerAtMs,
    commits: chain.links.length,
    strangers,
    landed,
  };
}

/**
 * What came in since `base`; null when the remote holds what was synced before, and no more. A cloud that
 * starts anew takes the laptop's vault as it stands: the years before do not matter to it, and it has no
 * effects to do twice.
 */
async function findChain(deps: IncomingDeps, tip: Oid, base: Oid | null) {
  if (base === null && deps.replica === "cloud") {
    const commit = await deps.store.readCommit(tip);
    return { links: [{ oid: tip, commit: { ...commit, signature: null } }], baseTree: null };
  }
  const chain = await readChain(deps.store, tip, base);
  if (chain !== null || base === null) return chain;
  if ((await readChain(deps.store, base, tip)) !== null) return null;
  const merge = await readMerge(deps.store, tip, base, ({ oid, commit }) => void writerOf(deps, oid, commit));
  if (merge !== null) return merge;
  throw fail(
    "REMOTE_DIVERGED",
    "The remote's history does not contain what was synced before: somebody rewrote it. Nothing was applied or published. " +
      `If that was not you, treat the remote as taken over. ${REPAIR_HINT}`,
    { data: { tip, base } },
  );
}

function writerOf(deps: IncomingDeps, oid: Oid, commit: Commit): { writer: Writer; isStranger: boolean } {
  if (!deps.signer.isOwn(commit))
    return { writer: deps.replica === "cloud" ? "local" : "cloud", isStranger: false };
  if (deps.isKnownOwn(oid)) return { writer: "self", isStranger: false };
  // The cloud has no effects to do twice: it goes on, and holds the stranger to its own rights.
  if (deps.replica === "cloud") return { writer: "cloud", isStranger: true };
  throw fail(
    "OWN_COMMIT_UNKNOWN",
    "The remote holds work of this machine that it has no record of: this machine was put back to an older state (a backup, a copied folder). " +
      `Nothing was applied or published, so that nothing is done twice. ${REPAIR_HINT}`,
    { data: { commit: oid } },
  );
}

/** What the owner must not miss, before what only fills the list. */
const GRAVE_FOLDERS = [FOLDERS.approved, FOLDERS.pending, FOLDERS.inProgress, FOLDERS.scheduled];

/** The gravest refusals one by one, and the rest as a number: junk must not push a forged approval out of view. */
function tellFew(refused: readonly RefusedPath[]): RefusedPath[] {
  if (refused.length <= MAX_REFUSALS_PER_COMMIT) return [...refused];
  const isGrave = ({ path }: RefusedPath) => GRAVE_FOLDERS.some((folder) => path.startsWith(`${folder}/`));
  const sorted = [...refused.filter(isGrave), ...refused.filter((one) => !isGrave(one))];
  const rest = refused.length - MAX_REFUSALS_PER_COMMIT;
  return [
    ...sorted.slice(0, MAX_REFUSALS_PER_COMMIT),
    { path: ".", reason: `this commit held ${rest} more changes that are not allowed` },
  ];
}

async function diffCommit(store: ObjectStore, before: Oid | null, after: Oid, total: { left: number }) {
  const budget = { left: Math.min(MAX_ENTRIES_PER_COMMIT, total.left) };
  const given = budget.left;
  const diff = await diffTrees(store, before, after, budget);
  total.left -= given - budget.left;
  return diff;
}

function lastOfEach(changes: readonly TreeChange[]): TreeChange[] {
  return [...new Map(changes.map((change) => [change.path, change])).values()];
}
