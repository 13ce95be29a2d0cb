import { describeError, FOLDERS } from "@nightdesk/claim-lib";
import { waitFor } from "@nightdesk/testkit";
import { readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Attempt, Forgery, Trace } from "./forgery.ts";
import { openStage, type Stage } from "./stage.ts";

export interface ForgeOptions {
  forgeries: readonly Forgery[];
  /** An empty folder with a short path. */
  folder: string;
  /** How long a refusal may take to be recorded. */
  patienceMs?: number;
  say: (line: string) => void;
}

/** How one forgery ended. */
export interface Outcome {
  name: string;
  group: string;
  /** What it was refused for; null when that is not the named reason. */
  reason: string | null;
  /** How often the honest twin was carried out. */
  control: number;
  /** What is not as promised, in plain words. */
  faults: string[];
}

export interface ForgeResult {
  outcomes: Outcome[];
  /** Mails that went out without the owner's word for exactly them. */
  executed: string[];
  seconds: number;
}

interface Running {
  forgery: Forgery;
  attempt: Attempt;
  trace: Trace;
  faults: string[];
}

/** A busy machine takes half a minute to let five hundred notes in, and tells only then of the rest. */
const PATIENCE_MS = 120_000;
/** Hundreds of notes come in at once and are checked one after the other. */
const ALL_CHECKED_MS = 240_000;
/** A count reads every mail there is. */
const COUNT_EVERY_MS = 500;
/** As many attackers and owners as one laptop has. */
const AT_ONCE = 8;
/** Twin and victim in the count of mails. */
const twinKey = ({ forgery }: Running) => `${forgery.name}: twin`;
const victimKey = ({ forgery }: Running) => `${forgery.name}: victim`;
const isCall = ({ forgery }: Running) =>
  (forgery.twin ?? (forgery.group === "tools" ? "call" : "note")) === "call";

/** Carries out every forgery beside its honest twin and counts at the provider what came of both. */
export async function runForge(options: ForgeOptions): Promise<ForgeResult> {
  const { forgeries, folder, patienceMs = PATIENCE_MS, say } = options;
  const startMs = performance.now();
  const stage = await openStage(folder);
  try {
    const all = await inPool(forgeries, (forgery) => draft(stage, forgery));
    await bringBeforeOwner(stage, all);
    say(`${all.length} forgeries and their twins are before the owner.`);
    const [together, sent, alone] = [undefined, "sent", "alone"].map((when) =>
      all.filter(({ forgery }) => forgery.when === when),
    );
    await Promise.all([
      inPool(all, (one) => guarded(one, () => approveTwin(stage, one))),
      inPool(together ?? [], (one) => attack(stage, one, patienceMs)),
    ]);
    await untilSent(stage, all.map(twinKey), patienceMs);
    say("The twins are sent.");
    await inPool(sent ?? [], (one) => attack(stage, one, patienceMs));
    const later = all.filter(({ forgery }) => forgery.victimGoesOut === "afterwards");
    await inPool(later, (one) => guarded(one, () => stage.approve(one.attempt.victim)));
    await untilSent(stage, later.map(victimKey), patienceMs);
    for (const one of alone ?? []) await attack(stage, one, patienceMs);
    await untilAtRest(stage);
    const counted = await stage.mails.count();
    const outcomes = await inPool(all, (one) => judge(stage, one, counted.sent));
    return { outcomes, executed: counted.executed, seconds: seconds(performance.now() - startMs) };
  } finally {
    await stage.close();
  }
}

async function draft(stage: Stage, forgery: Forgery): Promise<Running> {
  const { name, reply } = forgery;
  const make = (what: string) =>
    stage.office.draft({
      subject: `${name} ${what}`,
      text: `Hello Anna,\n\nThursday works. This is the ${what} of ${name.replaceAll("_", "-")}.`,
      ...reply,
    });
  const attempt = { name, victim: await make("victim"), twin: await make("twin"), twinAnswer: null };
  const one = { forgery, attempt, trace: {}, faults: [] };
  stage.mails.allow(twinKey(one), attempt.twin);
  if (forgery.victimGoesOut) stage.mails.allow(victimKey(one), attempt.victim);
  return one;
}

async function bringBeforeOwner(stage: Stage, all: readonly Running[]): Promise<void> {
  const notes = all.flatMap((one) => [
    ...(one.forgery.victim === "waiting" ? [one.attempt.victim] : []),
    ...(isCall(one) ? [] : [one.attempt.twin]),
  ]);
  await stage.bring(notes);
  // A look at each costs a read; all at once would keep the laptop's programs from their work.
  await inPool(notes, (note) => stage.untilChecked(note, ALL_CHECKED_MS));
}

async function approveTwin(stage: Stage, one: Running): Promise<void> {
  const { forgery, attempt } = one;
  const { tools } = stage;
  if (forgery.approveTwin) return forgery.approveTwin(stage, attempt);
  if (!isCall(one)) return stage.approve(attempt.twin);
  attempt.twinAnswer = await tools.carryOut(tools.receipt(attempt.twin), tools.argsOf(attempt.twin));
}

/** The attack, and then the wait for what the system says to it. */
async function attack(stage: Stage, one: Running, patienceMs: number): Promise<void> {
  const { forgery, attempt } = one;
  await guarded(one, async () => {
    one.trace = (await forgery.attack(stage, attempt)) ?? {};
    if (one.trace.said) return;
    await waitFor(
      async () =>
        (await stage.refusals([attempt.victim.id], one.trace)).some((words) =>
          words.includes(forgery.reason),
        ),
      { what: `"${forgery.reason}"`, timeoutMs: patienceMs, intervalMs: 100 },
    ).catch(() => undefined);
  });
}

async function guarded(one: Running, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    one.faults.push(`it could not be carried out: ${describeError(error)}`);
  }
}

/** Until all of them are sent, or none has been for as long as the patience lasts. */
async function untilSent(stage: Stage, keys: readonly string[], patienceMs: number): Promise<void> {
  let count = 0;
  let sinceMs = performance.now();
  for (;;) {
    const { sent } = await stage.mails.count();
    const now = keys.filter((key) => sent.has(key)).length;
    if (now !== count) [count, sinceMs] = [now, performance.now()];
    // What is missing is a fault of its forgery, named with it.
    if (count === keys.length || performance.now() - sinceMs > patienceMs) return;
    await sleep(COUNT_EVERY_MS);
  }
}

/** Until nothing is on its way any more: what lies there now has been decided on, or waits for the owner. */
async function untilAtRest(stage: Stage): Promise<void> {
  const folders = [FOLDERS.approved, FOLDERS.scheduled, `${FOLDERS.inProgress}/local`];
  await waitFor(
    async () => {
      const lists = folders.map((folder) =>
        readdir(stage.vault.path(folder), { withFileTypes: true }).catch(() => []),
      );
      return (await Promise.all(lists))
        .flat()
        .every((entry) => !entry.isFile() || entry.name.startsWith("."));
    },
    { what: "everything to rest", timeoutMs: 30_000, describe: stage.office.logs },
  );
}

async function judge(stage: Stage, one: Running, sent: ReadonlyMap<string, number>): Promise<Outcome> {
  const { forgery, attempt, trace, faults } = one;
  const found = await stage.refusals([attempt.victim.id], trace);
  const named = found.find((words) => words.includes(forgery.reason)) ?? null;
  const known = [forgery.reason, ...(forgery.also ?? [])];
  const others = found.filter((words) => !known.some((reason) => words.includes(reason)));
  const control = sent.get(twinKey(one)) ?? 0;
  const victim = sent.get(victimKey(one)) ?? 0;
  return {
    name: forgery.name,
    group: forgery.group,
    reason: named === null ? null : forgery.reason,
    control,
    faults: [
      ...faults,
      ...(named === null ? [`it was not refused for "${forgery.reason}"`] : []),
      ...others.map((words) => `it was refused for another reason: ${words}`),
      ...(control === 1 ? [] : [`its honest twin was carried out ${control} times`]),
      ...(forgery.victimGoesOut && victim !== 1
        ? [`the attacked note, as it was shown, was carried out ${victim} times`]
        : []),
    ],
  };
}

async function inPool<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) results[at] = await work(items[at] as T);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
