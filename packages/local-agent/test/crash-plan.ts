import { NightdeskError, type VaultFiles } from "@nightdesk/claim-lib";
import type { AppendLog } from "@nightdesk/daemon-kit/append-log";
import type { ChannelLink } from "../src/ports.ts";

/** The process is gone; nothing it calls works any more. */
export class Crash extends Error {}

export interface CrashPlan {
  /** Counted over all port calls: 2n dies before call n, 2n + 1 after it. */
  at: number;
  calls: number;
  isDead: boolean;
  /** Count only calls that change something: dying around a look leaves the same world as dying after the change before it. */
  effectsOnly?: boolean;
  /** The call fails, the program goes on. */
  survives?: boolean;
}

export const NO_CRASH = (): CrashPlan => ({ at: Number.POSITIVE_INFINITY, calls: 0, isDead: false });

async function through<T>(
  plan: CrashPlan,
  changes: boolean,
  work: () => Promise<T>,
  error: () => Error,
): Promise<T> {
  if (plan.isDead && !plan.survives) throw new Crash();
  if (plan.effectsOnly && !changes) return work();
  const index = plan.calls;
  plan.calls += 1;
  if (plan.at === 2 * index) throw fault(plan, error);
  const result = await work();
  if (plan.at === 2 * index + 1) throw fault(plan, error);
  return result;
}

function fault(plan: CrashPlan, error: () => Error): Error {
  plan.isDead = true;
  return plan.survives ? error() : new Crash();
}

const diskError = () => new NightdeskError("FILE_FAILED", "The disk refused.", { retry: "safe" });
const appendError = () =>
  new NightdeskError("APPEND_FAILED", "It may or may not stand there.", { retry: "safe" });
const readError = () =>
  new NightdeskError("MCP_READ_FAILED", "No answer came back; nothing was changed.", { retry: "safe" });
const actError = () =>
  new NightdeskError("MCP_OUTCOME_UNKNOWN", "No answer came back.", { retry: "ambiguous" });

export function crashingFiles(files: VaultFiles, plan: CrashPlan): VaultFiles {
  return {
    list: (folder) => through(plan, false, () => files.list(folder), diskError),
    read: (path) => through(plan, false, () => files.read(path), diskError),
    stat: (path) => through(plan, false, () => files.stat(path), diskError),
    write: (path, text) => through(plan, true, () => files.write(path, text), diskError),
    append: (path, text) => through(plan, true, () => files.append(path, text), diskError),
    move: (from, to) => through(plan, true, () => files.move(from, to), diskError),
    remove: (path) => through(plan, true, () => files.remove(path), diskError),
  };
}

export function crashingLog(log: AppendLog, plan: CrashPlan): AppendLog {
  return {
    append: (record) => through(plan, true, () => log.append(record), appendError),
    readAll: () => log.readAll(),
  };
}

export function crashingLink(link: ChannelLink, plan: CrashPlan): ChannelLink {
  return {
    read: (tool, args, schema) => through(plan, false, () => link.read(tool, args, schema), readError),
    act: (tool, args, schema) => through(plan, true, () => link.act(tool, args, schema), actError),
  };
}
