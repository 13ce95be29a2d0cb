/** A middle and a worst value, in whole milliseconds; null when nothing was measured. */
export interface Latencies {
  p50: number | null;
  max: number | null;
}

/** Median (the lower of the two middle ones, so that it is a value that was measured) and maximum. */
export function summariseLatencies(valuesMs: readonly number[]): Latencies {
  const sorted = [...valuesMs].sort((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  const last = sorted.at(-1);
  return {
    p50: middle === undefined ? null : Math.round(middle),
    max: last === undefined ? null : Math.round(last),
  };
}

/** `0.35 s`, `12.3 s`, `2 min 5 s`; a dash when there is nothing. */
export function formatMs(valueMs: number | null): string {
  if (valueMs === null) return "-";
  if (valueMs < 1000) return `${Math.round(valueMs)} ms`;
  if (valueMs < 120_000) return `${(valueMs / 1000).toFixed(1)} s`;
  return `${Math.floor(valueMs / 60_000)} min ${Math.round((valueMs % 60_000) / 1000)} s`;
}
