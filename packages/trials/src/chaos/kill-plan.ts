import { FAILPOINTS, type FailpointName } from "@nightdesk/vault-sync";
import { WORKER_STEPS } from "./places.ts";

export type MachineName = "cloud" | "local";

/** How a blow falls. */
type Blow =
  /** The process ends itself at a named place. */
  | { kind: "at"; point: string }
  /** At any time after its start. */
  | { kind: "any-time" }
  /** While git talks to the remote: the daemon alone, with all it started, or git alone. */
  | { kind: "during-git"; whom: "daemon" | "all" | "git" };

export interface PlannedKill {
  machine: MachineName;
  program: "daemon" | "worker";
  /** Under this name it is counted. */
  name: string;
  blow: Blow;
}

/** Only the laptop has a ledger of what was presented. */
const LAPTOP_ONLY: readonly FailpointName[] = ["after:presented"];

/**
 * Which kills to make, evenly over every kind there is, the named places first. Kinds that both machines know
 * go to the two in turn.
 */
export function planKills(count: number): PlannedKill[] {
  const kinds: ((turn: number) => PlannedKill)[] = [
    ...FAILPOINTS.map(
      (point) => (turn: number) => daemonKill(point, { kind: "at", point }, machineFor(point, turn)),
    ),
    (turn) => daemonKill("daemon:any-time", { kind: "any-time" }, either(turn)),
    (turn) => daemonKill("git:daemon-only", { kind: "during-git", whom: "daemon" }, either(turn)),
    (turn) => daemonKill("git:all", { kind: "during-git", whom: "all" }, either(turn)),
    (turn) => daemonKill("git:git-only", { kind: "during-git", whom: "git" }, either(turn)),
    ...(["cloud", "local"] as const).flatMap((machine) =>
      WORKER_STEPS[machine].map((point) => () => workerKill(machine, point, { kind: "at", point })),
    ),
    (turn) => workerKill(either(turn), "worker:any-time", { kind: "any-time" }),
  ];
  return Array.from({ length: count }, (_, n) => {
    const kind = kinds[n % kinds.length];
    const turn = Math.floor(n / kinds.length) + (n % kinds.length);
    return kind?.(turn);
  }).filter((kill) => kill !== undefined);
}

function machineFor(point: FailpointName, turn: number): MachineName {
  return LAPTOP_ONLY.includes(point) ? "local" : either(turn);
}

function either(turn: number): MachineName {
  return turn % 2 === 0 ? "cloud" : "local";
}

function daemonKill(name: string, blow: Blow, machine: MachineName): PlannedKill {
  return { machine, program: "daemon", name, blow };
}

function workerKill(machine: MachineName, name: string, blow: Blow): PlannedKill {
  return { machine, program: "worker", name, blow };
}
