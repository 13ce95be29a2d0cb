import type { RefusedChange } from "@nightdesk/claim-lib";
import type { HeldUnit } from "./apply-steps.ts";
import { bringInStep, type Round } from "./bring-in-step.ts";
import type { LookResult } from "./disk-table.ts";
import { fail } from "./errors.ts";
import { fetchTarget, knownTarget, type Target } from "./fetch-target.ts";
import type { WithheldChange } from "./gather-changes.ts";
import type { Oid } from "./git/oid.ts";
import { MAX_PUSH_ATTEMPTS } from "./limits.ts";
import { publishChanges, type PublishResult } from "./publish-changes.ts";
import { rememberRefused } from "./refused-memory.ts";
import { readApplying, type Replica } from "./replica.ts";
import { settleBase } from "./settle-base.ts";
import { Snapshot } from "./snapshot.ts";
import { backOffMs } from "./take-turns.ts";

/** A file that could not be touched is tried again without waiting for an event. */
const HELD_RETRY_MS = 2_000;
/** And ever more rarely: what has been held for long is held by something that lasts. */
const MAX_HELD_RETRY_MS = 60_000;

export interface RoundOptions {
  /**
   * Nothing speaks for news on the remote: publish on what was synced last without asking first. The push
   * is a compare-and-swap, so being wrong costs one refused push and nothing else.
   */
  trustBase?: boolean;
}

export interface CycleReport {
  tip: Oid | null;
  /** The tip this round was built on: the remote's, as far as was known. */
  builtOn: Oid | null;
  /** Steps done on the disk, and changes that went out. */
  applied: number;
  published: number;
  /** When another round is worth it without an event; null when none is. */
  retryInMs: number | null;
  /** Newest last; null when nothing was checked. */
  refused: RefusedChange[] | null;
  /** Files whose content is not known for sure yet. */
  busy: number;
  held: HeldUnit[];
  withheld: WithheldChange[];
  notTaken: LookResult["notTaken"];
  /** Changes that wait on this machine. */
  pending: number;
  peerAtMs: number | null;
  /** Commits with this cloud's key that it did not make. */
  strangers: number;
}

/**
 * One round: fetch, check, plan, apply, commit on the fetched tip, push. When the other side was faster
 * the commit is dropped and the round begins again. `folders` are those where something may have
 * changed on the disk. Throws a NightdeskError with everything left in a state the next round goes on from.
 */
export async function runCycle(
  replica: Replica,
  folders: Iterable<string> | "all",
  options: RoundOptions = {},
): Promise<CycleReport> {
  const { clock, random } = replica.ports;
  let looking = await finishInterrupted(replica, folders);
  // Kept over the attempts: what the first one refused may be taken back by the other side before the second.
  let refused: RefusedChange[] | null = null;
  for (let attempt = 1; ; attempt += 1) {
    const startedAtMs = clock.now();
    const isKnown = attempt === 1 && options.trustBase === true && replica.base.commit !== null;
    const target = isKnown ? knownTarget(replica) : await fetchTarget(replica);
    const round = await bringInStep(replica, target, looking);
    if (target.refused.length > 0) refused = await rememberRefused(replica.ports, target.refused);
    await settleBase(replica, target, round);
    const published = await publishChanges(replica, target, round.open, startedAtMs);
    if (published.state !== "refused") return report(replica, target, round, published, refused);
    if (attempt >= MAX_PUSH_ATTEMPTS) {
      throw fail(
        "PUSH_LOST",
        "The other side was faster several times in a row; nothing is lost, the next round tries again.",
      );
    }
    await clock.sleep(backOffMs(replica.turns, random.fraction()));
    looking = [];
  }
}

/** A tip that was half applied when the machine stopped is applied to its end before anything is planned. */
async function finishInterrupted(
  replica: Replica,
  folders: Iterable<string> | "all",
): Promise<Iterable<string> | "all"> {
  const applying = await readApplying(replica);
  if (!applying) return folders;
  const { store, state, disk } = replica.ports;
  const accepted = new Snapshot(store, applying.accepted);
  const tipTree = (await store.readCommit(applying.commit)).tree;
  const target = { commit: applying.commit, accepted, tipTree, refused: [], peerAtMs: null, strangers: 0 };
  const round = await bringInStep(replica, target, "all");
  // A run that was killed may have made names that are not safe yet: lost to a power cut now, they would look removed.
  for (const { path, oid } of await replica.base.planned.changesTo(accepted))
    if (oid !== null) await disk.makeDurable(path);
  await settleBase(replica, target, round);
  await state.remove("applying");
  return [];
}

function report(
  replica: Replica,
  target: Target,
  round: Round,
  published: PublishResult,
  refused: RefusedChange[] | null,
): CycleReport {
  // A copy waits for the owner, who makes an event of it.
  const isHeld = round.held.some(({ unit }) => !unit.isCopy);
  const now = replica.ports.clock.now();
  replica.heldSinceMs = isHeld ? Math.min(replica.heldSinceMs ?? now, now) : null;
  const heldForMs = replica.heldSinceMs === null ? null : now - replica.heldSinceMs;
  return {
    tip: published.state === "accepted" ? published.commit : target.commit,
    builtOn: target.commit,
    applied: round.stepsDone.length,
    published: published.state === "accepted" ? published.changes : 0,
    retryInMs: earliest(
      earliest(round.look.retryInMs, published.retryInMs),
      heldForMs === null ? null : Math.min(MAX_HELD_RETRY_MS, Math.max(HELD_RETRY_MS, heldForMs)),
    ),
    refused,
    busy: round.look.busy.size - round.look.notTaken.length,
    held: round.held,
    withheld: published.withheld,
    notTaken: round.look.notTaken,
    pending: round.held.length + published.withheld.length,
    peerAtMs: target.peerAtMs,
    strangers: target.strangers,
  };
}

function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
