import { NightdeskError } from "@nightdesk/claim-lib";
import { landDue } from "./deliver.ts";
import { OWNER_ACTS, type OwnerActName } from "./owner.ts";
import { Program } from "./program.ts";
import type { ExecWorld } from "./world.ts";

/** Something that takes place at a certain time of a run, whatever else is going on. */
export interface ExecEvent {
  atMs: number;
  act: OwnerActName;
  n: number;
}

/** The net under the watchers: every part looks again after this. */
const LOOK_EVERY_MS = 20_000;
/** A run that is not at rest after so many looks will never be: backoff makes an hour of 100 looks. */
const MAX_LOOKS = 300;

const PARTS = ["present", "reconcile", "approve"] as const;
const BUSY_PARTS = ["reconcile", "approve"] as const;

/** Starts the program and lets it work until nothing is left to do. */
export async function playToRest(world: ExecWorld, events: readonly ExecEvent[]): Promise<void> {
  const program = await startProgram(world);
  if (!program) return;
  let changes = 0;
  let changesAtRest = -1;
  let isLast = false;
  const before = world.onEffect;
  world.onEffect = (call) => {
    changes += 1;
    before?.(call);
  };
  for (let look = 0; look < MAX_LOOKS; look += 1) {
    landDue(world);
    await playEvents(world, events);
    // What waits for the owner is looked at first and last: nothing else brings it about here.
    const waitMs = await program.look(look === 0 || isLast ? PARTS : BUSY_PARTS);
    const next = events[world.events];
    const waits = [
      waitMs,
      next ? next.atMs - world.elapsedMs : null,
      ...world.outside.inFlight.map(({ atMs }) => atMs - world.elapsedMs),
    ].filter((wait) => wait !== null);
    if (isLast && waits.length === 0 && changes === changesAtRest) {
      world.onEffect = before;
      return;
    }
    isLast = waits.length === 0;
    changesAtRest = changes;
    world.elapsedMs += waits.length === 0 ? LOOK_EVERY_MS : Math.max(0, Math.min(...waits));
  }
  world.onEffect = before;
  world.report("it comes to rest", `still busy after ${MAX_LOOKS} looks`);
}

async function startProgram(world: ExecWorld): Promise<Program | null> {
  try {
    return await Program.start(world);
  } catch (error) {
    world.report("it starts again", error instanceof Error ? error.message : String(error));
    return null;
  }
}

/** What has become due, in its order. */
async function playEvents(world: ExecWorld, events: readonly ExecEvent[]): Promise<void> {
  for (let next = events[world.events]; next && next.atMs <= world.elapsedMs; next = events[world.events]) {
    world.events += 1;
    // A crash in the middle of the owner's own move is the owner's; it is over before anything else counts.
    const { onEffect } = world;
    world.onEffect = null;
    try {
      await OWNER_ACTS[next.act](world, next.n);
    } catch (error) {
      if (!NightdeskError.is(error)) throw error;
    } finally {
      world.onEffect = onEffect;
    }
    onEffect?.(`owner ${next.act} ${next.n}`);
  }
}
