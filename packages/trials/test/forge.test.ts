import assert from "node:assert/strict";
import { test } from "node:test";
import { createTempDir } from "@nightdesk/testkit";
import { FORGERIES } from "../src/forge/all-forgeries.ts";
import { GROUPS, type Forgery } from "../src/forge/forgery.ts";
import { runForge } from "../src/forge/run-forge.ts";
import { summarise } from "../src/forge/summarise.ts";

/** Of each group those whose refusal stands at another place in the code; `npm run forge` tries all of them. */
const SLICE = {
  cloud: [
    "forged_in_approved",
    "approved_with_a_lifted_signature",
    "waiting_note_moved_to_approved",
    "recipient_changed_after_it_was_shown",
    "note_replaced_by_a_link",
    "group_syntax_in_an_address",
    "shown_recipient_is_not_the_real_one",
    "lookalike_domain",
    "old_approval_cherry_picked",
  ],
  laptop: [
    "written_into_approved",
    "copy_in_approved",
    "link_to_the_waiting_note",
    "edited_recipient",
    "edited_revision",
    "rejected_note_out_of_a_backup",
    "sent_note_without_its_outcome",
    "text_changed_while_it_is_sent",
  ],
  tools: [
    "no_receipt",
    "signed_with_the_key_of_sync",
    "receipt_of_a_rehearsal",
    "other_recipient_than_approved",
    "draft_gets_a_hidden_copy",
    "draft_of_another_receipt",
    "two_servers_at_the_same_time",
    "captured_receipt_for_the_attacker",
  ],
};

/** An honest approval that only says it is a forgery: the command has to notice that it is none. */
const NO_FORGERY: Forgery = {
  name: "honest_approval",
  group: "laptop",
  victim: "waiting",
  reason: "NEVER_PRESENTED",
  attack: (stage, { victim }) => stage.approve(victim),
};

/** Refused, but for another reason than it says. */
const OTHER_REASON: Forgery = {
  name: "other_reason",
  group: "tools",
  victim: "drafted",
  reason: "RECEIPT_EXPIRED",
  attack: async ({ tools }, { victim }) => ({
    said: [await tools.carryOut(undefined, tools.argsOf(victim))],
  }),
};

/** A twin nobody approves. */
const NO_CONTROL: Forgery = {
  name: "twin_left_alone",
  group: "laptop",
  victim: "drafted",
  reason: "RECEIPT_MISSING",
  approveTwin: () => Promise.resolve(),
  attack: OTHER_REASON.attack,
};

test("every forgery of the slice is refused for its own reason, and its twin is sent once; what is none is noticed", async () => {
  const names = Object.values(SLICE).flat();
  const slice = FORGERIES.filter(({ name }) => names.includes(name));
  assert.equal(slice.length, names.length);
  const dir = await createTempDir("forge");
  try {
    const forgeries = [...slice, NO_FORGERY, OTHER_REASON, NO_CONTROL];
    const result = await runForge({ forgeries, folder: dir.path, patienceMs: 8_000, say: () => undefined });
    const { figures, lines, isAsPromised } = summarise(result);
    const report = lines.join("\n");
    for (const { name, faults } of result.outcomes.filter((one) => names.includes(one.name)))
      assert.deepEqual(faults, [], `${name}\n${report}`);
    assert.equal(isAsPromised, false);
    assert.equal(figures.executed, 1, report);
    assert.match(result.executed[0] ?? "", /honest_approval victim/);
    assert.equal(figures.controlsExecuted, forgeries.length - 1);
    const faultsOf = (one: Forgery) =>
      result.outcomes.find(({ name }) => name === one.name)?.faults.join("; ") ?? "";
    assert.match(faultsOf(NO_FORGERY), /it was not refused for "NEVER_PRESENTED"/);
    assert.match(faultsOf(OTHER_REASON), /refused for another reason: RECEIPT_MISSING/);
    assert.match(faultsOf(NO_CONTROL), /its honest twin was carried out 0 times/);
  } finally {
    await dir.remove();
  }
});

test("there are at least sixty forgeries, each with a name of its own, and every group has its share", () => {
  assert.equal(new Set(FORGERIES.map(({ name }) => name)).size, FORGERIES.length);
  assert.ok(FORGERIES.length >= 60);
  for (const group of GROUPS) assert.ok(FORGERIES.filter((one) => one.group === group).length >= 20);
});
