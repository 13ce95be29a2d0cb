import { isTempName, type DiskState, type FileNode, type Names } from "./disk-state.ts";

/** Two numbers of 32 bits: with a million states the chance of one false match is 3 in 100 million. */
type Lanes = [number, number];

/**
 * A disk's content as a short text, equal for disks from which every program goes on in the same way: names,
 * bytes and what is not synced yet. Left out are inodes and times (nothing durable refers to them here, and every
 * restart is long after) and unfinished files.
 */
export function digestDisk(state: DiskState): string {
  const total: Lanes = [0, 0];
  for (const [folder, names] of state.folders) add(total, folderLanes(state, folder, names));
  const open = state.pending.filter(({ name }) => !isTempName(name));
  for (const { folder, name, ino } of open)
    add(total, hash(`pending ${folder}/${name} ${ino === null ? "-" : "+"}`));
  return `${total[0].toString(36)}.${total[1].toString(36)}`;
}

/** Folder maps are replaced when anything below them changes (but for a sync), so this can be kept. */
const folderCache = new WeakMap<Names, { lanes: Lanes; nodes: (FileNode | undefined)[] }>();

function folderLanes(state: DiskState, folder: string, names: Names): Lanes {
  const known = folderCache.get(names);
  const nodes = [...names.values()].map((ino) => state.nodes.get(ino));
  if (known && known.nodes.every((node, index) => node === nodes[index])) return known.lanes;
  const lanes: Lanes = [0, 0];
  for (const [name, ino] of names) {
    const node = state.nodes.get(ino);
    if (!node || isTempName(name)) continue;
    const isSynced = node.isFolder || node.synced === node.bytes;
    add(lanes, hash(`${folder}/${name} ${node.isFolder ? "folder" : bytesDigest(node.bytes)}`));
    if (!isSynced)
      add(lanes, hash(`unsynced ${folder}/${name} ${node.synced ? bytesDigest(node.synced) : ""}`));
  }
  folderCache.set(names, { lanes, nodes });
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
