import { FOLDERS, taskKey } from "@nightdesk/claim-lib";
import { applySteps, type HeldUnit } from "./apply-steps.ts";
import type { LookResult } from "./disk-table.ts";
import { fail } from "./errors.ts";
import type { Target } from "./fetch-target.ts";
import type { Oid } from "./git/oid.ts";
import { SHRUNK_FILES, SHRUNK_SHARE } from "./limits.ts";
import { summarise } from "./make-commit.ts";
import { planDifferences, findDifferences } from "./plan-differences.ts";
import { stepChanges, type PlanUnit } from "./plan.ts";
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
  const differences = await findDifferences(replica, target);
  await refuseShrunk(replica, look, differences.ours);
  const { plan, before, isPart } = await planDifferences(replica, differences);
  if (isPart) look.retryInMs = 0;
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
  const failed = await applySteps({ ...ports, table }, withSteps);
  const failedUnits = new Set(failed.map(({ unit }) => unit));
  const open = free.filter((unit) => !failedUnits.has(unit));
  const stepsDone = open.flatMap((unit) => unit.steps.flatMap(stepChanges));
  if (target.commit !== null)
    await auditChanges(ports, "sync_applied", target.commit, summarise(before, stepsDone));
  return { open, held: [...waiting, ...failed], look, stepsDone };
}

/** An unmounted disk or a folder dragged away must not become a deletion on the other machine. */
async function refuseShrunk(
  { table, base }: Replica,
  look: LookResult,
  ours: ReadonlyMap<string, Oid | null>,
): Promise<void> {
  const known = base.files;
  const lost = new Set([...[...ours].filter(([, oid]) => oid === null).map(([path]) => path), ...look.gone]);
  // So few that nobody need look closer.
  if (lost.size < SHRUNK_FILES || lost.size <= known * SHRUNK_SHARE) return;
  let missing = 0;
  for (const path of lost) {
    // There, and only not read yet: after a start with the clock set back every file looks freshly written.
    if (look.busy.has(path) && !look.gone.has(path)) continue;
    if ((await base.planned.get(path)) === undefined) continue;
    const elsewhere = await table.index.otherPlaces(path);
    if (elsewhere.every((other) => look.gone.has(other))) missing += 1;
  }
  if (missing < SHRUNK_FILES || missing <= known * SHRUNK_SHARE) return;
  throw fail(
    "VAULT_SHRUNK",
    `${missing} of the vault's ${known} files are not in the vault folder (is its disk connected, was a folder dragged away?). ` +
      "Nothing was published or changed. Put them back and sync goes on by itself; if you did mean to remove them, follow 'When sync stops' in packages/vault-sync/README.md.",
    { data: { missing, known } },
  );
}
