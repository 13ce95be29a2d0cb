import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createSeededRandom } from "@nightdesk/testkit";

test("the same seed gives the same numbers, another seed gives others", () => {
  const take = (seed: number) => Buffer.from(createSeededRandom(seed).bytes(16)).toString("hex");
  assert.equal(take(7), take(7));
  assert.notEqual(take(7), take(8));
});

test("a fraction is never below 0 and never 1", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = createSeededRandom(seed);
      return Array.from({ length: 50 }, () => random.fraction()).every((value) => value >= 0 && value < 1);
    }),
  );
});

test("every item is picked some time, and picking from nothing is an error", () => {
  const random = createSeededRandom(1);
  const picked = new Set(Array.from({ length: 200 }, () => random.pick(["a", "b", "c"])));
  assert.deepEqual([...picked].sort(), ["a", "b", "c"]);
  assert.throws(() => random.pick([]), RangeError);
});
