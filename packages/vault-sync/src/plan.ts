import { taskKey, type Role } from "@nightdesk/claim-lib";
import type { Oid } from "./git/oid.ts";
import { conflictPath, decideUnit, isSame, type Place, type UnitVersions } from "./plan-unit.ts";
import { diffTreesByPath, withChanges, type TreeChange, type VaultTree } from "./vault-index.ts";

/** One step on the disk. `expect` is what must stand there for the step to be right; else it waits. */
export type DiskStep =
  | { kind: "write"; path: string; oid: Oid; expect: Oid | null }
  | { kind: "move"; from: string; to: string; oid: Oid }
  | { kind: "remove"; path: string; expect: Oid };

/** One task or file whose sides differ, and all that follows from it: done whole or not at all. */
export interface PlanUnit {
  key: string;
  /** Every path the unit has or had on any side. */
  paths: string[];
  /** From ours to merged, in order: what is new is written before what is old goes. */
  steps: DiskStep[];
  /** From theirs to merged: what is to be published. */
  publish: TreeChange[];
  /** A text that lost was kept under this name. */
  keptAs: string | null;
  /** The task would stand in two places for everybody: it waits until one of them is gone. */
  isCopy: boolean;
}

export interface Plan {
  units: PlanUnit[];
}

/**
 * What to do when the two sides have gone on from `base`. Pure: no clock, no disk, no luck. Applying
 * any first part of the steps and planning again leads to the same result.
 * @param pathsOf every path at which ours and theirs hold a task, so that a copy is known for one
 */
export function planSync(
  base: VaultTree,
  ours: VaultTree,
  theirs: VaultTree,
  replica: Role,
  pathsOf: (key: string) => Iterable<string> = searchPaths(ours, theirs),
): Plan {
  const touched = new Set(
    [...diffTreesByPath(base, ours), ...diffTreesByPath(base, theirs)].map(({ path }) => path),
  );
  const groups = new Map<string, string[]>();
  for (const path of touched) {
    const key = taskKey(path) ?? path;
    const group = groups.get(key);
    if (group) group.push(path);
    else groups.set(key, [path]);
  }
  const plan: Plan = { units: [] };
  for (const [key, changed] of groups) {
    const paths = [...new Set([...changed, ...pathsOf(key)])];
    const places = {
      base: placesIn(base, paths),
      ours: placesIn(ours, paths),
      theirs: placesIn(theirs, paths),
    };
    const single = toVersions(places, replica);
    if (single) addUnit(plan, planUnit(key, paths, single, { ours, theirs, replica }));
    else {
      for (const unit of planEach(key, paths, places, { ours, theirs, replica })) addUnit(plan, unit);
    }
  }
  return plan;
}

/** A task in several places: each file is taken by itself, unless this machine is where the copy was made. */
function planEach(
  key: string,
  paths: readonly string[],
  places: { base: Place[]; ours: Place[]; theirs: Place[] },
  trees: { ours: VaultTree; theirs: VaultTree; replica: Role },
): PlanUnit[] {
  const units = paths.map((path) => {
    const at = (side: readonly Place[]) => side.find((place) => place.path === path) ?? null;
    const versions = { base: at(places.base), ours: at(places.ours), theirs: at(places.theirs) };
    const isNew = taskKey(path) !== null && !versions.base && !versions.theirs && versions.ours !== null;
    return { unit: planUnit(key, [path], { ...versions, twin: null }, trees), isNew };
  });
  const isCopy = units.some(({ isNew }) => isNew);
  return units.map(({ unit }) => ({ ...unit, isCopy }));
}

function searchPaths(...trees: VaultTree[]): (key: string) => string[] {
  return (key) => trees.flatMap((tree) => [...tree.keys()].filter((path) => taskKey(path) === key));
}

function addUnit(plan: Plan, unit: PlanUnit): void {
  if (unit.steps.length > 0 || unit.publish.length > 0) plan.units.push(unit);
}

interface SideVersions extends UnitVersions {
  /** Ours holds theirs as well, at this other place: the rest of something that was cut short. */
  twin: Place | null;
}

/** One place a side; null when a task lies in several. */
function toVersions(
  places: { base: Place[]; ours: Place[]; theirs: Place[] },
  replica: Role,
): SideVersions | null {
  const [base = null] = places.base;
  const [theirs = null] = places.theirs;
  if (places.base.length > 1 || places.theirs.length > 1) return null;
  const [ours = null] = places.ours;
  if (places.ours.length < 2) return { base, ours, theirs, twin: null };
  const others = places.ours.filter((place) => !isSame(place, theirs));
  const [other] = others;
  const holdsTheirs = others.length < places.ours.length;
  if (!holdsTheirs || places.ours.length !== 2 || !other) return null;
  // Nobody copies by hand in the cloud: two workers took in one mail at the same moment, and its own place counts.
  if (isSame(base, theirs) && replica !== "cloud") return null;
  return { base, ours: other, theirs, twin: theirs };
}

/** The tree a plan leads to on the disk. */
export function mergedTree(ours: VaultTree, plan: Plan): Map<string, Oid> {
  return withChanges(
    ours,
    plan.units.flatMap((unit) => unit.steps.flatMap(stepChanges)),
  );
}

/** What one step does to the tree. */
export function stepChanges(step: DiskStep): TreeChange[] {
  if (step.kind === "move")
    return [
      { path: step.from, oid: null },
      { path: step.to, oid: step.oid },
    ];
  return [{ path: step.path, oid: step.kind === "write" ? step.oid : null }];
}

function placesIn(tree: VaultTree, paths: readonly string[]): Place[] {
  return paths.flatMap((path) => {
    const oid = tree.get(path);
    return oid === undefined ? [] : [{ path, oid }];
  });
}

function planUnit(
  key: string,
  paths: string[],
  versions: SideVersions,
  trees: { ours: VaultTree; theirs: VaultTree; replica: Role },
): PlanUnit {
  const { ours, theirs, twin } = versions;
  const { merged, kept } = decideUnit(versions, trees.replica);
  const steps: DiskStep[] = [];
  const publish: TreeChange[] = changesBetween(theirs, merged);
  let keptAs: string | null = null;
  if (kept !== null && merged !== null) {
    keptAs = conflictPath(merged.path, kept, trees.replica);
    const there = trees.ours.get(keptAs) ?? null;
    if (there !== kept) steps.push({ kind: "write", path: keptAs, oid: kept, expect: there });
    if (trees.theirs.get(keptAs) !== kept) publish.push({ path: keptAs, oid: kept });
  }
  steps.push(...(twin && ours ? stepsFromTwo(ours, twin, merged) : stepsBetween(ours, merged)));
  return { key, paths, steps, publish, keptAs, isCopy: false };
}

function changesBetween(from: Place | null, to: Place | null): TreeChange[] {
  const changes: TreeChange[] = [];
  if (from && from.path !== to?.path) changes.push({ path: from.path, oid: null });
  if (to && (from?.path !== to.path || from.oid !== to.oid)) changes.push({ path: to.path, oid: to.oid });
  return changes;
}

function stepsFromTwo(ours: Place, twin: Place, merged: Place | null): DiskStep[] {
  const [stays, goes] = merged?.path === twin.path ? [twin, ours] : [ours, twin];
  return [...stepsBetween(stays, merged), { kind: "remove", path: goes.path, expect: goes.oid }];
}

function stepsBetween(from: Place | null, to: Place | null): DiskStep[] {
  if (!to) return from ? [{ kind: "remove", path: from.path, expect: from.oid }] : [];
  if (!from) return [{ kind: "write", path: to.path, oid: to.oid, expect: null }];
  if (from.path === to.path) {
    return from.oid === to.oid ? [] : [{ kind: "write", path: to.path, oid: to.oid, expect: from.oid }];
  }
  // Obsidian follows a rename; a rename is also one step that cannot be half done.
  if (from.oid === to.oid) return [{ kind: "move", from: from.path, to: to.path, oid: to.oid }];
  // The new text first, then the rename: so the task never stands in two places, not even after a power cut
  // in between, when somebody may move one of the two on before sync has started again.
  return [
    { kind: "write", path: from.path, oid: to.oid, expect: from.oid },
    { kind: "move", from: from.path, to: to.path, oid: to.oid },
  ];
}
