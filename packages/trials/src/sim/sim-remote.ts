import { NightdeskError } from "@nightdesk/claim-lib";
import type { Commit, Remote } from "@nightdesk/vault-sync";
import { commitOf, entriesOf, objectPath, readStored, type StoredObject } from "./sim-objects.ts";
import type { SimDisk } from "./sim-disk.ts";

/** Everything any remote of this process ever got. Names are made from content, so worlds may share it. */
const OBJECTS = new Map<string, StoredObject>();

/** Who moved the branch, and to where; the newest last. */
export interface Landing {
  commit: string | null;
  /** An agent's name; `thief` for somebody with the cloud's key; `admin` for who rewinds or rewrites. */
  by: string;
}

export type RemoteFault = "unreachable" | "refuse" | "reply-lost" | "request-lost";

export interface RemoteHooks {
  gate?: ((call: string) => Promise<void>) | undefined;
  onEffect?: ((call: string) => void) | undefined;
  fault?: ((call: string) => RemoteFault | null) | undefined;
}

/** The shared repository in memory: one branch, moved forward only. */
export class SimRemote {
  /** Replaced, never changed: a snapshot is a copy of the reference. */
  landings: readonly Landing[] = [];
  onLanding: ((landing: Landing) => void) | undefined;

  get tip(): string | null {
    return this.landings.at(-1)?.commit ?? null;
  }

  land(commit: string | null, by: string): void {
    const landing = { commit, by };
    this.landings = [...this.landings, landing];
    this.onLanding?.(landing);
  }

  /** One machine's way to it. */
  connect(disk: SimDisk, by: string, hooks: RemoteHooks): Remote {
    const enter = async (call: string) => {
      if (hooks.gate) await hooks.gate(call);
      const fault = hooks.fault?.(call) ?? null;
      if (fault === "unreachable")
        throw new NightdeskError("REMOTE_UNREACHABLE", "The remote cannot be reached.", { retry: "safe" });
      return fault;
    };
    return {
      cheapTip: async () => {
        await enter("ls-remote");
        return this.tip;
      },
      fetch: async () => {
        await enter("fetch");
        const { tip } = this;
        if (tip !== null && copyTo(disk, tip)) hooks.onEffect?.(`fetch ${tip.slice(0, 8)}`);
        return { tip };
      },
      push: async (commit) => {
        const fault = await enter(`push ${commit.slice(0, 8)}`);
        if (fault === "request-lost") throw unanswered();
        const found = collect(disk, commit, new Set(this.landings.map((landing) => landing.commit)));
        if (fault === "refuse" || !isForward(commit, this.tip, found)) return "refused";
        for (const [oid, object] of found) OBJECTS.set(oid, object);
        if (commit !== this.tip) {
          this.land(commit, by);
          hooks.onEffect?.(`push ${commit.slice(0, 8)}`);
        }
        // The other side of the call: the branch has moved, and the answer is on its way.
        if (hooks.gate) await hooks.gate(`pushed ${commit.slice(0, 8)}`);
        if (fault === "reply-lost") throw unanswered();
        return "accepted";
      },
    };
  }
}

function unanswered(): NightdeskError {
  return new NightdeskError("PUSH_OUTCOME_UNKNOWN", "The connection ended during the push.", {
    retry: "ambiguous",
  });
}

export function keepObject(oid: string, object: StoredObject): string {
  OBJECTS.set(oid, object);
  return oid;
}

export function remoteCommit(oid: string): Commit {
  return commitOf(oid, needRemote(oid));
}

/** The text of a blob the remote has. */
export function remoteText(oid: string): string {
  return needRemote(oid).bytes.toString("utf8");
}

function needRemote(oid: string): StoredObject {
  const object = OBJECTS.get(oid);
  if (!object) throw new Error(`the remote never got ${oid}`);
  return object;
}

const pathCache = new Map<string, ReadonlyMap<string, string>>();

/** Every path of a tree the remote has, with its blob; odd entries carry their mode in front. */
export function remotePaths(tree: string): ReadonlyMap<string, string> {
  let paths = pathCache.get(tree);
  if (!paths) {
    const found = new Map<string, string>();
    for (const { mode, name, oid } of entriesOf(tree, OBJECTS.get(tree) ?? EMPTY)) {
      if (mode !== "40000") found.set(name, mode === "100644" ? oid : `${mode} ${oid}`);
      else for (const [path, below] of remotePaths(oid)) found.set(`${name}/${path}`, below);
    }
    paths = found;
    pathCache.set(tree, paths);
  }
  return paths;
}

const EMPTY: StoredObject = { type: "tree", bytes: Buffer.alloc(0), packed: Buffer.alloc(0) };

/** What git's fetch does, in one go: a cut one is git's own affair. True when anything was missing. */
function copyTo(disk: SimDisk, tip: string): boolean {
  let copied = false;
  const bring = (oid: string): StoredObject | null => {
    if (readStored(disk, oid)) return null;
    const object = needRemote(oid);
    disk.putSynced(objectPath(oid), object.packed);
    copied = true;
    return object;
  };
  const bringTree = (oid: string) => {
    const object = OBJECTS.has(oid) ? bring(oid) : null;
    if (!object) return;
    for (const entry of entriesOf(oid, object)) {
      if (entry.mode === "40000") bringTree(entry.oid);
      else if (OBJECTS.has(entry.oid)) bring(entry.oid);
    }
  };
  for (let at: string | undefined = tip; at !== undefined;) {
    const object = bring(at);
    if (!object) break;
    const commit: Commit = commitOf(at, object);
    bringTree(commit.tree);
    at = commit.parents[0];
  }
  return copied;
}

/**
 * What a push sends: all that the commit needs and this remote does not have. Throws OBJECT_MISSING.
 * @param had every commit that was ever this remote's tip
 */
function collect(disk: SimDisk, commit: string, had: ReadonlySet<string | null>): Map<string, StoredObject> {
  const found = new Map<string, StoredObject>();
  const take = (oid: string): StoredObject => {
    const object = readStored(disk, oid);
    if (!object) throw new NightdeskError("OBJECT_MISSING", `The object ${oid} is not in the git directory.`);
    found.set(oid, object);
    return object;
  };
  const takeTree = (oid: string, known: string | null, blobs: ReadonlySet<string>) => {
    if (oid === known || found.has(oid)) return;
    const old = known === null || !OBJECTS.has(known) ? [] : entriesOf(known, needRemote(known));
    const before = new Map(old.map((entry) => [entry.name, entry.oid]));
    for (const entry of entriesOf(oid, take(oid))) {
      if (entry.mode === "40000") takeTree(entry.oid, before.get(entry.name) ?? null, blobs);
      else if (!blobs.has(entry.oid)) take(entry.oid);
    }
  };
  for (let at: string | undefined = commit; at !== undefined && !had.has(at);) {
    const made: Commit = commitOf(at, take(at));
    const parent: string | undefined = made.parents[0];
    const known = parent !== undefined && had.has(parent) ? remoteCommit(parent).tree : null;
    takeTree(made.tree, known, new Set(known === null ? [] : remotePaths(known).values()));
    at = parent;
  }
  return found;
}

/** True when the branch only goes forward: the present tip is among what the commit builds on. */
function isForward(commit: string, tip: string | null, sent: ReadonlyMap<string, StoredObject>): boolean {
  if (tip === null) return true;
  for (let at: string | undefined = commit; at !== undefined;) {
    if (at === tip) return true;
    const object: StoredObject = sent.get(at) ?? needRemote(at);
    at = commitOf(at, object).parents[0];
  }
  return false;
}
