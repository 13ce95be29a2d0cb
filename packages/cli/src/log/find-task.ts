import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isTaskId, nameOf, parseTaskName, type TaskName } from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { listRecords, readRecord } from "../doctor/audit/read-records.ts";
import { fail } from "../errors.ts";
import { toTerminalLine } from "../terminal-text.ts";
import { linesWith } from "./read-trail.ts";

export interface KnownTask {
  id: string;
  /** The newest file name known. */
  file: string;
  /** Where it lies in the vault now. */
  places: string[];
}

/** Shown of those that fit, or come near. */
const MAX_SHOWN = 8;

/**
 * The one item an owner means by an id, or by a part of a file name or path. Throws TASK_UNKNOWN with the
 * nearest, TASK_AMBIGUOUS with those that fit.
 */
export async function findTask(asked: string, vaultPath: string, statePath: string): Promise<KnownTask> {
  const tasks = await listTasks(vaultPath);
  const wanted = asked.trim().replaceAll("\\", "/");
  const id = readId(wanted);
  const known = id === null ? undefined : tasks.get(id);
  if (known) return known;
  const gone = await findGone(id ?? wanted, vaultPath, statePath);
  if (id !== null) {
    const found = gone.find((task) => task.id === id);
    if (found) return found;
    throw unknown(asked, [...tasks.values(), ...gone.filter((task) => !tasks.has(task.id))]);
  }
  const fold = wanted.toLowerCase();
  const fits = (task: KnownTask) =>
    [task.file, ...task.places].some((path) => path.toLowerCase().includes(fold));
  const found = [...tasks.values(), ...gone.filter((task) => !tasks.has(task.id))].filter(fits);
  const [first, second] = found;
  if (first === undefined || fold === "") throw unknown(asked, [...tasks.values()]);
  if (second === undefined) return first;
  const shown = found.slice(0, MAX_SHOWN).map(({ file }) => `  ${file}`);
  const more = found.length > MAX_SHOWN ? `\n  and ${found.length - MAX_SHOWN} more` : "";
  throw fail(
    "TASK_AMBIGUOUS",
    `"${toTerminalLine(asked)}" fits ${found.length} items; say more of the name, or the id (em_...):\n${shown.join("\n")}${more}`,
    { data: { ids: found.slice(0, MAX_SHOWN).map((task) => task.id) } },
  );
}

/** The id in a text that is one, or is a task's file name or path. */
function readId(text: string): string | null {
  const bare = text.replace(/^~/, "").replace(/-r\d{1,2}(\.md)?$/, "");
  if (isTaskId(bare)) return bare;
  return parseTaskName(nameOf(text))?.id ?? null;
}

async function listTasks(vaultPath: string): Promise<Map<string, KnownTask>> {
  const tasks = new Map<string, KnownTask>();
  const entries = await readdir(vaultPath, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const name = entry.isFile() ? parseTaskName(entry.name) : null;
    if (name === null) continue;
    const path = join(entry.parentPath, entry.name)
      .slice(vaultPath.length + 1)
      .replaceAll("\\", "/");
    addTask(tasks, name, entry.name, path);
  }
  return tasks;
}

function addTask(tasks: Map<string, KnownTask>, name: TaskName, file: string, place: string | null): void {
  const task = tasks.get(name.id) ?? { id: name.id, file, places: [] };
  if ((parseTaskName(task.file)?.rev ?? 0) < name.rev) task.file = file;
  if (place !== null) task.places.push(place);
  tasks.set(name.id, task);
}

/** Items that are no longer in the vault, as the records name them. */
async function findGone(text: string, vaultPath: string, statePath: string): Promise<KnownTask[]> {
  const tasks = new Map<string, KnownTask>();
  const take = (path: string) => {
    const file = nameOf(path);
    const name = parseTaskName(file);
    if (name) addTask(tasks, name, file, null);
  };
  for (const [file, key] of [
    ["journal.jsonl", "file"],
    ["presented.jsonl", "path"],
  ] as const) {
    const lines = await openAppendLog(join(statePath, file))
      .readAll()
      .catch(() => []);
    for (const line of lines) if (typeof line[key] === "string") take(line[key]);
  }
  for (const path of await listRecords(vaultPath)) {
    const bytes = await readRecord(vaultPath, path);
    for (const line of bytes === null ? [] : linesWith(bytes, text))
      for (const [file] of line.matchAll(/\d{4}-\d{2}-\d{2} [^"/>]+~[a-z]{2}_[0-9a-v]{16}-r\d{1,2}\.md/g))
        take(file);
  }
  return [...tasks.values()];
}

function unknown(asked: string, tasks: readonly KnownTask[]) {
  const near = tasks
    .map((task) => ({
      task,
      likeness: Math.max(...[task.id, task.file].map((name) => compare(asked, name))),
    }))
    .filter(({ likeness }) => likeness > 0)
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, 3)
    .map(({ task }) => `  ${task.file}`);
  const nearest = near.length === 0 ? "" : ` The nearest are:\n${near.join("\n")}`;
  return fail(
    "TASK_UNKNOWN",
    `No item is known by "${toTerminalLine(asked)}", here or in the records.${nearest}`,
    {
      data: { asked },
    },
  );
}

/** How much of the pairs of letters two texts share, 0 to 1 of the shorter one's. */
function compare(a: string, b: string): number {
  const [left, right] = [pairs(a), pairs(b)];
  const shared = [...left].filter((pair) => right.has(pair)).length;
  return shared / Math.max(1, Math.min(left.size, right.size));
}

function pairs(text: string): Set<string> {
  const fold = text.toLowerCase();
  return new Set(Array.from({ length: Math.max(0, fold.length - 1) }, (_, at) => fold.slice(at, at + 2)));
}
