import { isTaskId, parseTaskName, sha256Hex, taskKey } from "@nightdesk/claim-lib";
import { decode } from "@nightdesk/daemon-kit/append-log";
import { findNode, type DiskState, type Names } from "../disk-state.ts";
import { STATE, VAULT, type Machine } from "../machine.ts";
import { remoteCommit, remotePaths } from "../sim-remote.ts";
import { oidOf } from "../truth.ts";
import type { World } from "../world.ts";

const keyCache = new WeakMap<Names, readonly string[]>();

/** The tasks in a vault, whatever folder they lie in. */
export function taskKeysOf(state: DiskState): Set<string> {
  const keys = new Set<string>();
  for (const [folder, names] of state.folders) {
    if (!folder.startsWith(`${VAULT}/`)) continue;
    let known = keyCache.get(names);
    if (!known) {
      known = [...names.keys()].map((name) => taskKey(name)).filter((key) => key !== null);
      keyCache.set(names, known);
    }
    for (const key of known) keys.add(key);
  }
  return keys;
}

/** A task that lay on this disk still does. */
export function checkTasksKept(
  world: World,
  agent: string,
  before: ReadonlySet<string>,
  now: DiskState,
): void {
  if (before.size === 0) return;
  const keys = taskKeysOf(now);
  for (const key of before)
    if (!keys.has(key) && world.truth.tasks.has(key))
      world.report("no task is lost", `${key} is not on the disk of ${agent}`);
}

/** What waits for the owner was entered in the ledger first. */
export function checkPresented(world: World, machine: Machine): void {
  if (machine.role !== "local") return;
  const state = machine.disk.peek();
  const names = state.folders.get(`${VAULT}/Pending_Approval/email`);
  if (!names || names.size === 0) return;
  const shown = readLedger(findNode(state, `${STATE}/presented.jsonl`)?.bytes);
  for (const [name, ino] of names) {
    const task = parseTaskName(name);
    const bytes = state.nodes.get(ino)?.bytes;
    if (!task || !isTaskId(task.id) || !bytes) continue;
    const digests = shown.get(`${task.id}-r${task.rev}`);
    if (!digests) world.report("presented before it is pending", `${name} is in no record`);
    else if (
      !digests.has(sha256Hex(bytes)) &&
      !world.truth.savedInPlace.some((text) => isBeginning(bytes, text))
    )
      world.report("presented before it is pending", `${name} was recorded with another text`);
  }
}

function isBeginning(bytes: Buffer, text: string): boolean {
  return Buffer.from(text).subarray(0, bytes.length).equals(bytes);
}

const ledgerCache = new WeakMap<Buffer, ReadonlyMap<string, ReadonlySet<string>>>();

function readLedger(bytes: Buffer | undefined): ReadonlyMap<string, ReadonlySet<string>> {
  if (!bytes) return new Map();
  let shown = ledgerCache.get(bytes);
  if (!shown) {
    const found = new Map<string, Set<string>>();
    for (const { id, rev, sha256 } of decode(bytes.toString("utf8"), "presented.jsonl")) {
      const key = `${String(id)}-r${String(rev)}`;
      found.set(key, (found.get(key) ?? new Set()).add(String(sha256)));
    }
    shown = found;
    ledgerCache.set(bytes, shown);
  }
  return shown;
}

const publishedCache = new WeakMap<Buffer, { tip: string | null; paths: string[] }>();

/** What the agents are told is confirmed stands on the remote's history. */
export function checkPublished(world: World, machine: Machine): void {
  const bytes = findNode(machine.disk.peek(), `${STATE}/published.json`)?.bytes;
  if (!bytes || bytes.length === 0) return;
  let told = publishedCache.get(bytes);
  if (!told) {
    told = JSON.parse(bytes.toString("utf8")) as { tip: string | null; paths: string[] };
    publishedCache.set(bytes, told);
  }
  if (told.tip === null) return;
  const { tip } = told;
  const landing = world.remote.landings.find(({ commit }) => commit === tip);
  // What a thief took away counts as there: it is put back by the next commit.
  if (landing?.by === "thief") return;
  if (!landing)
    return world.report(
      "confirmed is what the remote holds",
      `${machine.agent} told of ${tip}, which is nowhere`,
    );
  const paths = remotePaths(remoteCommit(tip).tree);
  // What the laptop refuses of a cloud's move counts as not done: its next commit puts it back.
  const counts = (path: string) => machine.role === "cloud" || path.startsWith("In_Progress/local/");
  for (const path of told.paths)
    if (counts(path) && !paths.has(path))
      world.report(
        "confirmed is what the remote holds",
        `${machine.agent} told of ${path}, which ${tip} lacks`,
      );
}

/** What a thief wrote never lies on the laptop where the cloud may not write. */
export function checkForbidden(world: World, machine: Machine): void {
  if (machine.role !== "local" || world.truth.forbidden.size === 0) return;
  for (const { path, bytes } of machine.vaultFiles())
    if (world.truth.forbidden.has(`${path} ${oidOf(bytes.toString("utf8"))}`))
      world.report("what is forbidden never reaches the laptop", path);
}
