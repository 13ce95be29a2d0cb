import { fork, type ChildProcess } from "node:child_process";
import { watch } from "node:fs";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FOLDERS, taskKey, type AgentName } from "@nightdesk/claim-lib";
import { createBareRemote, readHistory, waitFor, type BareRemote } from "@nightdesk/testkit";
import { fail } from "../errors.ts";
import type { AgentMessage } from "./agent-message.ts";
import { countHistory, type HistoryCount } from "./count-history.ts";
import { makeMachine, type Machine } from "./make-machine.ts";
import { mailNote } from "./task-notes.ts";
import { FREE_FOLDER, taskFile } from "../sample-notes.ts";

export interface RaceOptions {
  tasks: number;
  agents: number;
  /** An empty folder; everything lies in it. */
  folder: string;
  timeoutMs?: number;
  say?: (line: string) => void;
}

export interface RaceResult {
  tasks: number;
  agents: number;
  doubles: number;
  lost: number;
  smallestShare: number;
  claimsPerSecond: number;
  /** As the contenders counted them: a refused push leaves no trace in the remote. */
  refusedPushes: number;
  seconds: number;
  largestPush: number;
  shares: Record<string, number>;
  /** Read from the remote's history. */
  history: HistoryCount;
  trouble: string[];
}

interface Contender {
  machine: Machine;
  process: ChildProcess;
  ready: boolean;
  done: boolean;
  counts: { refusedPushes: number; pushes: number } | null;
  trouble: string[];
}

const AGENT = join(import.meta.dirname, "race-agent.ts");
const START_MS = 60_000;

/**
 * Lets agents contend for the same tasks, each in a process and a working copy of its own, and counts the
 * outcome from the remote's history. Throws TRIAL_BROKEN when the race itself could not be held.
 */
export async function runRace(options: RaceOptions): Promise<RaceResult> {
  const { folder, tasks, agents } = options;
  const say = options.say ?? (() => undefined);
  const remote = await createBareRemote({ path: join(folder, "remote.git") });
  const contenders: Contender[] = [];
  try {
    // The laptop first: it publishes the tasks, and would not join a remote that holds what only it may write.
    for (const name of agentNames(agents)) {
      const machine = await makeMachine(folder, name, remote.path);
      if (name === "local") await putTasks(machine, tasks);
      contenders.push(start(machine));
      if (name === "local") await waitUntil(contenders, "ready", START_MS);
    }
    await waitUntil(contenders, "ready", START_MS);
    say(`${agents} agents are in step with ${tasks} tasks; they start.`);
    const timing = await letThemRace(remote, contenders, options.timeoutMs ?? 120_000);
    return await result(options, remote, contenders, timing);
  } finally {
    for (const { process: child } of contenders) child.kill("SIGKILL");
  }
}

/** `local`, `cloud`, `cloud-2`, `cloud-3` and so on. */
function agentNames(count: number): AgentName[] {
  const clouds = Array.from({ length: count - 2 }, (_, n): AgentName => `cloud-${n + 2}`);
  return ["local", "cloud", ...clouds];
}

async function putTasks(machine: Machine, tasks: number): Promise<void> {
  const folder = join(machine.vault, FREE_FOLDER);
  await mkdir(folder, { recursive: true });
  // Written a minute ago, so that they have settled.
  const then = new Date(Date.now() - 60_000);
  for (let n = 1; n <= tasks; n += 1) {
    const file = join(folder, taskFile(n));
    await writeFile(file, mailNote(n));
    await utimes(file, then, then);
  }
}

function start(machine: Machine): Contender {
  const child = fork(AGENT, { env: machine.env, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const contender: Contender = {
    machine,
    process: child,
    ready: false,
    done: false,
    counts: null,
    trouble: [],
  };
  child.on("message", (message: AgentMessage) => {
    if (message.type === "ready") contender.ready = true;
    else if (message.type === "done") contender.done = true;
    else if (message.type === "counts") contender.counts = message;
    else contender.trouble.push(`${machine.agent}: ${message.message}`);
  });
  return contender;
}

async function waitUntil(
  contenders: readonly Contender[],
  what: "ready" | "done" | "counts",
  timeoutMs: number,
): Promise<void> {
  const isGone = ({ process: child, counts }: Contender) => child.exitCode !== null && counts === null;
  await waitFor(() => contenders.some(isGone) || contenders.every((one) => Boolean(one[what])), {
    what: `every agent to be ${what}`,
    timeoutMs,
    intervalMs: 10,
    describe: () => contenders.flatMap((one) => (one[what] ? [] : [one.machine.agent, ...one.trouble])),
  });
  const gone = contenders.find(isGone);
  if (gone) throw fail("TRIAL_BROKEN", `${gone.machine.agent} ended by itself; the race was not held.`);
}

/** Seconds from the word to the last time the remote's branch moved, as the file system shows it. */
async function letThemRace(
  remote: BareRemote,
  contenders: readonly Contender[],
  timeoutMs: number,
): Promise<number> {
  const startedAt = performance.now();
  let movedAt = startedAt;
  const watcher = watch(join(remote.path, "refs/heads"), () => {
    movedAt = performance.now();
  });
  try {
    for (const { process: child } of contenders) child.send("go");
    await waitUntil(contenders, "done", timeoutMs);
  } finally {
    watcher.close();
  }
  for (const { process: child } of contenders) child.send("stop");
  await waitUntil(contenders, "counts", START_MS);
  return (movedAt - startedAt) / 1000;
}

async function result(
  { tasks, agents }: RaceOptions,
  remote: BareRemote,
  contenders: readonly Contender[],
  seconds: number,
): Promise<RaceResult> {
  const keys = Array.from({ length: tasks }, (_, n) => taskKey(taskFile(n + 1)) ?? "");
  const history = countHistory(await readHistory(remote), keys);
  await compareWithTip(remote, history);
  const shares: Record<string, number> = {};
  for (const { machine } of contenders) {
    const won = [...history.owners.values()].filter((names) => names.has(machine.agent)).length;
    shares[machine.agent] = won / tasks;
  }
  const claims = history.claimsPerCommit.reduce((sum, count) => sum + count, 0);
  return {
    tasks,
    agents,
    doubles: history.doubles.length,
    lost: history.lost.length,
    smallestShare: Math.min(...Object.values(shares)),
    claimsPerSecond: Math.round((claims / seconds) * 10) / 10,
    refusedPushes: contenders.reduce((sum, { counts }) => sum + (counts?.refusedPushes ?? 0), 0),
    seconds: Math.round(seconds * 100) / 100,
    largestPush: Math.max(0, ...history.claimsPerCommit),
    shares,
    history,
    trouble: contenders.flatMap(({ trouble }) => trouble),
  };
}

/** The replay is only worth something if it ends where the remote really stands. */
async function compareWithTip(remote: BareRemote, history: HistoryCount): Promise<void> {
  const there = (await remote.listFiles()).filter((path) => taskKey(path) !== null);
  const replayed = [...history.places.values()].flatMap((paths) => [...paths]).sort();
  if (JSON.stringify(there) !== JSON.stringify(replayed)) {
    throw fail("TRIAL_BROKEN", "The history was not read as git has it, so nothing can be said of the race.");
  }
  const free = there.filter((path) => path.startsWith(`${FOLDERS.needsAction}/`));
  if (free.length > 0) throw fail("TRIAL_BROKEN", `The race ended with ${free.length} tasks still free.`);
}
