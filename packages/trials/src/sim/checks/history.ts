import { taskKey } from "@nightdesk/claim-lib";
import { SECRET } from "../machine.ts";
import { remoteCommit, remotePaths, remoteText, type Landing } from "../sim-remote.ts";
import type { World } from "../world.ts";

type Paths = ReadonlyMap<string, string>;

/** Written down here once more, apart from the code's own table: a slip there must show. */
const CLOUD_MAY_CREATE =
  /^(Needs_Action\/cloud-[^/]+|In_Progress\/cloud(-[^/]+)?|Pending_Approval\/[^/]+|Plans\/cloud-[^/]+|Updates\/cloud|Signals\/cloud|Done\/[^/]+|Logs\/cloud(-[^/]+)?)\/[^/]+$|^Cloud_Status\.md$/;
const CLOUD_MAY_CHANGE =
  /^(In_Progress\/cloud(-[^/]+)?|Plans\/cloud-[^/]+|Logs\/cloud(-[^/]+)?)\/[^/]+$|^Cloud_Status\.md$/;
const CLOUD_MAY_REMOVE =
  /^(Needs_Action\/cloud-[^/]+|In_Progress\/cloud(-[^/]+)?|Plans\/cloud-[^/]+)\/[^/]+$/;
const TOP =
  /^(Inbox|Needs_Action|In_Progress|Plans|Pending_Approval|Approved|Rejected|Scheduled|Snoozed|Expired|Needs_Attention|Updates|Signals|Done|Logs|Accounting|Briefings)\/|^[^/]+\.(md|base)$/;

/** Looks at one commit an honest machine put on the remote, from outside. */
export function checkLanding(world: World, landing: Landing, previous: string | null): void {
  if (landing.commit === null || landing.by === "thief" || landing.by === "admin") return;
  const commit = remoteCommit(landing.commit);
  const after = remotePaths(commit.tree);
  const parent = commit.parents[0] ?? null;
  const before = honestBefore(world, parent);
  if (previous !== null && parent !== previous && !isBuiltOn(landing.commit, previous))
    world.report(
      "nothing published is overwritten",
      `${landing.by} replaced ${previous} by ${landing.commit}`,
    );
  checkPaths(world, after, landing.by);
  checkOnePlace(world, after, landing.by);
  checkNothingLost(world, before, after, landing.by);
  checkFilesKept(world, before, after, landing.by);
  checkOwner(world, before, after, landing.by);
  checkDecisions(world, before, after, landing.by);
  checkProposals(world, before, after, landing.by);
  if (landing.by !== "local") checkCloudRights(world, before, after, landing.by);
  else checkNothingForbidden(world, after);
}

/** What the last honest commit held: what a thief changed since is to be undone, which is nobody's trespass. */
function honestBefore(world: World, parent: string | null): Paths {
  const { landings } = world.remote;
  const at = landings.findLastIndex(({ commit }) => commit === parent);
  const isStolen = landings[at]?.by === "thief";
  const honest = isStolen ? landings.slice(0, at).findLast(({ by }) => by !== "thief")?.commit : parent;
  return honest == null ? new Map() : remotePaths(remoteCommit(honest).tree);
}

function isBuiltOn(commit: string, ancestor: string): boolean {
  for (let at: string | undefined = commit; at !== undefined; at = remoteCommit(at).parents[0])
    if (at === ancestor) return true;
  return false;
}

function checkPaths(world: World, after: Paths, by: string): void {
  for (const [path, oid] of after) {
    const isOdd =
      oid.length !== 40 || !TOP.test(path) || path.split("/").some((part) => part.startsWith("."));
    if (isOdd && by === "local") world.report("only what belongs into the vault", `${path} was published`);
    if (oid.length === 40 && path.startsWith("Inbox/") && remoteText(oid).includes(SECRET))
      world.report("no secret leaves the machine", `${path} was published`);
  }
}

function tasksOf(paths: Paths): Map<string, string[]> {
  const tasks = new Map<string, string[]>();
  for (const path of paths.keys()) {
    const key = taskKey(path);
    if (key !== null && !path.startsWith("Logs/")) tasks.set(key, [...(tasks.get(key) ?? []), path]);
  }
  return tasks;
}

function checkOnePlace(world: World, after: Paths, by: string): void {
  for (const [key, paths] of tasksOf(after))
    if (paths.length > 1)
      world.report("a task is in one place", `${by} published ${key} at ${paths.join(" and ")}`);
}

/** Nobody removes a task in these worlds, so none may go. */
function checkNothingLost(world: World, before: Paths, after: Paths, by: string): void {
  const now = tasksOf(after);
  for (const key of tasksOf(before).keys())
    if (!now.has(key) && world.truth.tasks.has(key))
      world.report("no task is lost", `${by} published without ${key}`);
}

/** Nobody changes or removes a file in the inbox in these worlds: once published it stays, whatever a power cut took. */
function checkFilesKept(world: World, before: Paths, after: Paths, by: string): void {
  for (const [path, oid] of before)
    if (path.startsWith("Inbox/") && world.truth.written.has(oid) && after.get(path) !== oid)
      world.report("what was published is durable", `${by} published without ${path}`);
}

function holderOf(paths: readonly string[] | undefined): string | null {
  const claimed = paths?.find((path) => path.startsWith("In_Progress/"));
  return claimed?.split("/")[1] ?? null;
}

/** A claim ends by being given back, decided or finished, never by another's. */
function checkOwner(world: World, before: Paths, after: Paths, by: string): void {
  const was = tasksOf(before);
  for (const [key, paths] of tasksOf(after)) {
    const [old, now] = [holderOf(was.get(key)), holderOf(paths)];
    if (old !== null && now !== null && old !== now)
      world.report("one owner at a time", `${by} took ${key} from ${old} to ${now}`);
  }
}

/** Only a move by the owner brings a note to Approved, and only the laptop takes one on to itself. */
function checkDecisions(world: World, before: Paths, after: Paths, by: string): void {
  for (const path of after.keys()) {
    const key = taskKey(path);
    if (key === null || before.has(path)) continue;
    if (path.startsWith("Approved/") && by !== "local")
      world.report("only the owner approves", `${by} published ${path}`);
    if (path.startsWith("Approved/") && !world.truth.everApproved.has(key))
      world.report("only the owner approves", `${path} without a yes`);
  }
}

/** A cloud's proposal or ending follows its own claim, which everybody could see. */
function checkProposals(world: World, before: Paths, after: Paths, by: string): void {
  if (by === "local") return;
  const was = tasksOf(before);
  for (const path of after.keys()) {
    const key = taskKey(path);
    if (key === null || before.has(path) || !/^(Pending_Approval|Done)\//.test(path)) continue;
    const holder = holderOf(was.get(key));
    if (holder !== by)
      world.report(
        "a proposal follows a confirmed claim",
        `${by} published ${path}, held by ${holder ?? "nobody"}`,
      );
  }
}

function checkCloudRights(world: World, before: Paths, after: Paths, by: string): void {
  for (const [path, oid] of after) {
    const old = before.get(path);
    if (old === oid) continue;
    const isAllowed = old === undefined ? CLOUD_MAY_CREATE.test(path) : CLOUD_MAY_CHANGE.test(path);
    if (!isAllowed) world.report("nobody writes where it may not", `${by} wrote ${path}`);
    if (old !== undefined && path.startsWith("Logs/") && !remoteText(oid).startsWith(remoteText(old)))
      world.report("records are only added to", `${by} changed ${path}`);
  }
  for (const path of before.keys())
    if (!after.has(path) && !CLOUD_MAY_REMOVE.test(path))
      world.report("nobody writes where it may not", `${by} removed ${path}`);
}

/** What a thief put where the cloud may not is gone from the next commit of the laptop's. */
function checkNothingForbidden(world: World, after: Paths): void {
  for (const [path, oid] of after)
    if (world.truth.forbidden.has(`${path} ${oid}`))
      world.report("what is forbidden is taken back", `the laptop published ${path}`);
}
