import { FOLDERS } from "@nightdesk/claim-lib";
import type { Round } from "./bring-in-step.ts";
import { buildTree } from "./build-tree.ts";
import type { Oid } from "./git/oid.ts";
import type { Target } from "./fetch-target.ts";
import { setBase, type Replica } from "./replica.ts";
import { loadSnapshot } from "./snapshot.ts";
import { diffTreesByPath } from "./vault-index.ts";

/** What could not be touched keeps its old base, so that it is not taken for an edit of ours later. */
export async function settleBase(replica: Replica, target: Target, round: Round): Promise<void> {
  const { store, state, failpoint } = replica.ports;
  if (target.commit === null || target.tipTree === null) return;
  const old = replica.base.planned.index;
  const lagging = round.held
    .flatMap(({ unit }) => unit.paths)
    .map((path) => ({ path, oid: old.get(path) ?? null }))
    .filter(({ path, oid }) => (target.accepted.index.get(path) ?? null) !== oid);
  const tree = await buildTree(store, target.accepted.tree, lagging);
  const isSame = target.commit === replica.base.commit && tree === replica.base.planned.tree;
  if (!isSame) {
    await failpoint.hit("before:base");
    const planned = await loadSnapshot(store, tree, target.accepted);
    await setBase(replica, { commit: target.commit, accepted: target.accepted, planned }, target.tipTree);
    await state.remove("applying");
    await failpoint.hit("after:base");
  }
  await announce(replica);
}

/** Tells the agents what the published tip holds; they wait for their claims there. */
async function announce(replica: Replica): Promise<void> {
  const { commit, accepted } = replica.base;
  if (replica.announced === commit) return;
  const paths = [...accepted.index.tree.keys()].filter(
    (path) => path.startsWith(`${FOLDERS.inProgress}/`) || path.startsWith(`${FOLDERS.pending}/`),
  );
  const at = new Date(replica.ports.clock.now()).toISOString();
  await replica.ports.state.writePublished({ tip: commit, at, paths: paths.sort() });
  replica.announced = commit;
}

/** A commit of ours is on the remote now. Files that could not be touched keep their old base. */
export async function adoptOwn(replica: Replica, commit: Oid, tree: Oid): Promise<void> {
  const { ports, base } = replica;
  const accepted = await loadSnapshot(ports.store, tree, base.accepted);
  const lagging =
    base.planned.tree === base.accepted.tree
      ? []
      : diffTreesByPath(base.accepted.index.tree, base.planned.index.tree);
  const planned = await loadSnapshot(ports.store, await buildTree(ports.store, tree, lagging), accepted);
  await setBase(replica, { commit, accepted, planned }, tree);
  await ports.failpoint.hit("after:adopt");
  await announce(replica);
}
