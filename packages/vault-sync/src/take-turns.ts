import { FOLDERS, nameOf, type AgentName } from "@nightdesk/claim-lib";
import type { PlanUnit } from "./plan.ts";
import type { VaultTree } from "./vault-index.ts";

/**
 * Who gets claims through when several contend. Plain compare-and-swap on one tip starves: the last winner
 * knows the tip and pushes again while the losers still fetch, 56 to 1 in a busy loop [m]. So the winner
 * lets the others go first, for a short time that ends by itself. Everything here is pure, and lost at a
 * restart: then it simply contends again.
 */
export interface Turns {
  /** Others that contended, and when that was seen last. */
  contenders: ReadonlyMap<string, number>;
  /** How long a round takes from its fetch to the remote's answer, smoothed. */
  roundMs: number;
  yielding: {
    sinceMs: number;
    untilMs: number;
    /** How many others are waited for, and which of them have come. */
    others: number;
    came: ReadonlySet<string>;
  } | null;
}

/** Longer than eight agents on a slow line need for a turn each; what is older has no part in the race. */
const CONTENDING_MS = 10_000;
/** However many contend and however slow the line, a claim waits no longer than this for its turn. */
export const MAX_YIELD_MS = 3_000;
/** A look costs a fetch, about 20 ms. */
const MIN_LOOK_MS = 20;
/** A first guess: a round over a local remote. */
const FIRST_ROUND_MS = 100;
/** Weight of the newest round. */
const SMOOTHING = 0.3;
/** The contender behind a refused push has no name until its commit is read. */
const UNNAMED = "";

export const FIRST_TURNS: Turns = { contenders: new Map(), roundMs: FIRST_ROUND_MS, yielding: null };

/** Another machine was faster. */
export function wasRefused(turns: Turns, nowMs: number): Turns {
  return { ...turns, contenders: new Map(turns.contenders).set(UNNAMED, nowMs) };
}

/** Claims of others came in. @param agents as the folders name them: a hint, and never more than one */
export function sawClaims(turns: Turns, agents: readonly string[], nowMs: number): Turns {
  if (agents.length === 0) return turns;
  const contenders = new Map(turns.contenders);
  for (const agent of agents) contenders.set(agent, nowMs);
  const { yielding } = turns;
  if (yielding === null) return { ...turns, contenders };
  const came = new Set([...yielding.came, ...agents]);
  return { ...turns, contenders, yielding: came.size < yielding.others ? { ...yielding, came } : null };
}

/** A round ended with the remote's answer after so long. */
export function tookRound(turns: Turns, tookMs: number): Turns {
  const sample = Math.min(Math.max(tookMs, 1), MAX_YIELD_MS);
  return { ...turns, roundMs: turns.roundMs + SMOOTHING * (sample - turns.roundMs) };
}

/**
 * A push of nothing but claims was accepted: the others' turn, if there are any.
 * @param fraction from 0 up to 1; without luck two that wait for each other would wake together
 */
export function wonClaims(turns: Turns, nowMs: number, fraction: number): Turns {
  const others = countContenders(turns, nowMs);
  if (others === 0) return { ...turns, yielding: null };
  const waitMs = Math.min(MAX_YIELD_MS, others * turns.roundMs * (1 + fraction));
  return { ...turns, yielding: { sinceMs: nowMs, untilMs: nowMs + waitMs, others, came: new Set() } };
}

/** Milliseconds after which another look is worth it; null when it is this machine's turn. */
export function waitForTurn({ yielding, roundMs }: Turns, nowMs: number): number | null {
  // A clock that was put back must not lengthen the wait.
  if (yielding === null || nowMs >= yielding.untilMs || nowMs < yielding.sinceMs) return null;
  const missing = yielding.others - yielding.came.size;
  return Math.min(yielding.untilMs - nowMs, Math.max(MIN_LOOK_MS, (missing * roundMs) / 2));
}

/** True while others contend: what was synced last is then likely not the remote's tip any more. */
export function isContended(turns: Turns, nowMs: number): boolean {
  return countContenders(turns, nowMs) > 0;
}

function countContenders({ contenders }: Turns, nowMs: number): number {
  const isRecent = (seenAtMs: number) => Math.abs(nowMs - seenAtMs) < CONTENDING_MS;
  const recent = [...contenders].filter(([, seenAtMs]) => isRecent(seenAtMs)).map(([name]) => name);
  const named = recent.filter((name) => name !== UNNAMED).length;
  return Math.max(named, Math.min(recent.length, 1));
}

type Told = Pick<PlanUnit, "steps" | "publish">;

/**
 * True when all there is to tell is that free work was claimed, and our records of it. Nothing else ever
 * waits for a turn.
 * @param published what the remote holds
 */
export function isOnlyClaims(
  units: readonly Told[],
  published: VaultTree,
  options: { agent: AgentName; isQuiet: (path: string) => boolean },
): boolean {
  const told = units.filter(({ publish }) => publish.some(({ path }) => !options.isQuiet(path)));
  return told.length > 0 && told.every(({ publish }) => isClaim(publish, published, options.agent));
}

function isClaim(publish: Told["publish"], published: VaultTree, agent: AgentName): boolean {
  const from = publish.find(({ oid }) => oid === null);
  const to = publish.find(({ oid }) => oid !== null);
  return (
    publish.length === 2 &&
    from !== undefined &&
    to !== undefined &&
    from.path.startsWith(`${FOLDERS.needsAction}/`) &&
    to.path === `${FOLDERS.inProgress}/${agent}/${nameOf(from.path)}` &&
    published.get(from.path) === to.oid
  );
}

/** The others whose claims the last round put on this disk. */
export function claimersIn(units: readonly Told[], agent: AgentName): string[] {
  const paths = units.flatMap(({ steps }) => steps.map((step) => (step.kind === "move" ? step.to : step.path)));
  const names = paths.flatMap((path) => {
    const [top, name = ""] = path.split("/");
    return top === FOLDERS.inProgress && name !== agent ? [name] : [];
  });
  return [...new Set(names)];
}
