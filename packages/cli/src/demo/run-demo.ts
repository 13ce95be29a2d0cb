import { describeError, NightdeskError } from "@nightdesk/claim-lib";
import { killAtEachPoint } from "./kill-points.ts";
import { DEMO_USAGE, parseDemoArguments, type DemoOptions } from "./parse-arguments.ts";
import { keepMailbox } from "./keep-mailbox.ts";
import { keepLogs, removePlaces } from "./make-places.ts";
import { openWorld, type WorldParts } from "./open-world.ts";
import { recountWorld } from "./recount-world.ts";
import { printTable, type Outcome } from "./report.ts";
import { runAttack } from "./run-attack.ts";
import { createStory, type Story, type StoryOutput } from "./story.ts";
import { approveAll, MAILS_AT_NIGHT_AT_MOST, openLaptop, playNight, seeItDone } from "./tell-the-night.ts";
import { fail } from "./errors.ts";
import { waitForHand } from "./wait-for-hand.ts";
import type { ScenarioResult, World } from "./world.ts";

/** What a program that ends by a signal is expected to answer: 128 and the signal's number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
/** Of each log when something went wrong. */
const LOG_LINES = 15;

/** `nightdesk demo`: the whole of it on this machine. Resolves with the exit code; leaves nothing running. */
export async function runDemo(argv: string[]): Promise<number> {
  const options = parse(argv);
  if (typeof options === "number") return options;
  const story = createStory(storyOutput(options), () => performance.now());
  const world: Partial<WorldParts> = {};
  const stop = listenForSignals(world, story);
  let exitCode = 1;
  let result: Record<string, unknown> = { ok: false };
  try {
    const outcome = await play(await openWorld(options, story, world, stop.check), stop.check);
    printTable(story, outcome);
    exitCode = outcome.ok ? 0 : 1;
    result = outcome.json;
  } catch (error) {
    const signalCode = stop.exitCode();
    exitCode = signalCode ?? 1;
    // After a signal whatever failed failed because of it.
    result = { ok: false, error: describeError(signalCode === null ? error : stopped()) };
    if (signalCode === null) await tellFailure(world, story, error);
  } finally {
    await cleanUp(world, story);
    stop.close();
  }
  // After everything else, so that it is the last line also where both outputs go to one file.
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  return exitCode;
}

function parse(argv: string[]): DemoOptions | number {
  try {
    const options = parseDemoArguments(argv, process.env["INIT_CWD"] ?? process.cwd());
    if (!options.help) return options;
    process.stdout.write(DEMO_USAGE);
    return 0;
  } catch (error) {
    process.stderr.write(`${NightdeskError.is(error) ? error.message : describeError(error)}\n`);
    return 2;
  }
}

/** With --json the story goes to stderr, so that stdout holds the result and nothing else. */
function storyOutput({ json }: DemoOptions): StoryOutput {
  const stream = json ? process.stderr : process.stdout;
  return { write: (text) => void stream.write(text), isTerminal: stream.isTTY === true };
}

async function play(world: World, check: () => void): Promise<Outcome> {
  const { options, story, observer } = world;
  const night = options.mails > MAILS_AT_NIGHT_AT_MOST ? options.mails - 1 : options.mails;
  await playNight(world, night);
  check();
  await openLaptop(world);
  check();
  const scenario = await playScenario(world);
  check();
  if (night < options.mails) {
    story.say("One more mail arrives, now that both sides run.");
    await world.postman.deliver(options.mails - night, (mail) =>
      story.say(`Mail from ${mail.fromName} (${mail.kind}): ${mail.subject}`),
    );
  }
  const toBeSent = world.postman.arrived().filter((mail) => mail.expectsReply).length;
  await approveAll(world, toBeSent);
  check();
  await seeItDone(world);
  const outcome = await recountWorld(world, scenario);
  observer.stop(fail("DEMO_STOPPED", "The demo has ended."));
  return outcome;
}

async function playScenario(world: World): Promise<ScenarioResult> {
  if (world.options.manual) await waitForHand(world);
  if (world.options.kill) return killAtEachPoint(world);
  if (world.options.attack) return runAttack(world);
  return { extra: {}, problems: [] };
}

interface Stop {
  /** Throws DEMO_STOPPED after a signal. */
  check(): void;
  exitCode(): number | null;
  close(): void;
}

/** A signal ends every wait, so that the clean-up below runs as it does at the end. */
function listenForSignals(world: Partial<WorldParts>, story: Story): Stop {
  let exitCode: number | null = null;
  const handlers = Object.entries(SIGNALS).map(([signal, code]) => {
    const handler = () => {
      story.say(
        exitCode === null
          ? "Stopping; everything that was started is being ended ..."
          : "Still cleaning up; a moment ...",
      );
      exitCode ??= code;
      world.observer?.stop(stopped());
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  const onCrash = (error: unknown) => {
    story.say(`Something unforeseen went wrong: ${describeError(error)}`);
    world.observer?.stop(error instanceof Error ? error : new Error(String(error)));
  };
  process.on("uncaughtException", onCrash);
  handlers.push(() => process.off("uncaughtException", onCrash));
  return {
    check() {
      if (exitCode !== null) throw stopped();
    },
    exitCode: () => exitCode,
    close: () => handlers.forEach((remove) => remove()),
  };
}

function stopped() {
  return fail("DEMO_STOPPED", "The demo was stopped.");
}

async function tellFailure(world: Partial<WorldParts>, story: Story, error: unknown): Promise<void> {
  story.say(`The demo failed: ${describeError(error)}`);
  for (const zone of Object.values(world.zones ?? {})) {
    story.print(`\nThe last lines of the ${zone.name === "cloud" ? "cloud" : "laptop"}'s programs:`);
    story.print(await zone.lastLines(LOG_LINES).catch((reason: unknown) => describeError(reason)));
  }
}

/** Ends everything that was started, in the reverse order, whatever fails on the way. */
async function cleanUp(world: Partial<WorldParts>, story: Story): Promise<void> {
  const { zones, observer, mailbox, places, options } = world;
  const problems: unknown[] = [];
  const attempt = async (work: () => Promise<unknown> | undefined) => {
    try {
      await work();
    } catch (error) {
      problems.push(error);
    }
  };
  await story.during("Ending every program", () =>
    Promise.all(Object.values(zones ?? {}).map((zone) => attempt(() => zone.kill()))),
  );
  await attempt(() => observer?.close());
  if (options && options.keep !== null && places) {
    if (mailbox) await attempt(() => keepMailbox(mailbox, places.mailbox));
    await attempt(() => keepLogs(places));
    story.say(`Kept in ${places.root}: remote.git, both vaults, logs and the mailbox (mailbox/index.json).`);
  }
  await attempt(() => mailbox?.close());
  if (places) await attempt(() => removePlaces(places));
  for (const problem of problems) story.say(`Cleaning up: ${describeError(problem)}`);
}
