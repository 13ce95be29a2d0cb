import { isSyncedPath, nameOf, parseTaskName, taskKey } from "@nightdesk/claim-lib";
import type { Sighting, ZoneName } from "./watch-vault.ts";

export interface SyncFigures {
  /** One per change that was made while both sides ran: how long until it was on the other side's disk. */
  toCloudMs: number[];
  toLaptopMs: number[];
  /** Changes made before both sides ran; they wait for the laptop, not for the sync. */
  leftOut: number;
  /** Changes that never reached the other side, nor anything that came after them. */
  undelivered: string[];
}

interface Origin {
  zone: ZoneName;
  path: string;
  atMs: number;
}

/**
 * How long changes took from one disk to the other, out of nothing but the names seen in both vaults.
 * A state that was over before it could travel counts until the state after it arrived: the other side
 * had caught up only then.
 * @param bothRunFromMs changes made before this are left out
 */
export function measureSync(sightings: readonly Sighting[], bothRunFromMs: number): SyncFigures {
  const figures: SyncFigures = { toCloudMs: [], toLaptopMs: [], leftOut: 0, undelivered: [] };
  for (const group of groupByTask(sightings)) {
    const { origins, arrivals } = pair(group);
    for (const origin of origins) {
      if (origin.atMs < bothRunFromMs) {
        figures.leftOut += 1;
        continue;
      }
      const arrivedAtMs = arrivals.get(origin) ?? caughtUpAt(origin, group);
      if (arrivedAtMs === null) figures.undelivered.push(`${origin.zone}: ${origin.path}`);
      else (origin.zone === "local" ? figures.toCloudMs : figures.toLaptopMs).push(arrivedAtMs - origin.atMs);
    }
  }
  return figures;
}

/** All appearances of one task (whatever its folder or revision's name), or of one other file; in order of time. */
function groupByTask(sightings: readonly Sighting[]): Sighting[][] {
  const groups = new Map<string, Sighting[]>();
  for (const sighting of sightings) {
    // What may not sync at all (an editor's temporary file) is nobody's to carry.
    if (sighting.kind !== "appeared" || !isSyncedPath(sighting.path)) continue;
    const key = parseTaskName(nameOf(sighting.path))
      ? (taskKey(sighting.path) ?? sighting.path)
      : sighting.path;
    groups.set(key, [...(groups.get(key) ?? []), sighting]);
  }
  return [...groups.values()].map((group) => group.sort((a, b) => a.atMs - b.atMs));
}

/** The first to show a name made the change; the other's next showing of that name is its arrival. */
function pair(group: readonly Sighting[]): { origins: Origin[]; arrivals: Map<Origin, number> } {
  const origins: Origin[] = [];
  const arrivals = new Map<Origin, number>();
  const open = new Map<string, Origin>();
  for (const { zone, path, atMs } of group) {
    const waiting = open.get(path);
    if (waiting && waiting.zone !== zone) {
      arrivals.set(waiting, atMs);
      open.delete(path);
    } else if (!waiting) {
      const origin = { zone, path, atMs };
      origins.push(origin);
      open.set(path, origin);
    }
  }
  return { origins, arrivals };
}

/** When the other side first showed a state its maker reached later than this one. */
function caughtUpAt(origin: Origin, group: readonly Sighting[]): number | null {
  const later = new Set(
    group
      .filter((one) => one.zone === origin.zone && one.atMs >= origin.atMs && one.path !== origin.path)
      .map((one) => one.path),
  );
  const seen = group.find(
    (one) => one.zone !== origin.zone && one.atMs >= origin.atMs && later.has(one.path),
  );
  return seen ? seen.atMs : null;
}
