import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  backOffMs,
  claimersIn,
  FIRST_TURNS,
  isOnlyClaims,
  MAX_YIELD_MS,
  sawClaims,
  tookRound,
  waitForTurn,
  wasRefused,
  wonClaims,
  type Turns,
} from "../src/take-turns.ts";
import type { PlanUnit } from "../src/plan.ts";
import { fileOf } from "./support/notes.ts";

type Event =
  | { kind: "won"; fraction: number }
  | { kind: "refused" }
  | { kind: "saw"; agents: string[] }
  | { kind: "took"; ms: number; isWhole: boolean }
  | { kind: "wait"; ms: number };

const eventOf = (now: number, turns: Turns, event: Event): Turns => {
  if (event.kind === "won") return wonClaims(turns, now, event.fraction);
  if (event.kind === "refused") return wasRefused(turns, now);
  if (event.kind === "saw") return sawClaims(turns, event.agents, now);
  return event.kind === "took" ? tookRound(turns, event.ms, event.isWhole) : turns;
};

const fraction = fc.double({ min: 0, max: 0.999, noNaN: true });
const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant("won" as const), fraction }),
  fc.record({ kind: fc.constant("refused" as const) }),
  fc.record({
    kind: fc.constant("saw" as const),
    agents: fc.uniqueArray(fc.constantFrom("cloud", "cloud-2", "cloud-3", "cloud-x"), { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("took" as const),
    ms: fc.integer({ min: -5, max: 1_000_000 }),
    isWhole: fc.boolean(),
  }),
  // A clock may be put back, too.
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: -20_000, max: 20_000 }) }),
);

test("whatever happens, and whatever the clock does, a claim waits for its turn no longer than the limit", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
      let now = 1_700_000_000_000;
      let turns = FIRST_TURNS;
      for (const event of events) {
        if (event.kind === "wait") now += event.ms;
        turns = eventOf(now, turns, event);
        const waitMs = waitForTurn(turns, now);
        assert.ok(waitMs === null || (waitMs > 0 && waitMs <= MAX_YIELD_MS), `${waitMs} ms`);
        // Waiting it out is always enough, though nobody else ever comes.
        if (waitMs !== null) assert.equal(waitForTurn(turns, now + waitMs), null);
        assert.ok(backOffMs(turns, 0.999) < MAX_YIELD_MS);
      }
    }),
  );
});

test("nobody who has not won waits, however often it was refused", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
      let turns = FIRST_TURNS;
      for (const event of events.filter(({ kind }) => kind !== "won")) {
        turns = eventOf(1_000_000, turns, event);
        assert.equal(waitForTurn(turns, 1_000_000), null);
      }
    }),
  );
});

test("where nobody contends, the pauses of a busy loop grow rarer: five in forty pushes", () => {
  let now = 1_000_000;
  let turns = FIRST_TURNS;
  let pauses = 0;
  for (let push = 0; push < 40; push += 1) {
    turns = wonClaims(turns, (now += 100), 0.5);
    const waitMs = waitForTurn(turns, now);
    if (waitMs === null) continue;
    pauses += 1;
    assert.ok(waitMs <= 300, `${waitMs} ms`);
    now += waitMs;
  }
  assert.equal(pauses, 5);
});

test("claims with time between them never wait where nobody contends", () => {
  let turns = FIRST_TURNS;
  for (let push = 0; push < 40; push += 1) {
    const now = push * 1_000;
    turns = wonClaims(turns, now, 0.999);
    assert.equal(waitForTurn(turns, now), null);
  }
});

test("the winner among three waits until both others have come in", () => {
  let turns = sawClaims(FIRST_TURNS, ["cloud", "cloud-2"], 1_000);
  turns = wonClaims(turns, 1_010, 0);
  assert.notEqual(waitForTurn(turns, 1_011), null);
  turns = sawClaims(turns, ["cloud"], 1_020);
  assert.notEqual(waitForTurn(turns, 1_021), null);
  turns = sawClaims(turns, ["cloud-2"], 1_030);
  assert.equal(waitForTurn(turns, 1_031), null);
});

test("who is overtaken by one that had its turn already waits no longer", () => {
  let turns = wonClaims(sawClaims(FIRST_TURNS, ["cloud", "cloud-2"], 1_000), 1_010, 0);
  turns = sawClaims(turns, ["cloud"], 1_020);
  turns = sawClaims(turns, ["cloud"], 1_030);
  assert.equal(waitForTurn(turns, 1_031), null);
});

const FREE = `Needs_Action/cloud-email/${fileOf(1)}`;
const MINE = `In_Progress/cloud-2/${fileOf(1)}`;
const OID = "a".repeat(40);
const options = { agent: "cloud-2", isQuiet: (path: string) => path.startsWith("Logs/cloud-2/") } as const;
const claim = unit([
  { path: FREE, oid: null },
  { path: MINE, oid: OID },
]);
const record = unit([{ path: "Logs/cloud-2/2026-11-21.jsonl", oid: OID }]);
const published = new Map([[FREE, OID]]);

function unit(publish: PlanUnit["publish"]): Pick<PlanUnit, "steps" | "publish"> {
  return { steps: [], publish };
}

test("a claim, with the records of it, is only a claim", () => {
  assert.ok(isOnlyClaims([claim], published, options));
  assert.ok(isOnlyClaims([claim, record], published, options));
});

test("a decision, a proposal, an execution, new work or a changed note is never held back", () => {
  const others = [
    [
      { path: `Pending_Approval/email/${fileOf(2)}`, oid: null },
      { path: `Approved/${fileOf(2)}`, oid: OID },
    ],
    [
      { path: `In_Progress/cloud-2/${fileOf(2)}`, oid: null },
      { path: `Pending_Approval/email/${fileOf(2)}`, oid: OID },
    ],
    [
      { path: `Approved/${fileOf(2)}`, oid: null },
      { path: `In_Progress/cloud-2/${fileOf(2)}`, oid: OID },
    ],
    [{ path: `Needs_Action/cloud-email/${fileOf(2)}`, oid: OID }],
    [{ path: "Company_Handbook.md", oid: OID }],
    // Taken and worked on already: more than a claim.
    [
      { path: FREE, oid: null },
      { path: MINE, oid: "b".repeat(40) },
    ],
    // Given back.
    [
      { path: MINE, oid: null },
      { path: FREE, oid: OID },
    ],
  ];
  for (const publish of others) {
    assert.equal(isOnlyClaims([unit(publish)], published, options), false, JSON.stringify(publish));
    assert.equal(isOnlyClaims([claim, unit(publish)], published, options), false, JSON.stringify(publish));
  }
  assert.equal(isOnlyClaims([], published, options), false);
  assert.equal(isOnlyClaims([record], published, options), false, "records have their own rule");
});

test("claims of others are known by the folder they come to lie in", () => {
  const steps: PlanUnit["steps"] = [
    { kind: "move", from: FREE, to: `In_Progress/local/${fileOf(1)}`, oid: OID },
    { kind: "write", path: `In_Progress/cloud/${fileOf(2)}`, oid: OID, expect: null },
    { kind: "write", path: MINE, oid: OID, expect: null },
    { kind: "remove", path: `Approved/${fileOf(3)}`, expect: OID },
  ];
  assert.deepEqual(claimersIn([{ steps, publish: [] }], "cloud-2"), ["local", "cloud"]);
});
