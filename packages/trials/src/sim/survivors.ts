import { createSeededRandom, type SeededRandom } from "@nightdesk/testkit";
import type { DiskState, FileNode, NameChange, Names } from "./disk-state.ts";
import { setName } from "./disk-state.ts";

/**
 * What is left after the program or the power is gone: `kill` (the program alone: all it did is there, and still
 * not synced), `none` (of what was not synced nothing is left), `all` (everything happened to be written),
 * `names` (names without their bytes), `bytes` (bytes without their names), or chosen by a seed.
 */
export type Survivor = "kill" | "none" | "all" | "names" | "bytes" | number;

export const SURVIVORS: readonly Survivor[] = ["kill", "none", "all", "names", "bytes", 1, 2];

/** The disk a machine starts from again. @param salt tells one crash with the same seed from another */
export function surviveCrash(state: DiskState, survivor: Survivor, salt = 0): DiskState {
  if (survivor === "kill") return state;
  const random = typeof survivor === "number" ? createSeededRandom(survivor * 7919 + salt) : null;
  const folders = new Map(state.durable);
  for (const change of chooseNames(state.pending, survivor, random))
    setName(folders, change.folder, change.name, change.ino);
  return reachable(state, folders, (node) => chooseBytes(node, survivor, random));
}

/** Of one folder's changes a first part survives: disks keep a folder's changes in order. */
function chooseNames(
  pending: readonly NameChange[],
  survivor: Survivor,
  random: SeededRandom | null,
): NameChange[] {
  if (survivor === "none" || survivor === "bytes") return [];
  if (random === null) return [...pending];
  const left = new Map<string, number>();
  for (const { folder } of pending) left.set(folder, (left.get(folder) ?? 0) + 1);
  for (const [folder, count] of left) left.set(folder, random.below(count + 1));
  const chosen = new Set<NameChange>();
  for (const change of pending) {
    const { after } = change;
    // A rename is one change to every disk that keeps a journal: both names or neither.
    if (after !== null && pending.includes(after)) {
      if (chosen.has(after)) chosen.add(change);
      continue;
    }
    const room = left.get(change.folder) ?? 0;
    if (room > 0) chosen.add(change);
    left.set(change.folder, room - 1);
  }
  return [...chosen];
}

function chooseBytes(node: FileNode, survivor: Survivor, random: SeededRandom | null): Buffer {
  const old = node.synced ?? EMPTY;
  if (node.synced === node.bytes) return node.bytes;
  if (survivor === "all" || survivor === "bytes") return node.bytes;
  if (random === null) return old;
  return random.pick([old, node.bytes, cutShort(old, node.bytes)]);
}

/** Half of what was new: what was safe before and only added to stays. */
function cutShort(old: Buffer, now: Buffer): Buffer {
  const kept = now.subarray(0, old.length).equals(old) ? old.length : 0;
  return now.subarray(0, kept + Math.floor((now.length - kept) / 2));
}

const EMPTY = Buffer.alloc(0);

/** Only what can be reached from the root is there; the rest was never linked in. */
function reachable(
  state: DiskState,
  layer: Map<string, Names>,
  bytesOf: (node: FileNode) => Buffer,
): DiskState {
  const folders = new Map<string, Names>();
  const nodes = new Map<number, FileNode>();
  const root = state.nodes.get(1);
  if (root) nodes.set(1, root);
  const visit = (folder: string) => {
    const names = layer.get(folder) ?? new Map<string, number>();
    let isChanged = false;
    for (const [name, ino] of names) {
      const node = state.nodes.get(ino);
      if (!node) continue;
      if (node.isFolder) {
        nodes.set(ino, node);
        visit(`${folder}/${name}`);
      } else if (node.synced === node.bytes) nodes.set(ino, node);
      else {
        const bytes = bytesOf(node);
        nodes.set(ino, { ...node, bytes, synced: bytes });
        isChanged = true;
      }
    }
    // A new map for the folder, so that what was computed of the old one is not taken for this.
    folders.set(folder, isChanged ? new Map(names) : names);
  };
  visit("");
  return { folders, nodes, durable: new Map(folders), pending: [], lastIno: state.lastIno };
}
