import type { AgentName, Clock, Kinds, Random, Role } from "@nightdesk/claim-lib";
import { z } from "zod";
import { DiskTable, type TableRow } from "./disk-table.ts";
import type { VaultDisk } from "./disk.ts";
import { fail } from "./errors.ts";
import { isQuietPath } from "./gather-changes.ts";
import type { CommitSigner } from "./git/commit-signer.ts";
import type { ObjectStore } from "./git/object-store.ts";
import { isOid, type Oid } from "./git/oid.ts";
import type { Remote } from "./git/remote.ts";
import type { Failpoint, PresentedLedger, SecretScanner, SyncState } from "./ports.ts";
import { EMPTY_SNAPSHOT, loadSnapshot, type Snapshot } from "./snapshot.ts";
import { FIRST_TURNS, type Turns } from "./take-turns.ts";

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
export interface Base {
  /** The remote's tip then; null for a replica that never synced. */
  commit: Oid | null;
  /** What was accepted of it. */
  accepted: Snapshot;
  /** What the disk was brought in step with: the same, but for files that could not be touched then. */
  planned: Snapshot;
}

/** One machine's sync in memory. All of it can be rebuilt from the state folder and the disk. */
export interface Replica {
  ports: SyncPorts;
  base: Base;
  table: DiskTable;
  own: Set<Oid>;
  /** Texts already looked at for secrets, with what was found. */
  scanned: Map<Oid, string[]>;
  /** Since when something quiet waits for a commit to ride with. */
  quietSinceMs: number | null;
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
const tableSchema = z.array(z.tuple([z.string(), z.number(), z.number(), z.number(), oid]));

/** Reads the state folder. Throws STATE_CORRUPT. */
export async function openReplica(ports: SyncPorts): Promise<Replica> {
  const saved = parseState(baseSchema.nullable(), await ports.state.read("base"), "base");
  const accepted = saved ? await loadSnapshot(ports.store, saved.accepted) : EMPTY_SNAPSHOT;
  const planned = saved ? await loadSnapshot(ports.store, saved.planned, accepted) : EMPTY_SNAPSHOT;
  const rows: readonly TableRow[] = tableSchema.safeParse(await readTable(ports.state)).data ?? [];
  const commit = saved?.commit ?? null;
  return {
    ports,
    base: { commit, accepted, planned },
    table: new DiskTable(ports.disk, ports.clock, {
      isQuiet: (path) => isQuietPath(path, ports.agent),
      rows,
    }),
    own: new Set(await ports.state.ownCommits()),
    scanned: new Map(),
    quietSinceMs: null,
    turns: FIRST_TURNS,
    announced: undefined,
    baseTipTree: commit === null ? null : (await ports.store.readCommit(commit)).tree,
  };
}

/** The table only saves reading; a damaged one is made anew from the disk. */
async function readTable(state: SyncState): Promise<unknown> {
  try {
    return await state.read("table");
  } catch {
    return null;
  }
}

/** Keeps the table for the next start. */
export async function saveTable(replica: Replica): Promise<void> {
  await replica.ports.state.write("table", replica.table.rows());
}

/** Makes `base` what was synced last, durably. */
export async function setBase(replica: Replica, base: Base & { commit: Oid }, tipTree: Oid): Promise<void> {
  const { state } = replica.ports;
  await state.keepCommit(base.commit);
  await state.write("base", {
    commit: base.commit,
    accepted: base.accepted.tree,
    planned: base.planned.tree,
  });
  replica.base = base;
  replica.baseTipTree = tipTree;
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
    `sync/${name}.json in the state folder is damaged; nothing was synced. Restore the state folder from a backup, or follow 'When sync stops' in packages/vault-sync/README.md.`,
  );
}
