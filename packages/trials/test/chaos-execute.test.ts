import assert from "node:assert/strict";
import { test } from "node:test";
import { createSeededRandom, withTempDir } from "@nightdesk/testkit";
import { FAILPOINTS as EMAIL_MCP_FAILPOINTS } from "../../email-mcp/src/live/failpoints.ts";
import type { Case, Plan } from "../src/chaos/execute/case.ts";
import { countEffects, type Delivery, type Remains } from "../src/chaos/execute/count-effects.ts";
import { AGENT_FAILPOINTS, planKills, PROVIDERS, SERVER_FAILPOINTS } from "../src/chaos/execute/kill-plan.ts";
import { runExecute } from "../src/chaos/execute/run-execute.ts";
import { openOffice } from "../src/office/open-office.ts";
import { CUSTOMER, type Reply } from "../src/office/sample-reply.ts";

test("killed at its steps with providers that lag and fail, everything approved goes out once or is put before the owner", () =>
  withTempDir(async (folder) => {
    const result = await runExecute({ kills: 16, folder, random: createSeededRandom(20261121), stopMs: 500 });
    assert.deepEqual(result.faults, [], `kept in ${folder}`);
    assert.equal(result.kills, 16);
    assert.deepEqual([result.doubles, result.lost, result.resentByItself, result.parkedGmail], [0, 0, 0, 0]);
    assert.equal(result.sent + result.parked, result.approved);
    assert.ok(result.sent >= 10, `${result.sent} were sent`);
  }));

test("a mail whose answer was lost is found when Gmail lists it, six seconds later, and not put before the owner", () =>
  withTempDir(async (folder) => {
    const office = await openOffice({ folder });
    try {
      await office.local.mailServer.start();
      await office.local.worker.start();
      const reply = await office.bring({ subject: "Order late", fields: { subject: "Delivery" } });
      await office.untilChecked(reply);
      await office.gmail.faults.add({ match: { path: /\/drafts\/send$/ }, kind: "lost-reply", times: 1 });
      await office.gmail.faults.add({ match: { path: /\/messages$/ }, kind: "index-lag", delayMs: 6_000 });
      await office.approve(reply);
      assert.match(await office.untilDone(reply, 60_000), /outcome: sent/);
      assert.equal((await office.gmail.sentMessages()).length, 1);
    } finally {
      await office.close();
    }
  }));

test("two hundred kills hit every step at least five times with each provider", () => {
  assert.deepEqual(SERVER_FAILPOINTS.gmail, EMAIL_MCP_FAILPOINTS);
  for (const provider of PROVIDERS) {
    const plan = planKills(provider, 100);
    assert.equal(plan.length, 100);
    for (const { name } of plan) assert.ok(plan.filter((kill) => kill.name === name).length >= 5, name);
    assert.ok(plan.some(({ withOther, point }) => withOther && point !== null));
    const names = new Set(plan.map(({ name }) => name));
    for (const point of AGENT_FAILPOINTS[provider]) assert.ok(names.has(`${provider}: local-agent ${point}`));
    for (const point of SERVER_FAILPOINTS[provider])
      assert.ok(names.has(`${provider}: mail-server ${point}`));
    for (const who of ["local-agent", "mail-server", "both"])
      assert.ok(names.has(`${provider}: ${who} at any time`));
  }
});

const PLAN: Plan = {
  isHasty: false,
  editsBefore: false,
  editsAfterMs: [],
  takesBackAfterMs: null,
  takesBackTo: "pending",
  thinksAgain: false,
};
const APPROVED_MS = 1_000;

function caseOf(id: string, more: Partial<Case> = {}): Case {
  return {
    provider: "gmail",
    reply: { id, file: `${id}.md` } as Reply,
    plan: PLAN,
    approvals: [APPROVED_MS],
    isTakenBack: false,
    bodies: ["last words"],
    isLate: false,
    returned: [],
    touchedMs: APPROVED_MS,
    ...more,
  };
}

function mailOf(id: string | null, more: Partial<Delivery> = {}): Delivery {
  return { id, ref: `mail of ${id}`, body: "last words", to: [CUSTOMER], atMs: APPROVED_MS + 500, ...more };
}

/** A world in which one note was approved and sent, with these changes. */
function countWith(more: Partial<Remains>, changes: Partial<Case> = {}) {
  return countEffects({
    cases: [caseOf("a", changes)],
    deliveries: [mailOf("a")],
    places: new Map([["a", ["Done/2026-11/a.md"]]]),
    journal: new Map([["a", "done"]]),
    audited: new Map([["a", ["mail of a"]]]),
    stop: null,
    ...more,
  });
}

const aside = new Map([["a", ["Needs_Attention/a.md"]]]);

test("the count finds nothing wrong with what was sent once, and with what was put before the owner", () => {
  const sent = countWith({});
  assert.deepEqual([sent.approved, sent.sent, sent.faults], [1, 1, []]);
  const parked = countWith(
    { places: aside, journal: new Map([["a", "parked"]]), deliveries: [] },
    { provider: "blind" },
  );
  assert.deepEqual([parked.approved, parked.parked, parked.faults], [1, 1, []]);
  // Whether it was delivered nobody could tell.
  assert.deepEqual(
    countWith({ places: aside, journal: new Map([["a", "parked"]]) }, { provider: "blind" }).faults,
    [],
  );
});

test("the count finds a double, and a resend apart from an answer that was approved anew", () => {
  const twice = { deliveries: [mailOf("a"), mailOf("a", { atMs: APPROVED_MS + 900 })] };
  const double = countWith(twice);
  assert.deepEqual([double.doubles, double.resentByItself], [1, 1]);
  assert.match(double.faults.join(), /delivered 2 times.*delivered again without a new approval/);
  const again = countWith(twice, { approvals: [APPROVED_MS, APPROVED_MS + 700] });
  assert.deepEqual([again.doubles, again.resentByItself], [1, 0]);
  // Put before the owner, and sent again by itself later.
  const resent = countWith(
    { ...twice, places: aside, journal: new Map([["a", "parked"]]) },
    { provider: "blind" },
  );
  assert.deepEqual([resent.parked, resent.resentByItself], [1, 1]);
});

test("the count finds what is lost, whatever the note and the journal say", () => {
  for (const lost of [
    { deliveries: [], journal: new Map([["a", "done"]]) },
    { places: new Map([["a", ["In_Progress/local/a.md"]]]), journal: new Map([["a", "prepared"]]) },
    { places: new Map<string, string[]>() },
    { places: aside, deliveries: [] },
  ]) {
    const count = countWith(lost);
    assert.deepEqual([count.lost, count.sent + count.parked], [1, 0], JSON.stringify(count));
    assert.match(count.faults.join(), /neither sent nor put before the owner/);
  }
});

test("the count finds every other broken promise", () => {
  const parked = { places: aside, journal: new Map([["a", "parked"]]), deliveries: [] };
  for (const [count, sentence] of [
    [countWith(parked), /though Gmail can tell/],
    [countWith({}, { isTakenBack: true }), /taken back and went out/],
    [countWith({}, { approvals: [] }), /never approved and went out/],
    [countWith({ deliveries: [] }, { approvals: [] }), /never checked/],
    [countWith({}, { bodies: ["later words"] }), /does not hold the last text/],
    [countWith({ deliveries: [mailOf("a", { to: ["eve@elsewhere.example"] })] }), /went to eve/],
    [countWith({ deliveries: [mailOf("a"), mailOf(null)] }), /answers nothing/],
    [countWith({ places: new Map([["a", ["Done/2026-11/a.md", "Approved/a.md"]]]) }), /lies in 2 places/],
    [countWith({ audited: new Map() }), /the audit names it 0 times/],
    [countWith({ stop: { fromMs: -9_000, untilMs: 9_000 } }), /after STOP.md was there/],
    [countWith({}, { returned: ["It lies in two folders."] }), /came back to the owner/],
  ] as const) {
    assert.match(count.faults.join("\n"), sentence);
    assert.equal(count.faults.length, 1, count.faults.join("\n"));
  }
  assert.equal(countWith(parked).parkedGmail, 1);
});
