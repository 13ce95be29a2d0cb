import { FOLDERS, nameOf, type AgentName } from "@nightdesk/claim-lib";
import type { PlanUnit } from "./plan.ts";
import type { VaultTree } from "./vault-index.ts";

/**
 * Who gets claims through when several contend. Plain compare-and-swap on one tip starves: the last winner
 * knows the tip and pushes again while the losers still fetch, 56 to 1 in a busy loop [m]. So who won goes to
 * the end of the line, as the history shows it to everybody, and waits until those in front have come in, or
 * for a short time that ends by itself. Everything here is pure, and lost at a restart: then it simply
 * contends again.
 */
export interface Turns {
  /** Others that contended, and when that was seen last. */
  contenders: ReadonlyMap<string, number>;
  /** How long a contender's round takes, from fetching others' claims to the answer to its own; smoothed. */
  roundMs: number;
  /** Pushes of claims that got through while work went on, and the last one's time. */
  streak: { wins: number; lastAtMs: number };
  yielding: {
    sinceMs: number;
    untilMs: number;
    /** Waits for one more than was seen. */
    isProbe: boolean;
    /** Who came in since. */
    came: ReadonlySet<string>;
    /** This wait's luck, from 0 up to 1: two that wait for each other must not wake together. */
    fraction: number;
  } | null;
}

/** Longer than eight agents on a slow line need for a turn each; what is older has no part in the race. */
const CONTENDING_MS = 10_000;
/** However many contend and however slow the line, a claim waits no longer than this for its turn. */
export const MAX_YIELD_MS = 5_000;
/** A first guess: a round over a local remote. */
const FIRST_ROUND_MS = 100;
/** Weight of the newest round. */
const SMOOTHING = 0.3;
/** The contender behind a refused push has no name until its commit is read. */
const UNNAMED = "";
/** Who never gets through leaves no trace, so a pause for it is longer than a round with a loser's detours. */
const PROBE_ROUNDS = 3;
const PROBE_EVERY = 4;
/**
 * The least share of the expected time that is waited. Less makes more refused pushes, more makes idle time: of
 * 44 pushes by two agents 22 were refused at 0.25, 12 at 0.5, 5 at 1 [m].
 */
const SHORTEST_WAIT = 0.3;
/** Wins further apart than so many rounds leave others room enough. */
const BUSY_ROUNDS = 10;

export const FIRST_TURNS: Turns = {
  contenders: new Map(),
  roundMs: FIRST_ROUND_MS,
  streak: { wins: 0, lastAtMs: Number.NEGATIVE_INFINITY },
  yielding: null,
};

/** Another machine was faster. */
export function wasRefused(turns: Turns, nowMs: number): Turns {
  return { ...turns, contenders: new Map(turns.contenders).set(UNNAMED, nowMs) };
}

/** Claims of others came in: the line moves. @param agents as the folders name them: a hint, and never more */
export function sawClaims(turns: Turns, agents: readonly string[], nowMs: number): Turns {
  if (agents.length === 0) return turns;
  const contenders = new Map(turns.contenders);
  for (const agent of agents) contenders.set(agent, nowMs);
  const moved = { ...turns, contenders };
  const { yielding } = turns;
  if (yielding === null) return moved;
  // Overtaken by somebody who had his turn already: who else was waited for is not coming.
  if (agents.some((agent) => yielding.came.has(agent))) return { ...moved, yielding: null };
  return waitInLine(moved, nowMs, { ...yielding, came: new Set([...yielding.came, ...agents]) });
}

/**
 * A round ended with the remote's answer after so long.
 * @param isWhole it brought others' claims in, as every contender's does. One that only pushed is the shorter
 *   half, and counts where there is nothing better: who always wins must learn that a slow line is slow.
 */
export function tookRound(turns: Turns, tookMs: number, isWhole: boolean): Turns {
  const sample = Math.min(Math.max(tookMs, 1), MAX_YIELD_MS);
  if (isWhole) return { ...turns, roundMs: turns.roundMs + SMOOTHING * (sample - turns.roundMs) };
  if (turns.contenders.size > 0) return turns;
  return { ...turns, roundMs: Math.min(MAX_YIELD_MS, Math.max(turns.roundMs, 2 * sample)) };
}

/**
 * A push of nothing but claims was accepted: the others' turn, if there are any. A contender that always loses
 * is seen by nobody, so now and then one more is waited for than was seen.
 * @param fraction from 0 up to 1
 */
export function wonClaims(turns: Turns, nowMs: number, fraction: number): Turns {
  const seen = contendersAt(turns, nowMs);
  const rowMs = seen > 0 ? CONTENDING_MS : Math.min(CONTENDING_MS, BUSY_ROUNDS * turns.roundMs);
  const isRow = Math.abs(nowMs - turns.streak.lastAtMs) < rowMs;
  const streak = { wins: isRow ? turns.streak.wins + 1 : 1, lastAtMs: nowMs };
  const isProbe = isProbeDue(streak.wins, seen);
  return waitInLine({ ...turns, streak }, nowMs, { sinceMs: nowMs, isProbe, came: new Set(), fraction });
}

/** As long as those in front need by all experience, and never past the limit. */
function waitInLine(
  turns: Turns,
  nowMs: number,
  wait: Omit<NonNullable<Turns["yielding"]>, "untilMs">,
): Turns {
  const { sinceMs, isProbe, came, fraction } = wait;
  const seen = contendersAt(turns, nowMs);
  const left = seen + (isProbe ? 1 : 0) - came.size;
  if (left <= 0) return { ...turns, yielding: null };
  const rounds = left + (isProbe ? PROBE_ROUNDS - 1 : 0);
  const untilMs = Math.min(
    sinceMs + MAX_YIELD_MS,
    nowMs + rounds * turns.roundMs * (SHORTEST_WAIT + fraction),
  );
  return { ...turns, yielding: { ...wait, untilMs } };
}

/** Alone ever more rarely, at the 2nd, 4th, 8th win in a row; among others at every 4th. */
function isProbeDue(wins: number, seen: number): boolean {
  return seen === 0 ? wins > 1 && Number.isInteger(Math.log2(wins)) : wins % PROBE_EVERY === 0;
}

/**
 * How long to hold back after a refused push. Full jitter: of those that lose to each other in step, one gets
 * through. It does not grow: the winner is the one that waits, and who lost most often must not wait longest.
 */
export function backOffMs(turns: Turns, fraction: number): number {
  return fraction * Math.min(MAX_YIELD_MS, turns.roundMs / 2);
}

/** Milliseconds left to wait at the most; null when it is this machine's turn. */
export function waitForTurn({ yielding }: Turns, nowMs: number): number | null {
  // A clock that was put back must not lengthen the wait.
  if (yielding === null || nowMs >= yielding.untilMs || nowMs < yielding.sinceMs) return null;
  return yielding.untilMs - nowMs;
}

function contendersAt({ contenders }: Turns, nowMs: number): number {
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
  const paths = units.flatMap(({ steps }) =>
    steps.map((step) => (step.kind === "move" ? step.to : step.path)),
  );
  const names = paths.flatMap((path) => {
    const [top, name = ""] = path.split("/");
    return top === FOLDERS.inProgress && name !== agent ? [name] : [];
  });
  return [...new Set(names)];
}
