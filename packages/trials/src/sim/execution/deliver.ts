import { checkEffect, readSent } from "./checks.ts";
import type { Draft, InFlight, RequestName, Sent } from "./outside.ts";
import type { ExecWorld } from "./world.ts";

/** A request whose sender gave up arrives after this. */
const LATE_MS = 7_000;
/** How long a caller waits for an answer that does not come. */
const TIMEOUT_MS = 30_000;
const SLOW_MS = 20_000;

/**
 * One request to the provider with whatever goes wrong with it.
 * @param happen what it does there; `draft` is what it is about, for a request that arrives late
 */
export async function meetFault<T>(
  world: ExecWorld,
  at: RequestName,
  happen: () => T,
  draft?: Draft,
): Promise<T> {
  const fault = world.takeFault(at)?.fault;
  switch (fault) {
    case "429":
      throw answerError(429, "rateLimitExceeded");
    case "500":
      throw answerError(500, "backendError");
    case "denied":
      if (draft) world.excuse(readSent(world, draft).n, "denied");
      throw answerError(400, "invalidArgument");
    case "500-after":
      happen();
      throw answerError(500, "backendError");
    case "lost-request":
      throw broken("ECONNRESET");
    case "lost-answer":
      happen();
      throw broken("ECONNRESET");
    case "timeout":
      happen();
      world.elapsedMs += TIMEOUT_MS;
      throw broken("ETIMEDOUT");
    case "late":
      if (draft && at !== "look") {
        const flight: InFlight = { atMs: world.elapsedMs + LATE_MS, what: at, draft };
        world.change(`late ${at}`, { inFlight: [...world.outside.inFlight, flight] });
      }
      throw broken("ECONNRESET");
    case "slow": {
      const result = happen();
      world.elapsedMs += SLOW_MS;
      return result;
    }
    default:
      return happen();
  }
}

/** As the Google client gives it. */
export function answerError(status: number, reason: string): Error {
  const response = { status, data: { error: { errors: [{ reason }] } }, headers: new Headers() };
  return Object.assign(new Error(`${status} ${reason}`), { response });
}

function broken(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** What a request does when it arrives. */
export function land(world: ExecWorld, { what, draft }: InFlight): void {
  if (what === "send") deliver(world, draft, true);
  else world.change(`create ${draft.id}`, { drafts: [...world.outside.drafts, draft] });
}

/** Requests that were under way arrive when their time has come. */
export function landDue(world: ExecWorld): void {
  const due = world.outside.inFlight.filter(({ atMs }) => atMs <= world.elapsedMs);
  if (due.length === 0) return;
  world.outside = {
    ...world.outside,
    inFlight: world.outside.inFlight.filter((one) => !due.includes(one)),
  };
  for (const flight of due) {
    if (flight.what === "create") world.outside = { ...world.outside, lateDraft: true };
    land(world, flight);
  }
}

/**
 * It happens. Null when the provider itself does not do it again: the draft's id is used up, or the reference is
 * taken. Mail handed to a mail server goes out as often as it is handed over.
 * @param isLate it was asked for by somebody who has given up since
 */
export function deliver(world: ExecWorld, draft: Draft, isLate = false): Sent | null {
  const { outside, kind } = world;
  if (kind === "handle" && !outside.drafts.some(({ id }) => id === draft.id)) return null;
  const known = outside.sent.find(({ ref }) => ref === draft.ref);
  if (kind === "idempotent" && known) return known;
  const id = `sent-${outside.sent.length + 1}`;
  const { content, threadId, ref } = draft;
  const sent: Sent = {
    id,
    draftId: draft.id,
    content,
    threadId,
    ref,
    atMs: world.trueMs,
    visibleAtMs: world.trueMs + (kind === "idempotent" ? 0 : world.lagMs),
  };
  world.outside = {
    ...outside,
    drafts: outside.drafts.filter((one) => one.id !== draft.id),
    sent: [...outside.sent, sent],
  };
  checkEffect(world, sent, isLate);
  world.onEffect?.(`effect ${draft.id}`);
  return sent;
}
