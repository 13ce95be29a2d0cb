import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nextFreeAt } from "../src/limits.ts";

const HOUR_MS = 3_600_000;

test("however approvals arrive, no hour and no day holds more than its cap", () => {
  const gap = fc.integer({ min: 0, max: 2 * HOUR_MS });
  const caps = fc.record({
    perHour: fc.integer({ min: 1, max: 5 }),
    perDay: fc.integer({ min: 1, max: 12 }),
  });
  fc.assert(
    fc.property(fc.array(gap, { maxLength: 60 }), caps, (gaps, limits) => {
      const starts: number[] = [];
      let nowMs = 0;
      for (const wait of gaps) {
        nowMs = nextFreeAt(starts, nowMs + wait, limits) ?? nowMs + wait;
        starts.push(nowMs);
      }
      for (const [spanMs, cap] of [
        [HOUR_MS, limits.perHour],
        [24 * HOUR_MS, limits.perDay],
      ] as const) {
        for (const from of starts) {
          assert.ok(starts.filter((start) => start >= from && start < from + spanMs).length <= cap);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("what fits under both caps waits for nothing", () => {
  assert.equal(nextFreeAt([0, 1], 2, { perHour: 3, perDay: 3 }), null);
});

test("a clock that was set back does not lift the cap", () => {
  assert.ok((nextFreeAt([HOUR_MS], 0, { perHour: 1, perDay: 50 }) ?? 0) > 0);
});
