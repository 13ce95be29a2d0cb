import { FOLDERS, taskKey } from "@nightdesk/claim-lib";
import { applySteps, type HeldUnit } from "./apply-steps.ts";
import type { LookResult } from "./disk-table.ts";
import { fail } from "./errors.ts";
import type { Target } from "./fetch-target.ts";
import { SHRUNK_FILES, SHRUNK_SHARE } from "./limits.ts";
import { summarise } from "./make-commit.ts";
import { planSync, stepChanges, type PlanUnit } from "./plan.ts";
import type { Replica } from "./replica.ts";
import { auditChanges } from "./sync-audit.ts";
import type { TreeChange } from "./vault-index.ts";

export interface Round {
  /** Units whose disk steps are done (or had none). */
  open: PlanUnit[];
  held: HeldUnit[];
  look: LookResult;
  stepsDone: TreeChange[];
}

const A_COPY = "this task lies in another folder as well; remove one of the two, and it goes";

/** Plans against the target and makes the disk so. */
export async function bringInStep(
  replica: Replica,
  target: Target,
  folders: Iterable<string> | "all",
): Promise<Round> {
  const { ports, table, base } = replica;
  // Records and status notes ride along, so they are looked at without an event of their own.
  const rides = ["", `${FOLDERS.logs}/${ports.agent}`];
  const look = await table.look(folders === "all" ? folders : new Set([...folders, ...rides]));
  refuseShrunk(replica, look);
  const { index: theirs } = target.accepted;
  const plan = planSync(base.planned.index.tree, table.index.tree, theirs.tree, ports.replica, (key) => [
    ...table.index.pathsOf(key),
    ...theirs.pathsOf(key),
  ]);
  const busyKeys = new Set([...look.busy].map((path) => taskKey(path) ?? path));
  const isBusy = (unit: PlanUnit) => busyKeys.has(unit.key) || unit.paths.some((path) => look.busy.has(path));
  const waiting = plan.units
    .filter((unit) => isBusy(unit) || unit.isCopy)
    .map((unit) => ({ unit, reason: unit.isCopy ? A_COPY : "it is being written right now" }));
  const free = plan.units.filter((unit) => !isBusy(unit) && !unit.isCopy);
  const withSteps = free.filter((unit) => unit.steps.length > 0);
  if (withSteps.length > 0 && target.commit !== null && target.commit !== base.commit) {
    await ports.state.write("applying", {
      from: base.commit,
      commit: target.commit,
      accepted: target.accepted.tree,
    });
    await ports.failpoint.hit("after:applying-recorded");
  }
  const before = new Map(table.index.tree);
  const failed = await applySteps({ ...ports, table }, withSteps);
  const failedUnits = new Set(failed.map(({ unit }) => unit));
  const open = free.filter((unit) => !failedUnits.has(unit));
  const stepsDone = open.flatMap((unit) => unit.steps.flatMap(stepChanges));
  if (target.commit !== null)
    await auditChanges(ports, "sync_applied", target.commit, summarise(before, stepsDone));
  return { open, held: [...waiting, ...failed], look, stepsDone };
}

/** An unmounted disk or a folder dragged away must not become a deletion on the other machine. */
function refuseShrunk(replica: Replica, look: LookResult): void {
  const { index } = replica.table;
  const known = replica.base.planned.index.tree;
  let missing = 0;
  for (const path of known.keys()) {
    if (index.get(path) !== undefined && !look.gone.has(path)) continue;
    const key = taskKey(path);
    if (key === null || index.pathsOf(key).every((other) => look.gone.has(other))) missing += 1;
  }
  if (missing < SHRUNK_FILES || missing <= known.size * SHRUNK_SHARE) return;
  throw fail(
    "VAULT_SHRUNK",
    `${missing} of the vault's ${known.size} files are not in the vault folder (is its disk connected, was a folder dragged away?). ` +
      "Nothing was published or changed. Put them back and sync goes on by itself; if you did mean to remove them, follow 'When sync stops' in packages/vault-sync/README.md.",
    { data: { missing, known: known.size } },
  );
}
