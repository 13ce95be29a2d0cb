import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { FoundViolation } from "./enumerate.ts";
import { EXEC_SCENARIOS } from "./execution/scenarios.ts";
import { runShare, type Part, type ShareResult } from "./run-share.ts";

export interface SimOptions {
  seconds: number;
  seed: number;
  workers: number;
  isHunt: boolean;
  /** Only this part of it; null for all. */
  only?: Part | null;
}

export interface SimSummary extends Omit<ShareResult, "violations"> {
  violations: FoundViolation[];
  /** How many scenarios of the execution there are. */
  execOf: number;
  seed: number;
  seconds: number;
}

/** The simulator on several cores; what each found is added up. */
export async function runAll(options: SimOptions): Promise<SimSummary> {
  const { seconds, seed, workers, isHunt, only = null } = options;
  const startMs = performance.now();
  const tasks = Array.from({ length: workers }, (_, share) => ({
    share,
    shares: workers,
    seed,
    seconds,
    isHunt,
    only,
  }));
  const [single] = tasks;
  const results =
    tasks.length === 1 && single ? [await runShare(single)] : await Promise.all(tasks.map(inWorker));
  const sum = (pick: (result: ShareResult) => number) =>
    results.reduce((total, result) => total + pick(result), 0);
  return {
    plans: sum(({ plans }) => plans),
    doubles: sum(({ doubles }) => doubles),
    runs: sum(({ runs }) => runs),
    schedules: sum(({ schedules }) => schedules),
    calls: sum(({ calls }) => calls),
    faults: sum(({ faults }) => faults),
    drills: sum(({ drills }) => drills),
    singles: sum(({ singles }) => singles),
    crashedAgain: sum(({ crashedAgain }) => crashedAgain),
    execPlans: sum(({ execPlans }) => execPlans),
    execDoubles: sum(({ execDoubles }) => execDoubles),
    execRuns: sum(({ execRuns }) => execRuns),
    execFaults: sum(({ execFaults }) => execFaults),
    execScenarios: sum(({ execScenarios }) => execScenarios),
    execOf: EXEC_SCENARIOS.length,
    violations: results.flatMap(({ violations }) => violations),
    seed,
    seconds: Math.round((performance.now() - startMs) / 100) / 10,
  };
}

async function inWorker(workerData: object): Promise<ShareResult> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData });
  const failed = once(worker, "error").then(([error]) => Promise.reject(error as Error));
  const [message] = (await Promise.race([once(worker, "message"), failed])) as [ShareResult];
  await worker.terminate();
  return message;
}
