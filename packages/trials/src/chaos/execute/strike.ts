import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Random } from "@nightdesk/claim-lib";
import { failpointMarker } from "@nightdesk/daemon-kit/failpoints";
import { waitFor } from "@nightdesk/testkit";
import type { Program } from "../../office/program.ts";
import type { PlannedKill, Victim } from "./kill-plan.ts";

export interface KillerOptions {
  programs: Readonly<Record<Victim, Program>>;
  /** The state folder of the laptop. */
  state: string;
  kills: readonly PlannedKill[];
  random: Random;
  /** True while something approved is not ended: only then a kill at any time counts. */
  isWorkInFlight: () => boolean;
  onKill: (kill: PlannedKill) => void;
  onMiss: (kill: PlannedKill, why: string) => void;
  /** True when the trial broke off: nothing more is killed. */
  isOver: () => boolean;
}

/** A place that is not reached within this was missed, and comes again later: STOP.md halts for as long. */
const REACH_MS = 15_000;
const ANY_TIME_MS = 1_500;
const RESTART_MS = 30_000;
const MAX_TRIES = 10;

/** All places of a program, each used up: it lives until one is armed. */
export function disarmAll(state: string, points: readonly string[]): void {
  for (const point of points) {
    const marker = failpointMarker(state, point);
    mkdirSync(dirname(marker), { recursive: true, mode: 0o700 });
    writeFileSync(marker, "");
  }
}

/** Kills again and again; whoever died is started again by its keeper. Resolves when all kills have hit. */
export async function killAgainAndAgain(options: KillerOptions): Promise<void> {
  const queue = options.kills.map((kill) => ({ kill, tries: 0 }));
  for (let next = queue.shift(); next && !options.isOver(); next = queue.shift()) {
    const why = await strike(options, next.kill);
    if (why === null) options.onKill(next.kill);
    else {
      options.onMiss(next.kill, why);
      next.tries += 1;
      if (next.tries < MAX_TRIES) queue.push(next);
    }
  }
}

/** Null when the blow fell; else why it does not count. */
async function strike(options: KillerOptions, kill: PlannedKill): Promise<string | null> {
  const victim = options.programs[kill.victim];
  const other = options.programs[kill.victim === "local-agent" ? "mail-server" : "local-agent"];
  const before = victim.starts();
  const why =
    kill.point === null ? await killSometime(options, victim) : await killAt(options, victim, kill.point);
  if (why !== null) return why;
  if (kill.withOther) other.kill();
  await waitFor(() => victim.starts() > before, {
    what: "the killed program to be started again",
    timeoutMs: RESTART_MS,
  });
  return null;
}

async function killSometime(
  { random, isWorkInFlight }: KillerOptions,
  victim: Program,
): Promise<string | null> {
  await new Promise((resolve) => {
    setTimeout(resolve, random.fraction() * ANY_TIME_MS);
  });
  if (!isWorkInFlight()) return "nothing was on its way";
  return victim.kill() ? null : "it did not run";
}

/** Arms the place and waits until the program has ended itself there. */
async function killAt(
  { state, isOver }: KillerOptions,
  victim: Program,
  point: string,
): Promise<string | null> {
  const marker = failpointMarker(state, point);
  const pid = victim.pid();
  rmSync(marker, { force: true });
  const isHit = () => existsSync(marker);
  const reached = await waitFor(() => isHit() || isOver(), {
    what: point,
    timeoutMs: REACH_MS,
    intervalMs: 10,
  }).catch(() => false);
  if (reached && isHit()) {
    // The mark is set a moment before the process ends.
    await waitFor(() => victim.pid() !== pid, { what: "its end", timeoutMs: RESTART_MS, intervalMs: 5 });
    return null;
  }
  writeFileSync(marker, "");
  return "the place was not reached";
}
