import { areaOf, FOLDERS, mayDo, taskKey, type Area, type Kinds, type Role } from "@nightdesk/claim-lib";
import { isAppended, judgeCloudContent, judgeSize, type BlobReader } from "./check-content.ts";
import { MAX_PENDING_NOTES } from "./limits.ts";
import type { TreeChange, VaultIndex } from "./vault-index.ts";

/** Who made a commit, as far as this replica can know. */
export type Writer = "self" | Role;

export interface RefusedPath {
  path: string;
  /** A sentence's second half: "..., because <reason>". */
  reason: string;
}

interface Step {
  /** One path, or the two of a move: allowed together or not at all. */
  changes: readonly TreeChange[];
  refuse: () => Promise<string | null>;
}

interface Judge {
  store: BlobReader;
  kinds: Kinds;
  writer: Writer;
  /** What is accepted so far; allowed changes are made in it as they are judged. */
  accepted: VaultIndex;
}

/**
 * Judges one commit's changes against the table for whoever made it, makes the allowed ones in
 * `accepted` and returns the others. What was refused leaves `accepted` as it was there.
 */
export async function acceptChanges(
  judge: Judge,
  changes: readonly TreeChange[],
): Promise<{ taken: TreeChange[]; refused: RefusedPath[] }> {
  const real: TreeChange[] = [];
  for (const change of changes) {
    if (((await judge.accepted.get(change.path)) ?? null) !== change.oid) real.push(change);
  }
  const taken: TreeChange[] = [];
  const refused: RefusedPath[] = [];
  for (const step of await toSteps(judge, real)) {
    const reason = judge.writer === "self" ? null : await step.refuse();
    for (const change of step.changes) {
      if (reason === null) {
        judge.accepted.apply(change);
        taken.push(change);
      } else refused.push({ path: change.path, reason });
    }
  }
  return { taken, refused };
}

/** Moves first, then what goes, then what comes: so a task is never seen in two places on the way. */
async function toSteps(judge: Judge, changes: readonly TreeChange[]): Promise<Step[]> {
  const byKey = new Map<string, TreeChange[]>();
  for (const change of changes) {
    const key = taskKey(change.path);
    if (key !== null) byKey.set(key, [...(byKey.get(key) ?? []), change]);
  }
  const moves: Step[] = [];
  const moved = new Set<TreeChange>();
  for (const pair of byKey.values()) {
    const from = pair.find(({ oid }) => oid === null);
    const to = pair.find(({ oid }) => oid !== null);
    if (pair.length !== 2 || !from || !to || (await judge.accepted.get(to.path)) !== undefined) continue;
    moves.push({ changes: [from, to], refuse: () => judgeMove(judge, from, to) });
    moved.add(from).add(to);
  }
  const single = changes.filter((change) => !moved.has(change));
  const gone = single.filter(({ oid }) => oid === null);
  const come = single.filter(({ oid }) => oid !== null);
  return [
    ...moves,
    ...[...gone, ...come].map((change) => ({ changes: [change], refuse: () => judgeSingle(judge, change) })),
  ];
}

/** How a file comes to a path. */
interface Arrival {
  path: string;
  oid: string;
  right: "create" | "modify";
  /** What this task or file was before: its content, and for a move its old place. */
  before: string | undefined;
  movedFrom: string | null;
}

async function judgeMove(judge: Judge, from: TreeChange, to: TreeChange): Promise<string | null> {
  if (judge.writer === "cloud" && !mayDo("cloud", "moveOut", from.path)) {
    return "the cloud may not take notes out of this folder";
  }
  if (to.oid === null) return null;
  const before = await judge.accepted.get(from.path);
  return judgeArrival(judge, { path: to.path, oid: to.oid, right: "create", before, movedFrom: from.path });
}

async function judgeSingle(judge: Judge, { path, oid }: TreeChange): Promise<string | null> {
  const before = await judge.accepted.get(path);
  if (oid !== null) {
    return judgeArrival(judge, {
      path,
      oid,
      right: before === undefined ? "create" : "modify",
      before,
      movedFrom: null,
    });
  }
  if (judge.writer !== "cloud" || mayDo("cloud", "delete", path)) return null;
  return "the cloud may not remove files here";
}

async function judgeArrival(judge: Judge, arrival: Arrival): Promise<string | null> {
  const area = areaOf(arrival.path);
  if (area === null) return "nothing of this name is synced";
  const twin = await judge.accepted.twinOf(arrival.path);
  if (twin !== null && twin !== arrival.movedFrom)
    return `it would be the same file as "${twin}" on some disks`;
  // The laptop's word is final here: its reverts must be taken, or the two would revert each other for ever.
  if (judge.writer !== "cloud") return judgeSize(judge.store, area, arrival.oid);
  return judgeCloudArrival(judge, arrival, area);
}

async function judgeCloudArrival(judge: Judge, arrival: Arrival, area: Area): Promise<string | null> {
  const { path, oid, right, before } = arrival;
  const adds = right === "modify" && area.holds === "log" && mayDo("cloud", "append", path);
  if (!mayDo("cloud", right, path) && !adds) {
    return right === "create" ? "the cloud may not put files here" : "the cloud may not change files here";
  }
  const waits = path.startsWith(`${FOLDERS.pending}/`);
  const key = taskKey(path);
  if (right === "create" && key !== null) {
    const elsewhere = (await judge.accepted.pathsOf(key)).find((known) => known !== arrival.movedFrom);
    if (elsewhere !== undefined) return `this task already lies in "${elsewhere}"`;
    if (waits && (await judge.accepted.count(FOLDERS.pending)) >= MAX_PENDING_NOTES)
      return `${MAX_PENDING_NOTES} notes wait already`;
  }
  // A note moved as it is was judged when it came; only what the owner is asked to approve is judged again.
  if (right === "create" && oid === before && !waits) return null;
  const reason = await judgeCloudContent(judge.store, judge.kinds, path, area, oid);
  if (reason !== null || !adds || before === undefined) return reason;
  return (await isAppended(judge.store, before, oid)) ? null : "records that stood there were changed";
}
