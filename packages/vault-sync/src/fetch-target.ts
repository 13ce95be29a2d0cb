import { checkIncoming, type RefusedIncoming } from "./check-incoming.ts";
import { fail } from "./errors.ts";
import type { Oid } from "./git/oid.ts";
import type { Replica } from "./replica.ts";
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
  const { base, ports } = replica;
  const { tip } = await ports.remote.fetch();
  const unchanged: Target = {
    ...base,
    tipTree: replica.baseTipTree,
    refused: [],
    peerAtMs: null,
    strangers: 0,
  };
  if (tip === base.commit) return unchanged;
  const incoming =
    tip === null
      ? ({ state: "behind" } as const)
      : await checkIncoming({ ...ports, isKnownOwn: (commit) => replica.own.has(commit) }, base, tip);
  if (incoming.state === "behind") {
    // An older remote is brought forward to what was synced; that is a plain push as any other.
    if (base.commit !== null) await ports.remote.push(base.commit);
    return unchanged;
  }
  if (base.commit === null && ports.replica === "local" && incoming.refused.length > 0) {
    throw fail(
      "JOIN_REFUSED",
      `The remote already holds what only a laptop may write (for instance "${incoming.refused[0]?.path ?? ""}"), and this laptop has no record of it. ` +
        "Nothing was applied or published. Restore this laptop's state folder, or follow 'When sync stops' in packages/vault-sync/README.md.",
    );
  }
  return { ...incoming, commit: tip, strangers: incoming.strangers.length };
}
