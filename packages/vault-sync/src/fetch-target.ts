import { checkIncoming, type Incoming, type RefusedIncoming } from "./check-incoming.ts";
import { fail } from "./errors.ts";
import { REPAIR_HINT } from "./repair/repair-hint.ts";
import type { Oid } from "./git/oid.ts";
import type { Replica } from "./replica.ts";
import { adoptOwn } from "./settle-base.ts";
import type { Snapshot } from "./snapshot.ts";

/** What the remote holds now, as far as it is accepted. */
export interface Target {
  commit: Oid | null;
  accepted: Snapshot;
  tipTree: Oid | null;
  refused: RefusedIncoming[];
  peerAtMs: number | null;
  strangers: number;
}

/** Fetches and checks. Nothing has reached the disk yet. */
export async function fetchTarget(replica: Replica): Promise<Target> {
  const { tip } = await replica.ports.remote.fetch();
  let incoming = await checkTip(replica, tip);
  if (incoming !== null && incoming.state === "ahead" && incoming.landed !== null) {
    // Taken as said, not as news: else what was undone here since, an approval too, would be done again.
    await adoptOwn(replica, incoming.landed.commit, incoming.landed.tree);
    incoming = await checkTip(replica, tip);
  }
  const { base, ports } = replica;
  const unchanged = knownTarget(replica);
  if (incoming === null) return unchanged;
  if (incoming.state === "behind") {
    // An older remote is brought forward to what was synced; that is a plain push as any other.
    if (base.commit !== null) await ports.remote.push(base.commit);
    return unchanged;
  }
  if (base.commit === null && ports.replica === "local" && incoming.refused.length > 0) {
    throw fail(
      "JOIN_REFUSED",
      `The remote already holds what only a laptop may write (for instance "${incoming.refused[0]?.path ?? ""}"), and this laptop has no record of it. ` +
        `Nothing was applied or published. If this is a second laptop, give it no GIT_REMOTE: one laptop has the hands. If it is the only one, restore its state folder, or: ${REPAIR_HINT}`,
    );
  }
  return { ...incoming, commit: tip, strangers: incoming.strangers.length };
}

/** What was synced last, as if it stood there still. */
export function knownTarget(replica: Replica): Target {
  const { commit, accepted } = replica.base;
  return { commit, accepted, tipTree: replica.baseTipTree, refused: [], peerAtMs: null, strangers: 0 };
}

/** Null when the tip is what was synced last. */
async function checkTip(replica: Replica, tip: Oid | null): Promise<Incoming | null> {
  const { base, ports, own } = replica;
  if (tip === base.commit) return null;
  if (tip === null) return { state: "behind" };
  return checkIncoming({ ...ports, isKnownOwn: (commit) => own.has(commit) }, base, tip);
}
