import { isTempName, type DiskState, type Names } from "./disk-state.ts";

/** Two numbers of 32 bits: with a million states the chance of one false match is 3 in 100 million. */
type Lanes = [number, number];

/**
 * A disk's content as a short text, equal for disks from which every program goes on in the same way: names,
 * bytes and what is not synced yet. Left out are inodes and times (nothing durable refers to them here, and every
 * restart is long after) and unfinished files. Only of a state that a snapshot holds.
 */
export function digestDisk(state: DiskState): string {
  let digest = diskCache.get(state);
  if (digest === undefined) diskCache.set(state, (digest = digestAnew(state)));
  return digest;
}

/** By the state itself: what a snapshot may hold is never changed. */
const diskCache = new WeakMap<DiskState, string>();

function digestAnew(state: DiskState): string {
  const total: Lanes = [0, 0];
  for (const [folder, names] of state.folders) add(total, folderLanes(state, folder, names));
  for (const { folder, name, ino } of state.pending)
    if (!isTempName(name)) add(total, hash(`pending ${folder}/${name} ${ino === null ? "-" : "+"}`));
  return `${total[0].toString(36)}.${total[1].toString(36)}`;
}

/** Folder maps are replaced when anything below them changes, so this can be kept. */
const folderCache = new WeakMap<Names, Lanes>();

function folderLanes(state: DiskState, folder: string, names: Names): Lanes {
  const known = folderCache.get(names);
  if (known) return known;
  const lanes: Lanes = [0, 0];
  for (const [name, ino] of names) {
    const node = state.nodes.get(ino);
    if (!node || isTempName(name)) continue;
    const isSynced = node.isFolder || node.synced === node.bytes;
    add(lanes, hash(`${folder}/${name} ${node.isFolder ? "folder" : bytesDigest(node.bytes)}`));
    if (!isSynced)
      add(lanes, hash(`unsynced ${folder}/${name} ${node.synced ? bytesDigest(node.synced) : ""}`));
  }
  folderCache.set(names, lanes);
  return lanes;
}

const byteCache = new WeakMap<Buffer, string>();

function bytesDigest(bytes: Buffer): string {
  let digest = byteCache.get(bytes);
  if (digest === undefined) {
    const [a, b] = hash(bytes.toString("latin1"));
    digest = `${a}.${b}.${bytes.length}`;
    byteCache.set(bytes, digest);
  }
  return digest;
}

function add(total: Lanes, lanes: Lanes): void {
  total[0] = (total[0] + lanes[0]) >>> 0;
  total[1] = (total[1] + lanes[1]) >>> 0;
}

/** FNV-1a twice, with different starts and a last mixing. */
function hash(text: string): Lanes {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b);
    b ^= b >>> 15;
  }
  return [Math.imul(a ^ (a >>> 13), 0xc2b2ae35) >>> 0, Math.imul(b ^ (b >>> 16), 0x27d4eb2f) >>> 0];
}
