import { join } from "node:path";
import { NightdeskError, type Random } from "@nightdesk/claim-lib";
import { waitFor } from "@nightdesk/testkit";
import { countEffects, type EffectCount } from "./count-effects.ts";
import { gatherRemains } from "./gather-remains.ts";
import { planKills, PROVIDERS, type PlannedKill, type ProviderName, type Victim } from "./kill-plan.ts";
import { openSite, type Site } from "./open-site.ts";
import { startOwner, type Owner } from "./owner.ts";
import { killAgainAndAgain } from "./strike.ts";

export interface ExecuteOptions {
  kills: number;
  /** An empty folder with a short path; everything lies in it. */
  folder: string;
  random: Random;
  /** How long STOP.md lies there; long enough that it must have worked when left out. */
  stopMs?: number;
  say?: (line: string) => void;
}

export interface ExecuteResult extends EffectCount {
  kills: number;
  misses: number;
  points: Record<string, number>;
  seconds: number;
}

/** STOP.md lies there a little longer than it may take to work. */
const STOP_MS = 6_000;
/** A stalled request to Gmail is given up after 20 s, and pauses between attempts grow to a minute. */
const SETTLE_MS = 150_000;

/**
 * Two laptops at work, one with Gmail, one with a provider that cannot tell what became of a mail. Their programs
 * are killed again and again while the providers misbehave; then everything runs on until it rests, and is counted.
 */
export async function runExecute(options: ExecuteOptions): Promise<ExecuteResult> {
  const startedAt = performance.now();
  const half = Math.floor(options.kills / 2);
  const shares: Record<ProviderName, number> = { gmail: options.kills - half, blind: half };
  const tally = createTally(options);
  const trials = PROVIDERS.filter((name) => shares[name] > 0).map((name) =>
    runSite(name, planKills(name, shares[name]), tally, options),
  );
  const ends = await Promise.allSettled(trials.map((trial) => trial.catch(tally.breakOff)));
  const broken = ends.find((end) => end.status === "rejected");
  if (broken) throw broken.reason;
  const counts = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
  const sum = (key: Exclude<keyof EffectCount, "faults">) =>
    counts.reduce((all, count) => all + count[key], 0);
  return {
    approved: sum("approved"),
    sent: sum("sent"),
    parked: sum("parked"),
    parkedGmail: sum("parkedGmail"),
    takenBack: sum("takenBack"),
    doubles: sum("doubles"),
    lost: sum("lost"),
    resentByItself: sum("resentByItself"),
    faults: counts.flatMap(({ faults }) => faults),
    kills: tally.kills(),
    misses: tally.misses(),
    points: tally.points,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
  };
}

type Tally = ReturnType<typeof createTally>;

function createTally({ say = () => undefined }: ExecuteOptions) {
  const points: Record<string, number> = {};
  let misses = 0;
  let isOver = false;
  const kills = () => Object.values(points).reduce((sum, count) => sum + count, 0);
  return {
    points,
    kills,
    misses: () => misses,
    isOver: () => isOver,
    expect(plan: readonly PlannedKill[]) {
      for (const { name } of plan) points[name] = 0;
    },
    hit({ name }: PlannedKill) {
      points[name] = (points[name] ?? 0) + 1;
      if (kills() % 20 === 0) say(`${kills()} kills`);
    },
    miss({ name }: PlannedKill, why: string) {
      misses += 1;
      say(`missed: ${name}: ${why}`);
    },
    /** One half that cannot go on ends the other: the trial says nothing then. */
    breakOff(error: unknown): never {
      isOver = true;
      throw error;
    },
  };
}

async function runSite(
  name: ProviderName,
  plan: readonly PlannedKill[],
  tally: Tally,
  { folder, random, stopMs = STOP_MS, say = () => undefined }: ExecuteOptions,
): Promise<EffectCount> {
  tally.expect(plan);
  const site = await openSite(name, join(folder, name), random);
  const killAtExit = () => Object.values(site.programs).forEach((program) => program.kill());
  process.once("exit", killAtExit);
  try {
    const owner = startOwner(site, random);
    await waitFor(() => owner.isWorkInFlight(), { what: "the first approval", timeoutMs: 60_000 });
    site.trouble.start();
    const [stop] = await Promise.all([
      haltHalfway(owner, plan, tally, stopMs),
      killAll(site, owner, plan, tally, random),
    ]);
    say(`${name}: the kills are over; everything runs on until it rests.`);
    owner.stopFeeding();
    await site.trouble.end();
    await waitForRest(site, owner);
    await owner.stop();
    for (const program of Object.values(site.programs)) await program.stop();
    return countEffects(await gatherRemains(site, owner.cases, stop));
  } finally {
    await site.trouble.end();
    await site.office.close();
    process.off("exit", killAtExit);
  }
}

function killAll(site: Site, owner: Owner, plan: readonly PlannedKill[], tally: Tally, random: Random) {
  const queueOf = (victim: Victim) => ({
    programs: site.programs,
    state: site.office.local.state,
    kills: plan.filter((kill) => kill.victim === victim),
    random,
    isWorkInFlight: owner.isWorkInFlight,
    onKill: tally.hit,
    onMiss: tally.miss,
    isOver: tally.isOver,
  });
  return Promise.all([killAgainAndAgain(queueOf("local-agent")), killAgainAndAgain(queueOf("mail-server"))]);
}

/** STOP.md comes and goes once, when half of the kills are over. */
async function haltHalfway(owner: Owner, plan: readonly PlannedKill[], tally: Tally, stopMs: number) {
  const names = new Set(plan.map(({ name }) => name));
  const done = () =>
    Object.entries(tally.points).reduce((sum, [name, n]) => (names.has(name) ? sum + n : sum), 0);
  await waitFor(() => done() >= plan.length / 2 || tally.isOver(), {
    what: "half of the kills",
    timeoutMs: 3_600_000,
    intervalMs: 100,
  });
  return owner.halt(stopMs);
}

/** Everything decided has ended, and its record is closed; when that does not come, the count says what hangs. */
async function waitForRest(site: Site, owner: Owner): Promise<void> {
  const isClosed = async () => {
    if (!owner.isAtRest()) return false;
    const { journal } = await gatherRemains(site, owner.cases, null);
    const open = owner.cases.filter(({ isTakenBack, approvals }) => !isTakenBack && approvals.length > 0);
    return open.every(({ reply }) => ["done", "parked"].includes(journal.get(reply.id) ?? ""));
  };
  await waitFor(isClosed, { what: "everything to rest", timeoutMs: SETTLE_MS, intervalMs: 300 }).catch(
    (error: unknown) => {
      if (!NightdeskError.is(error, "WAIT_TIMED_OUT")) throw error;
    },
  );
}
