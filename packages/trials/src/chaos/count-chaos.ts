import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { FOLDERS, sha256Hex, taskKey } from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { readHistory, type BareRemote } from "@nightdesk/testkit";
import { countHistory } from "../race/count-history.ts";
import type { Machine } from "../race/make-machine.ts";
import { WORK_LOG } from "./places.ts";

export interface ChaosCount {
  /** Each as a sentence; empty when the promise held. */
  doubles: string[];
  lost: string[];
  stuck: string[];
  strays: string[];
}

/** Every synced file of a vault but the machines' own records, with the hash of its bytes. */
export async function hashVault(machine: Machine): Promise<Map<string, string>> {
  const names = await readdir(machine.vault, { recursive: true });
  const files = new Map<string, string>();
  for (const name of names.sort()) {
    if (name.startsWith(".") || name.startsWith(`${FOLDERS.logs}/`)) continue;
    const path = join(machine.vault, name);
    try {
      if ((await stat(path)).isFile()) files.set(name, sha256Hex(await readFile(path)));
    } catch {
      // Moved on while we looked; a later look tells.
    }
  }
  return files;
}

/** Tasks that are not done in this vault. */
export function openTasks(keys: readonly string[], files: ReadonlyMap<string, string>): string[] {
  const done = new Set([...files.keys()].filter((path) => path.startsWith(`${FOLDERS.done}/`)).map(taskKey));
  return keys.filter((key) => !done.has(key));
}

/** What the remote's history, the vaults and the machines' work logs say, after all is over. */
export async function countChaos(
  remote: BareRemote,
  machines: readonly Machine[],
  keys: readonly string[],
): Promise<ChaosCount> {
  const history = countHistory(await readHistory(remote), keys);
  const vaults = await Promise.all(machines.map(hashVault));
  const doubles = [
    ...history.doubles.map((key) => `${key} stood in two places or had two owners in the remote's history`),
    ...(await findDoubleWork(machines)),
    ...vaults.flatMap((files, index) => findTwins(files, machines[index]?.agent ?? "")),
  ];
  const gone = keys.filter(
    (key) => !vaults.every((files) => [...files.keys()].some((path) => taskKey(path) === key)),
  );
  const lost = [
    ...history.lost.map((key) => `${key} stood nowhere in some commit`),
    ...gone.map((key) => `${key} is not in both vaults`),
  ];
  const stuck = vaults.flatMap((files, index) =>
    openTasks(keys, files).map((key) => `${key} is not done on ${machines[index]?.agent ?? ""}`),
  );
  const [first, ...others] = vaults.map((files) => JSON.stringify([...files]));
  if (others.some((other) => other !== first)) stuck.push("the two vaults differ");
  const strays = vaults.flatMap((files) => [...files.keys()].filter((path) => taskKey(path) === null));
  return { doubles, lost, stuck, strays: [...new Set(strays)] };
}

/** A task worked on by two machines, or an effect that was, or would have been, had twice. */
async function findDoubleWork(machines: readonly Machine[]): Promise<string[]> {
  const faults: string[] = [];
  const handledBy = new Map<string, string>();
  for (const { agent, state } of machines) {
    const effects = new Set<string>();
    for (const { what, key } of await openAppendLog(join(state, WORK_LOG)).readAll()) {
      if (what === "effect-again") faults.push(`${String(key)} was approved again after its effect`);
      else if (what === "effect" && effects.has(String(key)))
        faults.push(`${String(key)} had its effect twice`);
      else if (what === "effect") effects.add(String(key));
      else {
        const other = handledBy.get(String(key)) ?? agent;
        if (other !== agent) faults.push(`${String(key)} was worked on by ${other} and by ${agent}`);
        handledBy.set(String(key), agent);
      }
    }
  }
  return faults;
}

function findTwins(files: ReadonlyMap<string, string>, agent: string): string[] {
  const keys = [...files.keys()].map(taskKey).filter((key) => key !== null);
  const twins = keys.filter((key, index) => keys.indexOf(key) !== index);
  return twins.map((key) => `${key} stands twice in the vault of ${agent}`);
}
