import { isSafeName } from "@nightdesk/claim-lib";
import type { ObjectStore } from "./git/object-store.ts";
import type { Oid } from "./git/oid.ts";
import { FILE_MODE, FOLDER_MODE, type TreeEntry } from "./git/tree-codec.ts";
import type { TreeChange } from "./vault-index.ts";

/** The deepest path that syncs has five folders above it. */
const MAX_DEPTH = 6;

/** How many entries may still be looked at: 1.2 MB of pack can hold 100 million [m]. */
export interface EntryBudget {
  left: number;
}

export interface TreeDiff {
  changes: TreeChange[];
  /** Entries nobody may have: links, submodules, programs, odd names. They count as not there. */
  refused: { path: string; reason: string }[];
  /** The budget ran out, or a folder could not be read: nothing of this may be used. */
  broken: string | null;
}

/**
 * What changed between two trees, whoever made them. Folders that are the same object are not opened.
 * What was wrong before and is unchanged is not reported again.
 */
export async function diffTrees(
  store: Pick<ObjectStore, "readTree">,
  before: Oid | null,
  after: Oid | null,
  budget: EntryBudget,
): Promise<TreeDiff> {
  const diff: TreeDiff = { changes: [], refused: [], broken: null };
  await diffFolder({ store, budget, diff }, "", before, after, 1);
  return diff;
}

interface Walk {
  store: Pick<ObjectStore, "readTree">;
  budget: EntryBudget;
  diff: TreeDiff;
}

async function diffFolder(
  walk: Walk,
  folder: string,
  before: Oid | null,
  after: Oid | null,
  depth: number,
): Promise<void> {
  if (before === after || walk.diff.broken !== null) return;
  const old = await readFolder(walk, before);
  const now = await readFolder(walk, after);
  if (!old || !now) return;
  for (const [name, entry] of now) {
    const was = old.get(name);
    if (was && was.oid === entry.oid && was.mode === entry.mode) continue;
    const path = folder === "" ? name : `${folder}/${name}`;
    const reason = refuseEntry(entry, depth);
    if (reason !== null) walk.diff.refused.push({ path: printable(path), reason });
    await diffEntry(walk, path, usable(was, depth), reason === null ? entry : undefined, depth);
  }
  for (const [name, was] of old) {
    if (now.has(name)) continue;
    await diffEntry(walk, folder === "" ? name : `${folder}/${name}`, usable(was, depth), undefined, depth);
  }
}

async function diffEntry(
  walk: Walk,
  path: string,
  was: TreeEntry | undefined,
  entry: TreeEntry | undefined,
  depth: number,
): Promise<void> {
  const oldFolder = was?.mode === FOLDER_MODE ? was.oid : null;
  const newFolder = entry?.mode === FOLDER_MODE ? entry.oid : null;
  if (oldFolder !== null || newFolder !== null) await diffFolder(walk, path, oldFolder, newFolder, depth + 1);
  const oldBlob = was?.mode === FILE_MODE ? was.oid : null;
  const newBlob = entry?.mode === FILE_MODE ? entry.oid : null;
  if (oldBlob !== newBlob) walk.diff.changes.push({ path, oid: newBlob });
}

async function readFolder(walk: Walk, oid: Oid | null): Promise<Map<string, TreeEntry> | null> {
  if (oid === null) return new Map();
  try {
    const entries = await walk.store.readTree(oid);
    walk.budget.left -= entries.length;
    if (walk.budget.left < 0) {
      walk.diff.broken = "it holds more files than are ever checked at once";
      return null;
    }
    return new Map(entries.map((entry) => [entry.name, entry]));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "NightdeskError" || !("code" in error)) throw error;
    if (error.code !== "OBJECT_MALFORMED" && error.code !== "OBJECT_TOO_LARGE") throw error;
    walk.diff.broken = "a folder in it is damaged or larger than any vault's";
    return null;
  }
}

function usable(entry: TreeEntry | undefined, depth: number): TreeEntry | undefined {
  return entry && refuseEntry(entry, depth) === null ? entry : undefined;
}

function refuseEntry(entry: TreeEntry, depth: number): string | null {
  if (!isSafeName(entry.name)) return "its name could mean something else on another system or to a program";
  if (entry.mode === "120000") return "it is a link, and links can lead out of the vault";
  if (entry.mode === "160000") return "it is a repository inside the vault";
  if (entry.mode === FOLDER_MODE)
    return depth >= MAX_DEPTH ? "it lies deeper than any folder of the vault" : null;
  return entry.mode === FILE_MODE ? null : "it is marked as a program";
}

// eslint-disable-next-line no-control-regex, no-misleading-character-class -- these are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** For the owner's eyes: nothing invisible, nothing endless. */
function printable(path: string): string {
  return path.replace(UNPRINTABLE, "?").slice(0, 200);
}
