import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "@nightdesk/testkit";

test("time stands still until the test lets it pass", async () => {
  const clock = createFakeClock(1000);
  assert.equal(clock.now(), 1000);
  await clock.advance(500);
  assert.equal(clock.now(), 1500);
});

test("sleeps wake in order, each at its own instant, also those begun on the way", async () => {
  const clock = createFakeClock(0);
  const woken: string[] = [];
  const sleep = async (name: string, durationMs: number) => {
    await clock.sleep(durationMs);
    woken.push(`${name}@${clock.now()}`);
  };
  const all = Promise.all([sleep("late", 300), sleep("early", 100).then(() => sleep("second", 100))]);
  await clock.advance(250);
  assert.deepEqual(woken, ["early@100", "second@200"]);
  assert.equal(clock.sleeping(), 1);
  await clock.advance(50);
  await all;
  assert.deepEqual(woken, ["early@100", "second@200", "late@300"]);
});

test("setting the wall clock wakes nobody and does not change how long a sleep lasts", async () => {
  const clock = createFakeClock(0);
  let awake = false;
  const slept = clock.sleep(100).then(() => (awake = true));
  clock.jumpTo(1_000_000);
  await clock.advance(99);
  assert.equal(awake, false);
  assert.equal(clock.now(), 1_000_099);
  await clock.advance(1);
  await slept;
  assert.equal(awake, true);
});

test("untilSleeping resolves once that many sleeps are under way", async () => {
  const clock = createFakeClock();
  const two = clock.untilSleeping(2);
  void clock.sleep(10);
  void clock.sleep(10);
  await two;
  assert.equal(clock.sleeping(), 2);
  await clock.advance(10);
  assert.equal(clock.sleeping(), 0);
});
