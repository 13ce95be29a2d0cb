import assert from "node:assert/strict";
import { test } from "node:test";
import { createStory } from "../src/demo/story.ts";

function listen(isTerminal: boolean) {
  const written: string[] = [];
  return { written, output: { write: (text: string) => void written.push(text), isTerminal } };
}

test("each sentence carries the time since the start", () => {
  let nowMs = 5000;
  const { written, output } = listen(false);
  const story = createStory(output, () => nowMs);
  nowMs += 12_340;
  story.say("Mail arrives.");
  story.print("a row");
  assert.deepEqual(written, ["[  12.3 s] Mail arrives.\n", "a row\n"]);
});

test("on a terminal a step of over a second shows a line that moves, and leaves none behind", async (context) => {
  context.mock.timers.enable({ apis: ["setInterval"] });
  let nowMs = 0;
  const { written, output } = listen(true);
  const story = createStory(output, () => nowMs);
  const work = Promise.withResolvers<number>();
  const step = story.during(
    "Drafting",
    () => work.promise,
    () => "2 so far",
  );
  nowMs = 500;
  context.mock.timers.tick(500);
  assert.deepEqual(written, [], "a quick step is silent");
  nowMs = 1500;
  context.mock.timers.tick(250);
  assert.match(written.join(""), /Drafting \.\.\. 1\.5 s \(2 so far\)$/);
  work.resolve(7);
  assert.equal(await step, 7);
  assert.equal(written.at(-1), "\r\u001b[K");
  context.mock.timers.tick(5000);
  assert.equal(written.at(-1), "\r\u001b[K", "nothing is shown after the end");
});

test("in a file a long step is told every few seconds, and a failing one passes its error on", async (context) => {
  context.mock.timers.enable({ apis: ["setInterval"] });
  let nowMs = 0;
  const { written, output } = listen(false);
  const story = createStory(output, () => nowMs);
  const work = Promise.withResolvers<void>();
  const step = story.during("Starting", () => work.promise);
  nowMs = 5000;
  context.mock.timers.tick(5000);
  assert.deepEqual(written, ["[   5.0 s] Starting ... 5.0 s\n"]);
  work.reject(new Error("no"));
  await assert.rejects(step, /no/);
});
