/** How many effects may be begun; what is over waits where it is. */
export interface Caps {
  perHour: number;
  perDay: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A receipt is good for this long. Its nonce is bound to one handle, so a new one for the same handle is harmless. */
export const RECEIPT_TTL_MS = 10 * 60_000;

/** Effects under way at the same time. A mail takes under a second; more would only press on the provider's limits. */
export const MAX_PARALLEL = 4;

/** What the account said is asked again when it is older than this at the moment of sending. */
export const MAX_FACTS_AGE_MS = 30_000;

/** A decision that failed is tried again after this at the latest. */
export const MAX_RETRY_MS = 30_000;

/** Drafts are answers to the day's mail; what nobody decided on in a week is out of date. */
export const MAX_PENDING_MS = 7 * DAY_MS;

/** The first instant another effect may begin; null when that is now. `starts` are the instants of earlier ones. */
export function nextFreeAt(starts: readonly number[], nowMs: number, caps: Caps): number | null {
  const sorted = [...starts].sort((a, b) => a - b);
  const free = [freeAt(sorted, nowMs, caps.perHour, HOUR_MS), freeAt(sorted, nowMs, caps.perDay, DAY_MS)];
  const latest = Math.max(...free);
  return latest > nowMs ? latest : null;
}

function freeAt(sorted: readonly number[], nowMs: number, cap: number, spanMs: number): number {
  // An instant ahead of the clock (it was set back) still counts, or a wrong clock would lift the cap.
  const recent = sorted.filter((start) => start > nowMs - spanMs);
  if (recent.length < cap) return nowMs;
  const blocking = recent[recent.length - cap] ?? nowMs;
  return blocking + spanMs;
}
