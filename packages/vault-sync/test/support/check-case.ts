import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import type { Role } from "@nightdesk/claim-lib";
import { checkIncoming, type Incoming } from "../../src/check-incoming.ts";
import { encodeCommit } from "../../src/git/commit-codec.ts";
import { createCommitSigner, type CommitSigner } from "../../src/git/commit-signer.ts";
import type { Oid } from "../../src/git/oid.ts";
import { Snapshot } from "../../src/snapshot.ts";
import { TaskPlaces } from "../../src/task-places.ts";
import { createMemoryStore, type Folder, type MemoryStore } from "./memory-store.ts";
import { listTree } from "./list-tree.ts";
import { fileOf, KINDS, mailNote } from "./notes.ts";

const newSigner = () =>
  createCommitSigner(
    generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  );
export const laptopKey = newSigner();
export const cloudKey = newSigner();

/** A commit in memory, signed or not. */
export async function commit(
  store: MemoryStore,
  tree: Oid,
  parent: Oid | null,
  signer: CommitSigner | null = cloudKey,
) {
  const draft = {
    tree,
    parents: parent === null ? [] : [parent],
    author: { name: "x", email: "x@example.com" },
    atMs: 1_700_000_000_000,
    message: "x",
  };
  return store.writeCommit(encodeCommit(draft, signer ? signer.sign(encodeCommit(draft)) : null));
}

export interface Case {
  before: Folder;
  /** One tree a commit, oldest first; all by the cloud. */
  after: (Folder | Oid)[];
  replica?: Role;
  signer?: CommitSigner | null;
  known?: boolean;
}

/** What comes of the laptop's (or the cloud's) check of commits on a vault both know. */
export async function check(
  { before, after, replica = "local", signer = cloudKey, known = false }: Case,
  store = createMemoryStore(),
) {
  const baseTree = await store.tree(before);
  const base = await commit(store, baseTree, null, laptopKey);
  let tip = base;
  for (const tree of after)
    tip = await commit(store, typeof tree === "string" ? tree : await store.tree(tree), tip, signer);
  const accepted = await knownTree(store, baseTree);
  const deps = {
    store,
    signer: replica === "local" ? laptopKey : cloudKey,
    kinds: KINDS,
    replica,
    isKnownOwn: () => known,
  };
  const incoming = await checkIncoming(deps, { commit: base, ...accepted }, tip);
  assert.equal(incoming.state, "ahead");
  const ahead = incoming as Extract<Incoming, { state: "ahead" }>;
  return { ...ahead, paths: [...(await listTree(ahead.accepted)).keys()].sort(), store };
}

/** A tree as what was accepted last, with the places of its tasks. */
export async function knownTree(store: MemoryStore, tree: Oid) {
  const accepted = new Snapshot(store, tree);
  return { accepted, places: await placesOf(accepted) };
}

export async function placesOf(snapshot: Snapshot): Promise<TaskPlaces> {
  const places = new TaskPlaces();
  for (const path of (await listTree(snapshot)).keys()) places.add(path);
  return places;
}

export const HANDBOOK: Folder = { "Company_Handbook.md": "# Rules\n" };

export function newWork(n: number, text = mailNote(n)): Folder {
  return { "cloud-email": { [fileOf(n)]: text } };
}
