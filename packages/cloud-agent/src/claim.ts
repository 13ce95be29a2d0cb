import {
  claimTask,
  FOLDERS,
  listTasks,
  NightdeskError,
  parseNote,
  type FoundTask,
  type Random,
} from "@nightdesk/claim-lib";
import { audit } from "./audit.ts";
import type { CloudPorts, CloudSettings } from "./ports.ts";

export interface ClaimOptions {
  /** How many more this agent may hold. */
  room: number;
  /** Leaves a task alone for now. */
  isPutOff(task: FoundTask): boolean;
  /** Told of a note that is none of ours; it stays where it is, untouched. */
  onForeign(path: string, error: unknown): Promise<void>;
}

/** Claims what there is room for, each by one rename. Returns the new paths. */
export async function claimTasks(
  ports: CloudPorts,
  settings: CloudSettings,
  options: ClaimOptions,
): Promise<string[]> {
  const waiting = await listTasks(ports.files, `${FOLDERS.needsAction}/${settings.needsAction}`);
  const claimed: string[] = [];
  // Shuffled: two agents that start at the same end would race for every single task.
  for (const task of shuffle(waiting, ports.random)) {
    if (claimed.length >= options.room) break;
    if (options.isPutOff(task)) continue;
    const path = await claimOne(ports, settings, task, options);
    if (path !== null) claimed.push(path);
  }
  return claimed;
}

async function claimOne(
  ports: CloudPorts,
  settings: CloudSettings,
  task: FoundTask,
  options: ClaimOptions,
): Promise<string | null> {
  const source = await ports.files.read(task.path);
  if (source === null) return null;
  try {
    parseNote(source, settings.kinds);
  } catch (error) {
    await options.onForeign(task.path, error);
    return null;
  }
  try {
    const path = await claimTask(ports.files, task.path, "cloud");
    await audit(ports, { action_type: "task_claimed", target: task.name.id, parameters: {}, result: "ok" });
    return path;
  } catch (error) {
    if (NightdeskError.is(error, "CLAIM_LOST")) return null;
    if (!NightdeskError.is(error, "CLAIM_TARGET_EXISTS")) throw error;
    await options.onForeign(task.path, error);
    return null;
  }
}

/** Fisher and Yates. */
function shuffle<T>(items: readonly T[], random: Random): T[] {
  const shuffled = [...items];
  for (let index = shuffled.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random.fraction() * (index + 1));
    const [a, b] = [shuffled[index], shuffled[other]];
    if (a !== undefined && b !== undefined) [shuffled[index], shuffled[other]] = [b, a];
  }
  return shuffled;
}
