import { FOLDERS } from "@nightdesk/claim-lib";
import type { Round } from "./bring-in-step.ts";
import { buildTree } from "./build-tree.ts";
import type { Oid } from "./git/oid.ts";
import type { Target } from "./fetch-target.ts";
import { setBase, type Replica } from "./replica.ts";
import { Snapshot } from "./snapshot.ts";
import type { TreeChange } from "./vault-index.ts";

/** What could not be touched keeps its old base, so that it is not taken for an edit of ours later. */
export async function settleBase(replica: Replica, target: Target, round: Round): Promise<void> {
  const { store, state, failpoint } = replica.ports;
  if (target.commit === null || target.tipTree === null) return;
  const lagging: TreeChange[] = [];
  for (const path of round.held.flatMap(({ unit }) => unit.paths)) {
    const oid = (await replica.base.planned.get(path)) ?? null;
    if (((await target.accepted.get(path)) ?? null) !== oid) lagging.push({ path, oid });
  }
  const tree = await buildTree(store, target.accepted.tree, lagging);
  const isSame = target.commit === replica.base.commit && tree === replica.base.planned.tree;
  if (!isSame) {
    await failpoint.hit("before:base");
    const planned = new Snapshot(store, tree);
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
  const paths: string[] = [];
  for (const folder of [FOLDERS.inProgress, FOLDERS.pending]) {
    for await (const [path] of accepted.files(folder)) paths.push(path);
  }
  const at = new Date(replica.ports.clock.now()).toISOString();
  await replica.ports.state.writePublished({ tip: commit, at, paths: paths.sort() });
  replica.announced = commit;
}

/** A commit of ours is on the remote now. Files that could not be touched keep their old base. */
export async function adoptOwn(replica: Replica, commit: Oid, tree: Oid): Promise<void> {
  const { ports, base } = replica;
  const accepted = new Snapshot(ports.store, tree);
  const lagging = await base.accepted.changesTo(base.planned);
  const planned = new Snapshot(ports.store, await buildTree(ports.store, tree, lagging));
  await setBase(replica, { commit, accepted, planned }, tree);
  await ports.failpoint.hit("after:adopt");
  await announce(replica);
}
