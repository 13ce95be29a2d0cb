import { CLOUD_STATUS, DASHBOARD, FOLDERS, mayDo, nameOf, type Role } from "@nightdesk/claim-lib";
import type { Oid } from "./git/oid.ts";

/** Where one task (or one file) lies and what it says; null when it is nowhere. */
export interface Place {
  path: string;
  oid: Oid;
}

export interface UnitVersions {
  base: Place | null;
  ours: Place | null;
  theirs: Place | null;
}

export interface UnitVerdict {
  merged: Place | null;
  /** The text that lost and would otherwise be nowhere. */
  kept: Oid | null;
}

/**
 * Decides one unit. One-sided changes are taken; of two claims the one already on the remote wins; the
 * laptop's decisions and executions win over anything an agent did; an edit follows a move where the
 * editor may edit; of two edits the path's owner wins and the other text is kept.
 */
export function decideUnit({ base, ours, theirs }: UnitVersions, replica: Role): UnitVerdict {
  if (isSame(ours, theirs) || isSame(theirs, base)) return { merged: ours, kept: null };
  if (isSame(ours, base)) return { merged: theirs, kept: null };
  // A deletion never takes somebody's work with it.
  if (ours === null || theirs === null) return { merged: ours ?? theirs, kept: null };
  const ourSide: Side = { ...ours, role: replica, isTheirs: false };
  const theirSide: Side = { ...theirs, role: replica === "cloud" ? "local" : "cloud", isTheirs: true };
  const path = decidePath(base, ourSide, theirSide);
  const text = decideText(base, ourSide, theirSide, path);
  const lost = text === ourSide ? theirSide : ourSide;
  const isLost = lost.oid !== text.oid && lost.oid !== base?.oid && !isStatusFile(path.path);
  return {
    merged: { path: path.path, oid: text.oid },
    kept: isLost ? lost.oid : null,
  };
}

interface Side extends Place {
  role: Role;
  isTheirs: boolean;
}

function decidePath(base: Place | null, ours: Side, theirs: Side): Side {
  if (ours.path === theirs.path) return theirs;
  if (base !== null && ours.path === base.path) return theirs;
  if (base !== null && theirs.path === base.path) return ours;
  const decisive = [ours, theirs].find((side) => side.role === "local" && isLaptopWord(base, side.path));
  return decisive ?? theirs;
}

function decideText(base: Place | null, ours: Side, theirs: Side, path: Side): Side {
  if (ours.oid === theirs.oid) return path;
  const edits = [ours, theirs].filter((side) => side.oid !== base?.oid);
  const [only, second] = edits;
  if (only && !second) {
    if (only === path) return only;
    const follows = base !== null && only.path === base.path && mayDo(only.role, "modify", path.path);
    return follows || ours.path === theirs.path ? only : path;
  }
  // Both put it elsewhere and both wrote: the text belongs to the place that won.
  const bothMoved = ours.path !== base?.path && theirs.path !== base?.path;
  if (ours.path !== theirs.path && bothMoved) return path;
  const owner = ownerOf(path.path);
  return ours.role === owner ? ours : theirs;
}

const LAPTOP_FOLDERS: readonly string[] = [
  FOLDERS.approved,
  FOLDERS.rejected,
  FOLDERS.scheduled,
  FOLDERS.snoozed,
  FOLDERS.expired,
  FOLDERS.needsAttention,
  FOLDERS.done,
];

/**
 * A decision of the owner's or an execution. A claim by the laptop of work that lay free is neither: it
 * races like any other.
 */
function isLaptopWord(base: Place | null, path: string): boolean {
  const [top = "", second] = path.split("/");
  if (top === FOLDERS.inProgress && second === "local")
    return !base?.path.startsWith(`${FOLDERS.needsAction}/`);
  return LAPTOP_FOLDERS.includes(top);
}

/** Who has the last word on what is written at a path. */
function ownerOf(path: string): Role {
  const isClouds =
    path === CLOUD_STATUS ||
    path.startsWith(`${FOLDERS.inProgress}/cloud/`) ||
    path.startsWith(`${FOLDERS.plans}/cloud-`) ||
    path.startsWith(`${FOLDERS.logs}/cloud/`);
  return isClouds ? "cloud" : "local";
}

/** Written anew all the time; the last one counts and nobody misses the other. */
function isStatusFile(path: string): boolean {
  return path === DASHBOARD || path === CLOUD_STATUS;
}

/** The same text at the same place, or both nowhere. */
export function isSame(a: Place | null, b: Place | null): boolean {
  return a === b || (a !== null && b !== null && a.path === b.path && a.oid === b.oid);
}

/**
 * Where the text that lost is kept: the same name for the same text, whoever plans and however often.
 * It is no task note any more. The cloud may write in its plans only.
 */
export function conflictPath(path: string, oid: Oid, replica: Role): string {
  const name = nameOf(path);
  const dot = name.lastIndexOf(".");
  const stem = dot < 0 ? name : name.slice(0, dot);
  const ending = dot < 0 ? "" : name.slice(dot);
  const folder = replica === "local" ? FOLDERS.needsAttention : `${FOLDERS.plans}/cloud-conflicts`;
  // 200 bytes is what any name may have.
  return `${folder}/${cut(stem, 150)} (other text ${oid.slice(0, 12)})${ending}`;
}

function cut(text: string, maxBytes: number): string {
  let result = text;
  while (Buffer.byteLength(result, "utf8") > maxBytes) result = result.slice(0, -1).toWellFormed();
  return result;
}
