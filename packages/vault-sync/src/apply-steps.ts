import {
  areaOf,
  FOLDERS,
  NightdeskError,
  nameOf,
  parseNote,
  parseTaskName,
  sha256Hex,
  type Clock,
  type FileStat,
  type Kinds,
  type Role,
} from "@nightdesk/claim-lib";
import { maxBytesOf } from "./check-content.ts";
import { isUnchanged, type VaultDisk } from "./disk.ts";
import type { DiskTable } from "./disk-table.ts";
import { fail } from "./errors.ts";
import type { ObjectStore } from "./git/object-store.ts";
import { hashObject, type Oid } from "./git/oid.ts";
import { MAX_FILE_BYTES } from "./limits.ts";
import type { DiskStep, PlanUnit } from "./plan.ts";
import type { Failpoint, PresentedLedger } from "./ports.ts";

export interface ApplyDeps {
  replica: Role;
  kinds: Kinds;
  disk: VaultDisk;
  table: DiskTable;
  store: Pick<ObjectStore, "readBlob">;
  presented: PresentedLedger;
  clock: Pick<Clock, "now">;
  failpoint: Failpoint;
}

export interface HeldUnit {
  unit: PlanUnit;
  /** A sentence's second half. */
  reason: string;
}

/**
 * Makes the disk what was planned, unit by unit. A file that is no longer what the plan was made from
 * is left alone, and with it the rest of its unit: the next round plans it anew.
 */
export async function applySteps(deps: ApplyDeps, units: readonly PlanUnit[]): Promise<HeldUnit[]> {
  const held: HeldUnit[] = [];
  for (const unit of units) {
    try {
      for (const step of unit.steps) {
        const done = await applyStep(deps, unit, step);
        if (!done) {
          held.push({ unit, reason: "it changed while it was being synced" });
          break;
        }
        await deps.failpoint.hit("after:step");
      }
    } catch (error) {
      // One file the disk refuses must not stop the others.
      if (!NightdeskError.is(error) || !HOLDING.has(error.code)) throw error;
      held.push({ unit, reason: error.message });
    }
  }
  return held;
}

const HOLDING = new Set(["DISK_FAILED", "PATH_UNSAFE"]);

async function applyStep(deps: ApplyDeps, unit: PlanUnit, step: DiskStep): Promise<boolean> {
  const { disk, table } = deps;
  if (step.kind === "remove") {
    const stat = knownStat(deps, step.path, step.expect);
    if (!stat || !(await disk.remove(step.path, stat))) return false;
    table.forget(step.path);
    return true;
  }
  if (step.kind === "move") {
    const known = knownStat(deps, step.from, step.oid);
    if (!known) return false;
    if (isWaiting(deps, step.to)) {
      const read = await disk.read(step.from, MAX_FILE_BYTES);
      if (!read || hashObject("blob", read.bytes) !== step.oid) return false;
      await present(deps, step.to, read.bytes);
    }
    const stat = await disk.move(step.from, step.to, known);
    if (!stat) return false;
    table.forget(step.from);
    table.note(step.to, step.oid, stat);
    return true;
  }
  const expect = step.expect === null ? null : knownStat(deps, step.path, step.expect);
  // Looked at first as well: what is not going to be written must not be recorded as shown to the owner.
  if (expect === undefined || !isUnchanged(await disk.stat(step.path), expect)) return false;
  const bytes = await findBytes(deps, unit, step);
  if (bytes === null) return false;
  if (isWaiting(deps, step.path)) await present(deps, step.path, bytes);
  const stat = await disk.write(step.path, bytes, expect);
  if (!stat) return false;
  table.note(step.path, step.oid, stat);
  return true;
}

/** What the file looked like when the plan was made from it; undefined when it holds something else by now. */
function knownStat({ table }: ApplyDeps, path: string, oid: Oid): FileStat | undefined {
  return table.index.get(path) === oid ? table.statOf(path) : undefined;
}

/** A text of ours that lost is not in the object store yet: it is still on the disk. */
async function findBytes(
  deps: ApplyDeps,
  unit: PlanUnit,
  step: { path: string; oid: Oid },
): Promise<Uint8Array | null> {
  const source = unit.paths.find((path) => path !== step.path && deps.table.index.get(path) === step.oid);
  const own = source ?? (deps.table.index.get(step.path) === step.oid ? step.path : undefined);
  if (own !== undefined) {
    const read = await deps.disk.read(own, MAX_FILE_BYTES);
    return read && hashObject("blob", read.bytes) === step.oid ? read.bytes : null;
  }
  const area = areaOf(step.path);
  if (!area) throw fail("PATH_UNSAFE", `"${step.path}" is not a place where anything is synced.`);
  return deps.store.readBlob(step.oid, maxBytesOf(area));
}

/** On the laptop a note put before the owner is recorded first; one that never was is never carried out. */
function isWaiting(deps: ApplyDeps, path: string): boolean {
  return deps.replica === "local" && path.startsWith(`${FOLDERS.pending}/`);
}

async function present(deps: ApplyDeps, path: string, bytes: Uint8Array): Promise<void> {
  const name = parseTaskName(nameOf(path));
  if (!name) return;
  await deps.presented.append({
    type: "presented",
    id: name.id,
    rev: name.rev,
    sha256: sha256Hex(bytes),
    path,
    at: new Date(deps.clock.now()).toISOString(),
    from: "cloud",
    targets: targetsOf(Buffer.from(bytes).toString("utf8"), deps.kinds),
  });
  await deps.failpoint.hit("after:presented");
}

function targetsOf(text: string, kinds: Kinds): Record<string, unknown> {
  try {
    const { fields } = parseNote(text, kinds);
    const keys = kinds.get(fields.kind)?.action?.targetKeys ?? [];
    return Object.fromEntries(keys.map((key) => [key, fields[key] ?? null]));
  } catch (error) {
    // What does not parse was not let in as new; it can only be an older note of this laptop's own.
    if (!NightdeskError.is(error)) throw error;
    return {};
  }
}
