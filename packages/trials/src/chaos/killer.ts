import { join } from "node:path";
import type { Random } from "@nightdesk/claim-lib";
import type { Machine } from "../race/make-machine.ts";
import type { PlannedKill } from "./kill-plan.ts";
import { findGit, startVictim, type Victim } from "./victim.ts";

export interface KillerOptions {
  machine: Machine;
  program: string;
  logPath: string;
  kills: readonly PlannedKill[];
  random: Random;
  /** True while some task is on its way: only then a kill counts. */
  isWorkInFlight: () => boolean;
  onKill: (kill: PlannedKill) => void;
  onMiss: (kill: PlannedKill, why: string) => void;
  onStart: (victim: Victim) => void;
  /** True when the trial broke off: nothing more is started or killed. */
  isOver: () => boolean;
}

/** A named place that is not reached within this was missed, and comes again later. */
const REACH_MS = 15_000;
const ANY_TIME_MS = 2_000;
/** A push takes 20 to 60 ms, a fetch less. */
const GIT_MS = 40;
const LOOK_MS = 2;
/** How often a kill is tried that did not hit: one that wants to meet git in 40 ms misses half the time. */
const MAX_TRIES = 20;

/** Kills one program of one machine again and again, each time starting it anew; leaves it running. */
export async function killAgainAndAgain(options: KillerOptions): Promise<void> {
  const queue = options.kills.map((kill) => ({ kill, tries: 0 }));
  let victim: Victim | null = null;
  for (let next = queue.shift(); next && !options.isOver(); next = queue.shift()) {
    const { kill } = next;
    if (kill.blow.kind === "at" && victim?.ending() === null) {
      // The place must be known to it from its start on.
      victim.kill("SIGTERM");
      await victim.ended;
    }
    if (!victim || victim.ending() !== null) victim = start(options, kill);
    const why = await strike(options, kill, victim);
    if (why === null) options.onKill(kill);
    else {
      options.onMiss(kill, why);
      next.tries += 1;
      if (next.tries < MAX_TRIES) queue.push(next);
    }
  }
  if (victim?.ending() !== null && !options.isOver()) start(options, null);
}

function start({ machine, program, logPath, onStart }: KillerOptions, kill: PlannedKill | null): Victim {
  const env =
    kill?.blow.kind === "at" ? { ...machine.env, NIGHTDESK_FAILPOINT: kill.blow.point } : machine.env;
  const victim = startVictim(program, { env, logPath: join(machine.state, logPath) });
  onStart(victim);
  return victim;
}

/** Null when the blow fell with work in flight; else why it does not count. */
async function strike(options: KillerOptions, { blow }: PlannedKill, victim: Victim): Promise<string | null> {
  const { random } = options;
  if (blow.kind === "at") {
    const isOver = await endsWithin(victim, REACH_MS);
    if (!isOver) victim.kill("SIGKILL");
    await victim.ended;
    if (!isOver) return "the place was not reached";
    return verdict(options, victim);
  }
  if (blow.kind === "any-time") {
    await sleep(random.fraction() * ANY_TIME_MS);
    if (victim.ending() !== null) return `it had ended before: ${victim.ending()}`;
    victim.kill("SIGKILL");
    await victim.ended;
    return verdict(options, victim);
  }
  const git = await findGitWithin(victim, REACH_MS);
  if (git.length === 0) return "git did not run";
  await sleep(random.fraction() * GIT_MS);
  if (blow.whom === "git") {
    // The deepest first: there it holds the remote's locks.
    const now = await findGit(victim.pid);
    for (const pid of now.toReversed()) killHard(pid);
    return now.length > 0 && options.isWorkInFlight() ? null : "git had ended";
  }
  if ((await findGit(victim.pid)).length === 0) return "git had ended";
  if (blow.whom === "all") victim.killGroup();
  else victim.kill("SIGKILL");
  await victim.ended;
  return verdict(options, victim);
}

function verdict(options: KillerOptions, victim: Victim): string | null {
  if (victim.ending() !== "SIGKILL") return `it had ended by itself: ${victim.ending()}`;
  return options.isWorkInFlight() ? null : "no work was in flight";
}

async function findGitWithin(victim: Victim, timeoutMs: number): Promise<number[]> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline && victim.ending() === null) {
    const found = await findGit(victim.pid);
    if (found.length > 0) return found;
    await sleep(LOOK_MS);
  }
  return [];
}

function killHard(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended a moment ago.
  }
}

async function endsWithin(victim: Victim, timeoutMs: number): Promise<boolean> {
  await Promise.race([victim.ended, sleep(timeoutMs)]);
  return victim.ending() !== null;
}

function sleep(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, durationMs).unref();
  });
}
