import type { Contention } from "./contention.ts";
import type { SideIdle } from "./measure-idle.ts";
import type { Latency } from "./quantiles.ts";
import type { SizeResult } from "./run-size.ts";
import type { ModeId } from "./sync-options.ts";

/** True or false as measured in this run; null where it was not measured. */
export type Aims = Record<
  | "announcedP50Under1s"
  | "announcedP95Under2s"
  | "within2xOfPlainGit"
  | "fasterThanPlainGitAt100000"
  | "aheadOfSyncthing"
  | "noStarvation"
  | "idleCpuUnderHalfPercent"
  | "noProcessWhileIdle"
  | "rssUnder90MbAt100000",
  boolean | null
>;

const LARGE = 100_000;
const ANNOUNCED: readonly ModeId[] = ["announced", "deployed"];

/** Holds the figures of one run against what was aimed for. */
export function judgeAims(sizes: readonly SizeResult[], contention: Contention | null): Aims {
  const ours = sizes.flatMap(({ latencies }) => ANNOUNCED.flatMap((mode) => latencies[mode] ?? []));
  const small = sizes.filter(({ size }) => size < LARGE);
  const large = sizes.filter(({ size }) => size >= LARGE);
  return {
    announcedP50Under1s: every(ours, (one) => isWhole(one) && one.p50Ms < 1_000),
    announcedP95Under2s: every(ours, (one) => isWhole(one) && one.p95Ms < 2_000),
    within2xOfPlainGit: compare(small, "git", (our, git) => our <= 2 * git),
    fasterThanPlainGitAt100000: compare(large, "git", (our, git) => our < git),
    aheadOfSyncthing: compare(sizes, "syncthing-fast", (our, theirs) => our < theirs),
    noStarvation: contention === null ? null : isWhole(contention) && contention.p95Ms < 2_000,
    idleCpuUnderHalfPercent: every(daemonsOf(sizes), ({ cpuPercent }) => cpuPercent < 0.5),
    noProcessWhileIdle: every(
      daemonsOf(sizes).flatMap(({ started }) => started ?? []),
      (started) => started === 0,
    ),
    rssUnder90MbAt100000: every(daemonsOf(large), ({ main }) => main !== null && main.rssMb < 90),
  };
}

function isWhole({ missed, rounds }: Latency): boolean {
  return missed === 0 && rounds > 0;
}

function every<T>(values: readonly T[], holds: (value: T) => boolean): boolean | null {
  return values.length === 0 ? null : values.every(holds);
}

/** Both announced modes against another, at each of these sizes. */
function compare(
  sizes: readonly SizeResult[],
  mode: ModeId,
  holds: (ourP50Ms: number, theirP50Ms: number) => boolean,
): boolean | null {
  const both = sizes.flatMap(({ latencies }) => {
    const theirs = latencies[mode];
    if (!theirs) return [];
    return ANNOUNCED.flatMap((one) => (latencies[one] ? [{ ours: latencies[one], theirs }] : []));
  });
  return every(both, ({ ours, theirs }) => isWhole(ours) && holds(ours.p50Ms, theirs.p50Ms));
}

/** The machines that run vault-sync; the server between them runs git and sshd. */
function daemonsOf(sizes: readonly SizeResult[]): SideIdle[] {
  return sizes.flatMap(({ idle }) =>
    ANNOUNCED.flatMap((mode) => (["A", "B"] as const).flatMap((side) => idle[mode]?.[side] ?? [])),
  );
}
