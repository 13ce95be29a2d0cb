import type { Hold, HoldMatch } from "@nightdesk/testkit";
import { fail } from "./errors.ts";
import type { DemoMailbox } from "./demo-mailbox.ts";
import { isAlive, killHard } from "./processes.ts";
import { isDoneNote, shorten, stepTimeoutMs } from "./tell-the-night.ts";
import type { ScenarioResult, World } from "./world.ts";

/** The programs that send: PM2's names for them. */
const VICTIMS = ["local-agent", "local-email-mcp"];

interface KillPoint {
  name: string;
  /** In the owner's words. */
  what: string;
  /** The request to the mailbox in which the blow falls. */
  match: HoldMatch;
  /** The mailbox shows the mail as sent at that moment. */
  isSent: boolean;
  /** Lets the mailbox's answer arrive at the mail server, but keeps local-agent from writing it down. */
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
    isSent: false,
    letAnswerThrough: false,
  },
  {
    name: "before_send",
    what: "the draft is known, and the order to send it is on its way",
    match: { phase: "before", method: "POST", path: SEND },
    isSent: false,
    letAnswerThrough: false,
  },
  {
    name: "after_send",
    what: "the mail is out, and the answer is not here yet",
    match: { phase: "after", method: "POST", path: SEND },
    isSent: true,
    letAnswerThrough: false,
  },
  {
    name: "before_record",
    what: "the answer is here, and nothing is written down yet",
    match: { phase: "after", method: "POST", path: SEND },
    isSent: true,
    letAnswerThrough: true,
  },
];

/** The answer's way from the proxy through the mail server into local-agent's socket takes milliseconds. */
const ANSWER_MS = 500;

/** Kills the laptop's programs once at each point, each time with a mail of its own under way. */
export async function killAtEachPoint(world: World): Promise<ScenarioResult> {
  const killPoints: Record<string, number> = {};
  const problems: string[] = [];
  for (const [index, point] of POINTS.entries()) {
    const sentAtTheBlow = await killAt(world, point, index + 1);
    killPoints[point.name] = 1;
    if (sentAtTheBlow !== index + (point.isSent ? 1 : 0)) {
      problems.push(`the kill "${point.name}" fell at another moment: ${sentAtTheBlow} mails were out`);
    }
  }
  const kills = Object.values(killPoints).reduce((sum, count) => sum + count, 0);
  return { extra: { kills, killPoints }, problems };
}

async function killAt(world: World, point: KillPoint, sentAfterwards: number): Promise<number> {
  const { story, mailbox, owner, observer, zones } = world;
  const hold = await holdAt(mailbox, point.match);
  let reached = false;
  void hold.reached.then(() => (reached = true));
  try {
    let chosen: string | null = null;
    await story.during("The laptop gets to work", () =>
      owner.approveUntil(
        () => reached,
        `the moment when ${point.what}`,
        stepTimeoutMs(world),
        (note) => {
          chosen = note.id;
          story.say(`The owner moves to Approved/: ${shorten(note)}`);
        },
        // One note only, and that one again should it come back.
        (note) => chosen === null || note.id === chosen,
      ),
    );
    await observer.lookIntoMailbox();
    const sentAtTheBlow = observer.sentCount();
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
      // Only when all is over: a request of this mail's must not fall into the next one's trap.
      observer.until("the mail to be sent and its note to be in Done/", stepTimeoutMs(world), () => {
        const isFiled = observer
          .paths("local")
          .some((path) => isDoneNote(path) && chosen !== null && path.includes(chosen));
        return isFiled && observer.sentCount() >= sentAfterwards;
      }),
    );
    return sentAtTheBlow;
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

function holdAt({ hold }: DemoMailbox, match: HoldMatch): Promise<Hold> {
  if (hold) return hold(match);
  throw fail(
    "DEMO_USAGE",
    "--kill needs the pretend mailbox; a real mail server cannot be stopped half-way.",
  );
}
