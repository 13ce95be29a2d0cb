import type { Random } from "@nightdesk/claim-lib";
import type { FaultRule, GmailControl } from "@nightdesk/testkit";
import { CALM, type BlindWorld } from "./blind-world.ts";

/** A provider that misbehaves from `start` on and is itself again after `end`. */
export interface Trouble {
  start(): void;
  end(): Promise<void>;
}

const CHANGE_MS = 800;
/** Gmail's own index was seen to lag by seconds; so does a Sent folder's. */
const MAX_LAG_MS = 8_000;
const MAX_DELAY_MS = 400;
/** Of the changes, those in which the lag changes too: every six seconds or so. */
const LAG_CHANGE_SHARE = 0.13;

const DRAFT: FaultRule["match"] = { method: "POST", path: /\/drafts$/ };
const SEND: FaultRule["match"] = { method: "POST", path: /\/drafts\/send$/ };
const READ: FaultRule["match"] = { method: "GET", path: /\/users\/me\// };
/** Everything that lists; what is asked for by its own id is always there. */
const LISTS: FaultRule["match"] = { method: "GET", path: /\/(messages|drafts|threads\/[^/]+)$/ };

/** How one request that changes something goes wrong. */
const BLOWS: readonly Omit<FaultRule, "match">[] = [
  { kind: "status", status: 429, retryAfterSeconds: 1 },
  { kind: "status", status: 500 },
  { kind: "status", status: 503 },
  { kind: "reset-before" },
  { kind: "lost-reply" },
  { kind: "lost-reply" },
  { kind: "delay", delayMs: MAX_DELAY_MS },
];

/** Each keeps one mail waiting for 20 s, or until the server dies: rare, or nothing else would happen. */
const SILENCES: typeof BLOWS = [{ kind: "stall" }, { kind: "stall-after" }];
const SILENCE_SHARE = 0.1;
/** Of the requests that change something, and of those that look. */
const CHANGE_SHARE = 0.4;
const LOOK_SHARE = 0.06;

const LOOKS: readonly Omit<FaultRule, "match">[] = [
  { kind: "status", status: 429, retryAfterSeconds: 1 },
  { kind: "status", status: 500 },
  { kind: "status", status: 503 },
  { kind: "reset-before" },
  { kind: "delay", delayMs: MAX_DELAY_MS },
];

/** A lag that changed as often as the rest would be gone before anybody gave up waiting for it. */
function createLag(random: Random): () => number {
  let lagMs = MAX_LAG_MS;
  return () => {
    if (random.fraction() < LAG_CHANGE_SHARE) lagMs = random.fraction() * MAX_LAG_MS;
    return lagMs;
  };
}

export function troubleGmail(gmail: GmailControl, random: Random): Trouble {
  const lag = createLag(random);
  return keepChanging(
    async () => {
      await gmail.faults.clear();
      const match = random.fraction() < 0.5 ? DRAFT : SEND;
      const blow = pick(random, random.fraction() < SILENCE_SHARE ? SILENCES : BLOWS);
      await gmail.faults.add({ match, ...blow, times: 1, probability: CHANGE_SHARE });
      await gmail.faults.add({ match: READ, ...pick(random, LOOKS), probability: LOOK_SHARE });
      // Of several rules the oldest that hits is taken: the lag is what is left.
      await gmail.faults.add({ match: LISTS, kind: "index-lag", delayMs: lag() });
    },
    () => gmail.faults.clear(),
  );
}

export function troubleBlind(world: BlindWorld, random: Random): Trouble {
  const lag = createLag(random);
  const share = (most: number) => (random.fraction() < 0.5 ? 0 : random.fraction() * most);
  return keepChanging(
    () =>
      world.setMood({
        lagMs: lag(),
        delayMs: share(MAX_DELAY_MS),
        busy: share(0.2),
        brokenBefore: share(0.3),
        brokenAfter: share(0.4),
        silentAfter: share(0.2),
      }),
    () => world.setMood(CALM),
  );
}

function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[Math.floor(random.fraction() * items.length)];
  if (item === undefined) throw new RangeError("there is nothing to pick from");
  return item;
}

function keepChanging(change: () => Promise<void>, calm: () => Promise<void>): Trouble {
  const state = { isOver: false };
  let wake = () => {};
  let running = Promise.resolve();
  const live = async () => {
    while (!state.isOver) {
      await change();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, CHANGE_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await calm();
  };
  return {
    start() {
      running = live();
    },
    async end() {
      state.isOver = true;
      wake();
      await running;
    },
  };
}
