import { taskKey } from "@nightdesk/claim-lib";
import type { Target } from "./fetch-target.ts";
import type { Oid } from "./git/oid.ts";
import { MAX_PLANNED_PATHS } from "./limits.ts";
import { planSync, type Plan } from "./plan.ts";
import type { Replica } from "./replica.ts";
import type { VaultTree } from "./vault-index.ts";

/** What either side has there where it differs from what was synced last; null is "not there". */
interface Differences {
  ours: Map<string, Oid | null>;
  theirs: Map<string, Oid | null>;
}

export async function findDifferences({ base, table }: Replica, target: Target): Promise<Differences> {
  const theirs = await base.planned.changesTo(target.accepted);
  return {
    ours: await table.index.differences(),
    theirs: new Map(theirs.map(({ path, oid }) => [path, oid])),
  };
}

/**
 * Plans what differs, and no more: the cost is that of the changes, not of the vault. Of very many changes of
 * ours a part is planned, whole tasks each; all of theirs are, since the base moves to theirs.
 * @returns `before` is what the disk holds at every path of the plan
 */
export async function planDifferences(
  replica: Replica,
  { ours, theirs }: Differences,
): Promise<{ plan: Plan; before: VaultTree; isPart: boolean }> {
  const { base, ports } = replica;
  const groups = new Map<string, Set<string>>();
  let count = 0;
  let isPart = false;
  for (const path of [...theirs.keys(), ...ours.keys()]) {
    const key = taskKey(path) ?? path;
    const group = groups.get(key);
    if (group) group.add(path);
    else if (count < MAX_PLANNED_PATHS || theirs.has(path)) groups.set(key, new Set([path]));
    else isPart = true;
    count += 1;
  }
  for (const [key, paths] of groups) {
    for (const path of await base.planned.pathsOf(key, base.places)) paths.add(path);
  }
  const plan = async (paths: readonly string[]) => {
    const known = await base.planned.pick(paths);
    const side = (changes: ReadonlyMap<string, Oid | null>) => applied(known, paths, changes);
    const before = side(ours);
    const pathsOf = (key: string) => groups.get(key) ?? [];
    return { plan: planSync(known, before, side(theirs), ports.replica, pathsOf), before, isPart };
  };
  const paths = [...groups.values()].flatMap((group) => [...group]);
  const planned = await plan(paths);
  // A text that lost is kept under a name that may be taken already.
  const kept = planned.plan.units.flatMap(({ keptAs }) => (keptAs === null ? [] : [keptAs]));
  return kept.length === 0 ? planned : plan([...new Set([...paths, ...kept])]);
}

/** What a side holds at some paths. */
function applied(
  known: VaultTree,
  paths: readonly string[],
  changes: ReadonlyMap<string, Oid | null>,
): Map<string, Oid> {
  const side = new Map<string, Oid>();
  for (const path of paths) {
    const changed = changes.get(path);
    const oid = changed === undefined ? known.get(path) : changed;
    if (oid !== undefined && oid !== null) side.set(path, oid);
  }
  return side;
}
