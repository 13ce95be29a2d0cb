import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { FoundViolation } from "./enumerate.ts";
import { runShare, type ShareResult } from "./run-share.ts";

export interface SimOptions {
  seconds: number;
  seed: number;
  workers: number;
  isHunt: boolean;
}

export interface SimSummary extends Omit<ShareResult, "violations"> {
  violations: FoundViolation[];
  seed: number;
  seconds: number;
}

/** The simulator on several cores; what each found is added up. */
export async function runAll({ seconds, seed, workers, isHunt }: SimOptions): Promise<SimSummary> {
  const startMs = performance.now();
  const tasks = Array.from({ length: workers }, (_, share) => ({
    share,
    shares: workers,
    seed,
    seconds,
    isHunt,
  }));
  const [only] = tasks;
  const results =
    tasks.length === 1 && only ? [await runShare(only)] : await Promise.all(tasks.map(inWorker));
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
