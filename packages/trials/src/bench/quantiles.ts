/** Nearest rank, so that the answer is a value that was measured. NaN for no values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export interface Latency {
  p50Ms: number;
  p95Ms: number;
  worstMs: number;
  rounds: number;
  /** Renames that were never seen. */
  missed: number;
}

/** @param samplesMs null for a rename that was not seen */
export function summarise(samplesMs: readonly (number | null)[]): Latency {
  const seen = samplesMs.filter((sample) => sample !== null);
  const at = (share: number) => Math.round(quantile(seen, share) * 10) / 10;
  return {
    p50Ms: at(0.5),
    p95Ms: at(0.95),
    worstMs: at(1),
    rounds: samplesMs.length,
    missed: samplesMs.length - seen.length,
  };
}
