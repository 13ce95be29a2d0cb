import assert from "node:assert/strict";
import { test } from "node:test";
import { formatMs, summariseLatencies } from "../src/demo/latencies.ts";
import { measureSync } from "../src/demo/sync-latencies.ts";
import type { Sighting, ZoneName } from "../src/demo/watch-vault.ts";

const NOTE = "2026-11-21 Anna - Order ~em_0123456789abcdef-r1.md";
const appeared = (zone: ZoneName, path: string, atMs: number): Sighting => ({
  zone,
  path,
  kind: "appeared",
  atMs,
});

test("a change is timed from its appearance on one disk to the same name on the other, in both directions", () => {
  const figures = measureSync(
    [
      appeared("local", `Approved/${NOTE}`, 1000),
      appeared("cloud", `Approved/${NOTE}`, 1300),
      appeared("cloud", "Updates/cloud/report.md", 2000),
      appeared("local", "Updates/cloud/report.md", 2100),
    ],
    0,
  );
  assert.deepEqual(figures, { toCloudMs: [300], toLaptopMs: [100], leftOut: 0, undelivered: [] });
});

test("a change made before both sides ran is left out and counted as such", () => {
  const figures = measureSync(
    [
      appeared("cloud", `Pending_Approval/email/${NOTE}`, 10),
      appeared("local", `Pending_Approval/email/${NOTE}`, 9000),
    ],
    5000,
  );
  assert.deepEqual(figures, { toCloudMs: [], toLaptopMs: [], leftOut: 1, undelivered: [] });
});

test("a state that was over before it travelled counts until its successor arrived", () => {
  const figures = measureSync(
    [
      appeared("local", `In_Progress/local/${NOTE}`, 1000),
      appeared("local", `Done/2026-11/${NOTE}`, 1200),
      appeared("cloud", `Done/2026-11/${NOTE}`, 1700),
    ],
    0,
  );
  assert.deepEqual(figures.toCloudMs.sort(), [500, 700]);
  assert.deepEqual(figures.undelivered, []);
});

test("a change that never arrives, nor anything after it, is undelivered and not forgotten", () => {
  const figures = measureSync(
    [
      appeared("local", `Approved/${NOTE}`, 1000),
      appeared("cloud", `Approved/${NOTE}`, 1100),
      appeared("local", `Done/2026-11/${NOTE}`, 1200),
    ],
    0,
  );
  assert.deepEqual(figures.undelivered, [`local: Done/2026-11/${NOTE}`]);
});

test("an earlier state that comes back is timed anew, and an older arrival does not count for it", () => {
  const pending = `Pending_Approval/email/${NOTE}`;
  const figures = measureSync(
    [
      appeared("cloud", pending, 100),
      appeared("local", pending, 300),
      appeared("local", `Approved/${NOTE}`, 400),
      appeared("cloud", `Approved/${NOTE}`, 450),
      appeared("local", pending, 500),
      appeared("cloud", pending, 900),
    ],
    0,
  );
  assert.deepEqual(figures, { toCloudMs: [50, 400], toLaptopMs: [200], leftOut: 0, undelivered: [] });
});

test("a file that may not sync, such as an editor's temporary one, is nobody's to carry", () => {
  const figures = measureSync(
    [appeared("local", "Approved/sedA1b2c3", 1000), appeared("local", "Approved/note.md.tmp", 1000)],
    0,
  );
  assert.deepEqual(figures, { toCloudMs: [], toLaptopMs: [], leftOut: 0, undelivered: [] });
});

test("files vanishing are no changes of their own", () => {
  const figures = measureSync([{ zone: "local", path: `Approved/${NOTE}`, kind: "vanished", atMs: 5 }], 0);
  assert.deepEqual(figures, { toCloudMs: [], toLaptopMs: [], leftOut: 0, undelivered: [] });
});

test("the median is a measured value and nothing measured is null, never zero", () => {
  assert.deepEqual(summariseLatencies([]), { p50: null, max: null });
  assert.deepEqual(summariseLatencies([5.4]), { p50: 5, max: 5 });
  assert.deepEqual(summariseLatencies([400, 100, 300, 200]), { p50: 200, max: 400 });
});

test("durations are written as a person reads them", () => {
  assert.deepEqual([null, 35.2, 5230, 119_999, 125_000].map(formatMs), [
    "-",
    "35 ms",
    "5.2 s",
    "120.0 s",
    "2 min 5 s",
  ]);
});
