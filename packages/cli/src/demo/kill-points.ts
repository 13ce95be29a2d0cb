import type { Hold, HoldMatch } from "@nightdesk/testkit";
import { fail } from "./errors.ts";
import { isAlive, killHard } from "./processes.ts";
import { shorten, stepTimeoutMs } from "./tell-the-night.ts";
import type { ScenarioResult, World } from "./world.ts";

/** The programs that send: PM2's names for them. */
const VICTIMS = ["local-agent", "local-email-mcp"];

interface KillPoint {
  name: string;
  /** In the owner's words. */
  what: string;
  /** The request to the mailbox in which the blow falls. */
  match: HoldMatch;
  /** Hears the mailbox's answer arrive at the mail server, but keeps local-agent from writing it down. */
  letAnswerThrough: boolean;
}

const CREATE = /\/drafts$/;
const SEND = /\/drafts\/send$/;

/** Between the draft's creation, its sending and its record: every gap there is. */
const POINTS: readonly KillPoint[] = [
  {
    name: "draft_created",
    what: "the draft exists, and nobody here knows its number yet",
    match: { phase: "after", method: "POST", path: CREATE },
    letAnswerThrough: false,
  },
  {
    name: "before_send",
    what: "the draft is known, and the order to send it is on its way",
    match: { phase: "before", method: "POST", path: SEND },
    letAnswerThrough: false,
  },
  {
    name: "after_send",
    what: "the mail is out, and the answer is not here yet",
    match: { phase: "after", method: "POST", path: SEND },
    letAnswerThrough: false,
  },
  {
    name: "before_record",
    what: "the answer is here, and nothing is written down yet",
    match: { phase: "after", method: "POST", path: SEND },
    letAnswerThrough: true,
  },
];

/** The answer's way from the proxy through the mail server into local-agent's socket takes milliseconds. */
const ANSWER_MS = 500;

export const KILLS = POINTS.length;

/** Kills the laptop's programs once at each point, each time with a mail of its own under way. */
export async function killAtEachPoint(world: World): Promise<ScenarioResult> {
  const killPoints: Record<string, number> = {};
  for (const [index, point] of POINTS.entries()) {
    killPoints[point.name] = await killAt(world, point, index + 1);
  }
  const kills = Object.values(killPoints).reduce((sum, count) => sum + count, 0);
  const problems = kills === POINTS.length ? [] : [`only ${kills} of ${POINTS.length} kills were made`];
  return { extra: { kills, killPoints }, problems };
}

async function killAt(world: World, point: KillPoint, sentAfterwards: number): Promise<number> {
  const { story, gmail, owner, observer, zones } = world;
  const hold = await gmail.hold(point.match);
  let reached = false;
  void hold.reached.then(() => (reached = true));
  try {
    const before = owner.approvals().length;
    await owner.approveUntil(
      () => owner.approvals().length > before,
      "a note to approve",
      stepTimeoutMs(world),
      (note) => story.say(`The owner moves to Approved/: ${shorten(note)}`),
    );
    await story.during("The laptop gets to work", () =>
      observer.until(`the moment when ${point.what}`, stepTimeoutMs(world), () => reached),
    );
    const killed = await killSenders(world, hold, point.letAnswerThrough);
    story.say(`Killed (SIGKILL) while ${point.what}.`);
    await story.during("PM2 starts them again", () =>
      observer.until("the killed programs to run again", stepTimeoutMs(world), async () => {
        const running = (await zones.local.list()).filter(
          (one) => VICTIMS.includes(one.name) && one.status === "online",
        );
        return (
          running.length === VICTIMS.length &&
          running.every((one) => one.pid > 0 && !killed.includes(one.pid))
        );
      }),
    );
    await story.during("They find out what had happened", () =>
      observer.until(
        `${sentAfterwards} replies to be sent`,
        stepTimeoutMs(world),
        () => observer.sentCount() >= sentAfterwards,
      ),
    );
    return 1;
  } finally {
    await hold.release("drop");
  }
}

/** SIGKILL for both, with the request still held in between; returns whom it hit. */
async function killSenders(world: World, hold: Hold, letAnswerThrough: boolean): Promise<number[]> {
  const victims = (await world.zones.local.list()).filter((one) => VICTIMS.includes(one.name) && one.pid > 0);
  if (victims.length !== VICTIMS.length) {
    throw fail(
      "DEMO_COMMAND_FAILED",
      `PM2 does not run ${VICTIMS.join(" and ")} on the laptop; nobody was killed.`,
    );
  }
  const pids = victims.map((one) => one.pid);
  if (letAnswerThrough) {
    // Stopped, it cannot act on the answer that now reaches its socket.
    for (const one of victims) if (one.name === "local-agent") process.kill(one.pid, "SIGSTOP");
    await hold.release();
    await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
  }
  killHard(pids);
  await world.observer.until(
    "the killed programs to be gone",
    stepTimeoutMs(world),
    () => !pids.some(isAlive),
  );
  return pids;
}
