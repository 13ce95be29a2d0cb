import type { Target } from "./fetch-target.ts";
import { buildTree } from "./build-tree.ts";
import { gatherChanges, isKnownSecret, isQuietPath, type WithheldChange } from "./gather-changes.ts";
import type { Oid } from "./git/oid.ts";
import { QUIET_PUBLISH_MS } from "./limits.ts";
import { makeCommit, summarise, type CommitInput } from "./make-commit.ts";
import type { PlanUnit } from "./plan.ts";
import type { Replica } from "./replica.ts";
import { adoptOwn } from "./settle-base.ts";
import { auditChanges } from "./sync-audit.ts";
import {
  claimersIn,
  isOnlyClaims,
  sawClaims,
  tookRound,
  waitForTurn,
  wasRefused,
  wonClaims,
} from "./take-turns.ts";
import type { VaultTree } from "./vault-index.ts";

export interface PublishResult {
  state: "accepted" | "refused" | "nothing";
  /** Our commit, when it was accepted. */
  commit: Oid | null;
  changes: number;
  withheld: WithheldChange[];
  /** When another round is worth it for what waits here: quiet paths, claims out of turn; null when nothing waits. */
  retryInMs: number | null;
}

/**
 * Commits what this machine has to say on the tip that was just applied, and pushes. What was refused
 * of the tip is thereby taken back, since the commit's tree is built from what was accepted.
 * @param startedAtMs when the round began that led here
 */
export async function publishChanges(
  replica: Replica,
  target: Target,
  units: readonly PlanUnit[],
  startedAtMs: number,
): Promise<PublishResult> {
  const { ports } = replica;
  const { accepted } = target;
  const result: PublishResult = { state: "nothing", commit: null, changes: 0, withheld: [], retryInMs: null };
  const published = await accepted.pick(
    units.flatMap(({ paths, publish }) => [...paths, ...publish.map(({ path }) => path)]),
  );
  const takesBack = target.tipTree !== null && target.tipTree !== accepted.tree;
  const onlyClaims = !takesBack && holdsOnlyClaims(replica, published, units);
  const claimers = claimersIn(units, ports.agent);
  replica.turns = sawClaims(replica.turns, claimers, ports.clock.now());
  const secret = units.filter((unit) =>
    unit.publish.some((change) => isKnownSecret(replica.scanned, change)),
  );
  const open = units.filter((unit) => !secret.includes(unit));
  result.retryInMs =
    waitQuietly(replica, open, takesBack) ??
    (onlyClaims ? waitForTurn(replica.turns, ports.clock.now()) : null);
  const gather = (some: readonly PlanUnit[]) =>
    gatherChanges({ ...ports, scanned: replica.scanned }, some, published);
  if (result.retryInMs !== null) {
    // What holds a secret is said in every round; that it moved is told without waiting for anything.
    const told = await gather(secret);
    result.withheld = told.withheld;
    if (told.changes.length === 0) return result;
    result.retryInMs = null;
  }
  const gathered = await gather(units);
  result.withheld = gathered.withheld;
  if (gathered.changes.length === 0 && !takesBack) return result;

  const tree = await buildTree(ports.store, accepted.tree, gathered.changes);
  if (tree === target.tipTree) return result;
  const summary = summarise(published, gathered.changes);
  const { commit, state } = await commitAndPush(replica, { parent: target.commit, tree, summary, takesBack });
  takeNote(replica, state, { startedAtMs, isWhole: claimers.length > 0, onlyClaims });
  if (state === "refused") return { ...result, state };

  await adoptOwn(replica, commit, tree);
  await auditChanges(ports, "sync_published", commit, summary);
  return { ...result, state, commit, changes: gathered.changes.length };
}

async function commitAndPush(
  { ports, own }: Replica,
  input: Pick<CommitInput, "parent" | "tree" | "summary" | "takesBack">,
): Promise<{ commit: Oid; state: "accepted" | "refused" }> {
  const atMs = ports.clock.now();
  const commit = await makeCommit(ports.store, ports.signer, { agent: ports.agent, atMs, ...input });
  // Recorded first: a commit of ours that comes back unknown means that this machine was put back.
  await ports.state.addOwnCommit(commit, new Date(atMs).toISOString());
  own.add(commit);
  await ports.failpoint.hit("before:push");
  const state = await ports.remote.push(commit);
  await ports.failpoint.hit("after:push");
  return { commit, state };
}

function holdsOnlyClaims(replica: Replica, published: VaultTree, units: readonly PlanUnit[]): boolean {
  const { agent } = replica.ports;
  const isQuiet = (path: string) => isQuietPath(path, agent);
  return isOnlyClaims(units, published, { agent, isQuiet });
}

/** What the remote's answer says about whose turn it is. */
function takeNote(
  replica: Replica,
  answer: "accepted" | "refused",
  round: { startedAtMs: number; isWhole: boolean; onlyClaims: boolean },
): void {
  const { clock, random } = replica.ports;
  const now = clock.now();
  const turns = tookRound(replica.turns, now - round.startedAtMs, round.isWhole);
  if (answer === "refused") replica.turns = wasRefused(turns, now);
  else replica.turns = round.onlyClaims ? wonClaims(turns, now, random.fraction()) : turns;
}

/** Milliseconds to wait when nothing but records and status has changed; null to go on. */
function waitQuietly(replica: Replica, units: readonly PlanUnit[], takesBack: boolean): number | null {
  const paths = units.flatMap((unit) => unit.publish.map(({ path }) => path));
  const onlyQuiet = paths.length > 0 && paths.every((path) => isQuietPath(path, replica.ports.agent));
  if (takesBack || !onlyQuiet) {
    replica.quietSinceMs = null;
    return null;
  }
  const now = replica.ports.clock.now();
  replica.quietSinceMs ??= now;
  const leftMs = replica.quietSinceMs + QUIET_PUBLISH_MS - now;
  if (leftMs > 0) return leftMs;
  replica.quietSinceMs = null;
  return null;
}
