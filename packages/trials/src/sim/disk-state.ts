/** A file or folder. Never changed in place: a snapshot may still hold it. */
export interface FileNode {
  ino: number;
  isFolder: boolean;
  bytes: Buffer;
  /** What a power cut leaves of the content; null before the first sync of the file. */
  synced: Buffer | null;
  mode: number;
  mtimeMs: number;
}

/** A name made or removed that the folder's sync has not yet written down. */
export interface NameChange {
  folder: string;
  name: string;
  /** Null: the name goes. */
  ino: number | null;
  /** For the old name of a rename: the new one. Writing down the new name takes the old one along. */
  after: NameChange | null;
}

export type Names = ReadonlyMap<string, number>;

/**
 * All there is of a disk: what programs see (`folders`, `bytes`) and what lies safe below the page cache
 * (`durable`, `synced`). Folder maps are replaced, never changed, so that a snapshot is a copy of references.
 */
export interface DiskState {
  folders: Map<string, Names>;
  nodes: Map<number, FileNode>;
  durable: Map<string, Names>;
  pending: NameChange[];
  lastIno: number;
}

const ROOT: FileNode = {
  ino: 1,
  isFolder: true,
  bytes: Buffer.alloc(0),
  synced: null,
  mode: 0o755,
  mtimeMs: 0,
};

export function emptyDiskState(): DiskState {
  const root: [string, Names][] = [["", new Map()]];
  return {
    folders: new Map(root),
    nodes: new Map([[1, ROOT]]),
    durable: new Map(root),
    pending: [],
    lastIno: 1,
  };
}

export function copyDiskState(state: DiskState): DiskState {
  return {
    folders: new Map(state.folders),
    nodes: new Map(state.nodes),
    durable: new Map(state.durable),
    pending: [...state.pending],
    lastIno: state.lastIno,
  };
}

/** `/a/b` -> folder `/a`, name `b`. The root's own folder part is "". */
export function splitPath(path: string): { folder: string; name: string } {
  const slash = path.lastIndexOf("/");
  return { folder: path.slice(0, slash), name: path.slice(slash + 1) };
}

export function findNode(state: DiskState, path: string): FileNode | undefined {
  if (path === "") return state.nodes.get(1);
  const { folder, name } = splitPath(path);
  const ino = state.folders.get(folder)?.get(name);
  return ino === undefined ? undefined : state.nodes.get(ino);
}

/** Makes or removes a name in one layer. */
export function setName(layer: Map<string, Names>, folder: string, name: string, ino: number | null): void {
  const names = new Map(layer.get(folder));
  if (ino === null) names.delete(name);
  else names.set(name, ino);
  layer.set(folder, names);
}

/** Unfinished files: nobody reads them, and their names are chance. */
export function isTempName(name: string): boolean {
  return name.startsWith(".nd-tmp-") || name.startsWith("tmp_obj_");
}

/** What a folder's sync writes down: its names, the other half of each rename, and of that half's folder what came before. */
export function writtenWith(pending: readonly NameChange[], folder: string): ReadonlySet<NameChange> {
  const written = new Set<NameChange>();
  const upTo = new Map([[folder, pending.length]]);
  for (let before = -1; before < written.size;) {
    before = written.size;
    for (const [index, change] of pending.entries()) {
      const isHalf = change.after !== null && written.has(change.after);
      if (!isHalf && index > (upTo.get(change.folder) ?? -1)) continue;
      written.add(change);
      upTo.set(change.folder, Math.max(index, upTo.get(change.folder) ?? -1));
      // Of the folder itself only the leaving may be on the disk: that is what the order of syncs is for.
      const added = change.after === null || change.folder === folder ? -1 : pending.indexOf(change.after);
      const there = change.after?.folder ?? "";
      if (added >= 0) upTo.set(there, Math.max(added, upTo.get(there) ?? -1));
    }
  }
  return written;
}
