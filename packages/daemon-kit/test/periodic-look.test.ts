import assert from "node:assert/strict";
import { it } from "node:test";
import { startPeriodicLook } from "../src/periodic-look.ts";

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

it("looks never overlap, and asking during a look brings exactly one more", async () => {
  let running = 0;
  let looks = 0;
  const finish: (() => void)[] = [];
  const loop = startPeriodicLook({
    intervalMs: 60_000,
    async look() {
      looks += 1;
      assert.equal((running += 1), 1);
      await new Promise<void>((resolve) => finish.push(resolve));
      running -= 1;
    },
    onError: (error) => assert.fail(String(error)),
  });
  for (let n = 0; n < 5; n += 1) loop.soon();
  finish.shift()?.();
  await settle();
  assert.equal(looks, 2);
  finish.shift()?.();
  await settle();
  assert.equal(looks, 2);
  loop.soon();
  assert.equal(looks, 3);
  const stopped = loop.stop();
  finish.shift()?.();
  await stopped;
  loop.soon();
  assert.equal(looks, 3);
});

it("it looks again after the interval, also after a look that failed", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const errors: unknown[] = [];
  let looks = 0;
  const loop = startPeriodicLook({
    intervalMs: 1_000,
    async look() {
      looks += 1;
      if (looks === 1) throw new Error("first");
    },
    onError: (error) => void errors.push(error),
  });
  await settle();
  assert.equal(errors.length, 1);
  t.mock.timers.tick(999);
  assert.equal(looks, 1);
  t.mock.timers.tick(1);
  assert.equal(looks, 2);
  await loop.stop();
});
