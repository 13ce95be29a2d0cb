import { FOLDERS, taskKey } from "@nightdesk/claim-lib";
import { fail } from "../errors.ts";
import { EMPTY_TREE, type Oid } from "../git/oid.ts";
import { MAX_INCOMING_COMMITS, MAX_LOG_BYTES } from "../limits.ts";
import type { SyncPorts } from "../replica.ts";
import { Snapshot } from "../snapshot.ts";

/** An approval the remote's history holds, which must not come back to this laptop as one. */
export interface OldApproval {
  path: string;
  key: string;
  bytes: Uint8Array;
}

export interface OwnHistory {
  /** The newest commit made with this machine's key. */
  commit: Oid;
  tree: Oid;
  /** Own commits met on the way, newest first. */
  own: Oid[];
  approvals: OldApproval[];
}

const APPROVALS = [FOLDERS.approved, FOLDERS.scheduled, `${FOLDERS.inProgress}/local`];

/** As many of our own commits are written into the new record as an unanswered push can ever concern. */
const RECORDED = 200;

/**
 * The newest state at the remote that this machine itself signed: that much of a history can be believed
 * without a record of it. What lies above is judged as any other news. Throws STATE_CORRUPT when there is
 * no such commit.
 */
export async function findOwnHistory(ports: SyncPorts, tip: Oid): Promise<OwnHistory> {
  const { store, signer } = ports;
  const own: Oid[] = [];
  let found: { commit: Oid; tree: Oid } | null = null;
  let at: Oid | undefined = tip;
  for (let n = 0; at !== undefined && n < MAX_INCOMING_COMMITS && own.length < RECORDED; n += 1) {
    const commit = await store.readCommit(at);
    if (signer.isOwn(commit)) {
      own.push(at);
      found ??= { commit: at, tree: commit.tree };
    }
    at = commit.parents[0];
  }
  if (found === null) {
    throw fail(
      "STATE_CORRUPT",
      "Nothing in the remote's history was made by this machine's key, so none of it can be believed without a record; nothing was changed. " +
        "Make a new empty bare repository and run: npm run nightdesk -- repair --reseed ADDRESS --yes",
    );
  }
  return { ...found, own, approvals: await readApprovals(ports, found.tree) };
}

async function readApprovals({ store }: SyncPorts, tree: Oid): Promise<OldApproval[]> {
  const approvals: OldApproval[] = [];
  for await (const [path, oid] of new Snapshot(store, tree).files()) {
    const key = taskKey(path);
    if (key === null || !APPROVALS.some((folder) => path.startsWith(`${folder}/`))) continue;
    approvals.push({ path, key, bytes: await store.readBlob(oid, MAX_LOG_BYTES) });
  }
  return approvals;
}

/**
 * Makes this history the record of what was synced last. The disk counts as in step with nothing: so
 * whatever only one side has is kept, and no file is taken for one the owner deleted.
 */
export async function adoptHistory(ports: SyncPorts, history: OwnHistory): Promise<void> {
  const { state, clock } = ports;
  const at = new Date(clock.now()).toISOString();
  for (const commit of history.own.toReversed()) await state.addOwnCommit(commit, at);
  await state.keepCommit(history.commit);
  await state.write("base", { commit: history.commit, accepted: history.tree, planned: EMPTY_TREE });
}
