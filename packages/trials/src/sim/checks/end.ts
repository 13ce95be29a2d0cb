import { taskKey } from "@nightdesk/claim-lib";
import { SECRET, type Machine } from "../machine.ts";
import { remoteCommit, remotePaths, remoteText } from "../sim-remote.ts";
import { oidOf } from "../truth.ts";
import type { World } from "../world.ts";

/** What must hold once nothing goes wrong any more and every machine has had its rounds. */
export function checkEnd(world: World): void {
  for (const machine of world.machines) {
    if (machine.lastError !== null)
      world.report(
        "sync goes on when the trouble is over",
        `${machine.agent} stops with ${machine.lastError}`,
      );
  }
  if (world.violations.length > 0) return;
  const { tip } = world.remote;
  const published = tip === null ? new Map<string, string>() : remotePaths(remoteCommit(tip).tree);
  const expected = new Map([...published].filter(([path]) => !isRecord(path)));
  for (const machine of world.machines) checkSame(world, machine, expected);
  checkTasks(world, expected);
  checkTexts(world, expected);
}

/** A note kept beside another says that two wrote at once; where one wrote it is an old text come back. */
export function checkNoConflict(world: World): void {
  for (const machine of world.machines)
    for (const { path } of machine.vaultFiles())
      if (path.includes(" (other text "))
        world.report("no conflict where one writes", `${machine.agent} has ${path}`);
}

function isRecord(path: string): boolean {
  return path.startsWith("Logs/");
}

function checkSame(world: World, machine: Machine, expected: ReadonlyMap<string, string>): void {
  const seen = new Set<string>();
  for (const { path, bytes } of machine.vaultFiles()) {
    const text = bytes.toString("utf8");
    if (text.includes(SECRET)) continue;
    seen.add(path);
    if (expected.get(path) === oidOf(text)) continue;
    const other = expected.has(path) ? "another text" : "nothing";
    world.report("both vaults become the same", `${machine.agent} has ${path}, the remote ${other} there`);
  }
  for (const path of expected.keys())
    if (!seen.has(path)) world.report("both vaults become the same", `${machine.agent} lacks ${path}`);
}

function checkTasks(world: World, expected: ReadonlyMap<string, string>): void {
  const count = new Map<string, string[]>();
  for (const path of expected.keys()) {
    const key = taskKey(path);
    if (key !== null) count.set(key, [...(count.get(key) ?? []), path]);
  }
  for (const key of world.truth.tasks)
    if (!count.has(key)) world.report("no task is lost", `${key} is nowhere at the end`);
  for (const [key, paths] of count)
    if (paths.length > 1)
      world.report("a task is in one place", `${key} lies at ${paths.join(" and ")} at the end`);
}

/** Every text stands, was replaced by who had read it, or is kept beside; and nothing stands that nobody wrote. */
function checkTexts(world: World, expected: ReadonlyMap<string, string>): void {
  const { standing, written, savedInPlace, thiefTexts } = world.truth;
  const there = new Set(expected.values());
  for (const [oid, path] of standing)
    if (!there.has(oid)) world.report("nothing is merged silently", `the text written to ${path} is nowhere`);
  for (const [path, oid] of expected) {
    if (written.has(oid) || path === "Dashboard.md" || thiefTexts.has(oid)) continue;
    // A save cut short by the power leaves a part of the text, or none of it.
    const text = remoteText(oid);
    if (savedInPlace.some((whole) => whole.startsWith(text))) continue;
    world.report("no text is damaged", `${path} holds what nobody wrote`);
  }
}
