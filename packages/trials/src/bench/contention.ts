import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createSeededRandom, runGit, waitFor } from "@nightdesk/testkit";
import { fail } from "../errors.ts";
import type { AgentMessage } from "../race/agent-message.ts";
import { mailNote } from "../race/task-notes.ts";
import { FREE_FOLDER, taskFile } from "../sample-notes.ts";
import type { CleanUp } from "./clean-up.ts";
import { ownersMove } from "./moves.ts";
import { prepareMachine, startMachine } from "./nightdesk-pair.ts";
import { observeRename } from "./observe-rename.ts";
import { summarise, type Latency } from "./quantiles.ts";
import { copyFolder, makeSeed, type Seed } from "./seed-size.ts";
import { startSshWorld } from "./ssh-world.ts";

export interface Contention extends Latency {
  claimsPerSecond: number;
}

const RACE_AGENT = join(import.meta.dirname, "../race/race-agent.ts");
const AGENTS = ["cloud", "cloud-2"] as const;
const NOTES = 100;
/** Enough that none of the agents runs out of work before the owner's last move. */
const TASKS_PER_MOVE = 150;
/** Tasks are numbered after the vault's own notes. */
const FIRST_TASK = 500_000;
const TIMEOUT_MS = 60_000;
const READY_MS = 120_000;
const MAX_PAUSE_MS = 500;

/**
 * The owner moves notes on the laptop, over ssh, while two cloud agents beside the remote claim tasks in a
 * busy loop; each move is awaited in an agent's own vault. Throws TRIAL_BROKEN when there was no race.
 */
export async function runContention(
  rounds: number,
  { folder, cleanUp, compileCache }: { folder: string; cleanUp: CleanUp; compileCache: string },
): Promise<Contention> {
  const tasks = rounds * TASKS_PER_MOVE;
  const seed = await makeSeed(join(folder, "seed"), NOTES, (vault) => putTasks(vault, tasks));
  const remote = join(folder, "r.git");
  await copyFolder(seed.remote, remote);
  const ssh = await startSshWorld("shell");
  cleanUp.add(ssh.remove);
  const url = ssh.urlOf(remote);
  const laptop = await startMachine({
    home: join(folder, "A"),
    agent: "local",
    seed,
    url,
    ssh,
    cleanUp,
    compileCache,
  });
  const agents = await Promise.all(
    AGENTS.map((agent) => startAgent(agent, { home: join(folder, agent), seed, url: remote, cleanUp })),
  );
  const [viewer] = agents;
  for (const { child } of agents) child.send("go");
  const startedAt = performance.now();
  const random = createSeededRandom(rounds);
  const samples: (number | null)[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await sleep(random.fraction() * MAX_PAUSE_MS);
    const move = { ...ownersMove(round), on: laptop.machine.vault, seenOn: viewer?.vault ?? "" };
    samples.push(await observeRename({ ...move, timeoutMs: TIMEOUT_MS }).catch(() => null));
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const free = await runGit(["ls-tree", "--name-only", "main", `${FREE_FOLDER}/`], remote);
  await Promise.all([...agents.map((agent) => agent.stop()), laptop.daemon.stop()]);
  await ssh.remove();
  const left = free.split("\n").filter((name) => name !== "").length;
  if (left === 0) throw fail("TRIAL_BROKEN", "The agents ran out of tasks: the last moves met no race.");
  return { ...summarise(samples), claimsPerSecond: Math.round(((tasks - left) / seconds) * 10) / 10 };
}

async function putTasks(vault: string, tasks: number): Promise<number> {
  const folder = join(vault, FREE_FOLDER);
  await mkdir(folder, { recursive: true });
  const then = new Date(Date.now() - 3_600_000);
  for (let n = FIRST_TASK; n < FIRST_TASK + tasks; n += 1) {
    await writeFile(join(folder, taskFile(n)), mailNote(n));
    await utimes(join(folder, taskFile(n)), then, then);
  }
  return tasks;
}

interface Agent {
  vault: string;
  child: ChildProcess;
  stop(): Promise<void>;
}

async function startAgent(
  agent: (typeof AGENTS)[number],
  { home, seed, url, cleanUp }: { home: string; seed: Seed; url: string; cleanUp: CleanUp },
): Promise<Agent> {
  const machine = await prepareMachine({ home, agent, seed, url });
  const child = fork(RACE_AGENT, { env: machine.env, stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const ended = once(child, "close");
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await ended;
  };
  cleanUp.add(stop);
  let isReady = false;
  child.on("message", (message: AgentMessage) => {
    if (message.type === "ready") isReady = true;
  });
  await waitFor(() => isReady, { what: `${agent} to be ready`, timeoutMs: READY_MS });
  return { vault: machine.vault, child, stop };
}
