import type { AgentName, Clock, Kinds, Random, Role } from "@nightdesk/claim-lib";
import { z } from "zod";
import type { SavedIndex } from "./disk-index.ts";
import { DiskTable } from "./disk-table.ts";
import type { VaultDisk } from "./disk.ts";
import { fail } from "./errors.ts";
import { REPAIR_HINT } from "./repair/repair-hint.ts";
import { isQuietPath } from "./gather-changes.ts";
import type { CommitSigner } from "./git/commit-signer.ts";
import type { ObjectStore } from "./git/object-store.ts";
import { EMPTY_TREE, isOid, type Oid } from "./git/oid.ts";
import type { Remote } from "./git/remote.ts";
import type { Failpoint, PresentedLedger, SecretScanner, SyncState } from "./ports.ts";
import { Snapshot } from "./snapshot.ts";
import { TaskPlaces } from "./task-places.ts";
import { FIRST_TURNS, type Turns } from "./take-turns.ts";
import type { TreeChange } from "./vault-index.ts";

/** Everything sync touches, so that the same code runs on real git and disks and in a simulation. */
export interface SyncPorts {
  replica: Role;
  /** The name under which it keeps its records: one writer per file. */
  agent: AgentName;
  kinds: Kinds;
  store: ObjectStore;
  remote: Remote;
  disk: VaultDisk;
  state: SyncState;
  presented: PresentedLedger;
  signer: CommitSigner;
  secrets: SecretScanner;
  clock: Clock;
  random: Random;
  failpoint: Failpoint;
}

/** What was synced last. */
interface Base {
  /** The remote's tip then; null for a replica that never synced. */
  commit: Oid | null;
  /** What was accepted of it. */
  accepted: Snapshot;
  /** What the disk was brought in step with: the same, but for files that could not be touched then. */
  planned: Snapshot;
  /** In which folders of either every task lies. */
  places: TaskPlaces;
  /** How many files `planned` holds. */
  files: number;
}

/** One machine's sync in memory. All of it can be rebuilt from the state folder and the disk. */
export interface Replica {
  ports: SyncPorts;
  base: Base;
  table: DiskTable;
  own: Set<Oid>;
  /** Texts already looked at for secrets, with what was found. */
  scanned: Map<string, string[]>;
  /** Since when something quiet waits for a commit to ride with. */
  quietSinceMs: number | null;
  /** Since when some file could not be touched. */
  heldSinceMs: number | null;
  /** Whose turn it is when several claim. */
  turns: Turns;
  /** The tip the agents were told of last; undefined before the first time. */
  announced: Oid | null | undefined;
  /** The tree the base commit names. */
  baseTipTree: Oid | null;
}

const oid = z.string().refine(isOid);
const baseSchema = z.strictObject({ commit: oid.nullable(), accepted: oid, planned: oid });
const applyingSchema = z.strictObject({ from: oid.nullable(), commit: oid, accepted: oid });
const tableSchema = z.strictObject({ rows: z.base64(), touched: z.array(z.string()) });

/** Reads the state folder. Throws STATE_CORRUPT. */
export async function openReplica(ports: SyncPorts): Promise<Replica> {
  const saved = parseState(baseSchema.nullable(), await ports.state.read("base"), "base");
  const commit = saved?.commit ?? null;
  const base: Base = {
    commit,
    accepted: new Snapshot(ports.store, saved?.accepted ?? EMPTY_TREE),
    planned: new Snapshot(ports.store, saved?.planned ?? EMPTY_TREE),
    places: new TaskPlaces(),
    files: 0,
  };
  const table = new DiskTable(ports.disk, ports.clock, { isQuiet: (path) => isQuietPath(path, ports.agent) });
  await table.index.restore(await readTable(ports.state), base, countFiles(base));
  for (const { path } of await base.planned.changesTo(base.accepted)) {
    if ((await base.planned.get(path)) === undefined) base.places.add(path);
  }
  return {
    ports,
    base,
    table,
    own: new Set(await ports.state.ownCommits()),
    scanned: new Map(),
    quietSinceMs: null,
    heldSinceMs: null,
    turns: FIRST_TURNS,
    announced: undefined,
    baseTipTree: commit === null ? null : (await ports.store.readCommit(commit)).tree,
  };
}

/** Every file that was synced last, counted as it goes by. */
async function* countFiles(base: Base): AsyncGenerator<readonly [string, Oid]> {
  for await (const file of base.planned.files()) {
    base.places.add(file[0]);
    base.files += 1;
    yield file;
  }
}

/** The table only saves reading; a damaged one is made anew from the disk. */
async function readTable(state: SyncState): Promise<SavedIndex | null> {
  try {
    return tableSchema.safeParse(await state.read("table")).data ?? null;
  } catch {
    return null;
  }
}

/** Keeps the table for the next start. */
export async function saveTable(replica: Replica): Promise<void> {
  await replica.ports.state.write("table", replica.table.index.toSaved());
}

/** What was synced last, as a round made it. */
export type NewBase = Pick<Base, "accepted" | "planned"> & { commit: Oid };

/** Makes `next` what was synced last, durably. */
export async function setBase(replica: Replica, next: NewBase, tipTree: Oid): Promise<void> {
  const { ports, base, table } = replica;
  const planned = await base.planned.changesTo(next.planned);
  const places = await changedPlaces(base, next, [
    ...planned,
    ...(await base.accepted.changesTo(next.accepted)),
  ]);
  const known = await base.planned.pick(planned.map(({ path }) => path));
  await ports.state.keepCommit(next.commit);
  await ports.state.write("base", {
    commit: next.commit,
    accepted: next.accepted.tree,
    planned: next.planned.tree,
  });
  for (const path of places.gone) base.places.remove(path);
  for (const path of places.come) base.places.add(path);
  const files = planned.reduce(
    (count, { path, oid }) => count + (oid === null ? 0 : 1) - (known.has(path) ? 1 : 0),
    base.files,
  );
  replica.base = { ...next, places: base.places, files };
  replica.baseTipTree = tipTree;
  table.index.rebase(
    replica.base,
    planned.map(({ path }) => path),
  );
}

/** Paths that either side of the new base holds and neither of the old one did, and the other way round. */
async function changedPlaces(base: Base, next: NewBase, changes: readonly TreeChange[]) {
  const paths = new Set(changes.map(({ path }) => path));
  const holds = async ({ accepted, planned }: Pick<Base, "accepted" | "planned">, path: string) =>
    (await accepted.get(path)) !== undefined || (await planned.get(path)) !== undefined;
  const places = { come: [] as string[], gone: [] as string[] };
  for (const path of paths) {
    const [was, is] = [await holds(base, path), await holds(next, path)];
    if (was && !is) places.gone.push(path);
    if (!was && is) places.come.push(path);
  }
  return places;
}

/** The tip that was being applied when this machine stopped; null when none was. */
export async function readApplying(replica: Replica): Promise<{ commit: Oid; accepted: Oid } | null> {
  const saved = parseState(applyingSchema.nullable(), await replica.ports.state.read("applying"), "applying");
  // One from before the base moved on is over.
  return saved && saved.from === replica.base.commit && saved.commit !== saved.from ? saved : null;
}

function parseState<T>(schema: z.ZodType<T>, value: unknown, name: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw fail(
    "STATE_CORRUPT",
    `sync/${name}.json in the state folder is damaged; nothing was synced. ${REPAIR_HINT}`,
  );
}
