import type { AgentName } from "@nightdesk/claim-lib";
import { parseSteps, type Step } from "./run-steps.ts";

export interface Scenario {
  name: string;
  agents: readonly AgentName[];
  /** Played before anything goes wrong. */
  prepare: readonly Step[];
  /** Two people write the same note in it: only then may a text be kept beside. */
  mayConflict: boolean;
  /** In each of these, and in the rounds after them, every call may be the last. */
  steps: readonly Step[];
}

const BOTH: readonly AgentName[] = ["cloud", "local"];
const THREE: readonly AgentName[] = ["cloud", "cloud-2", "local"];

const SEED = "local editHandbook; local round; cloud round;";
const ARRIVED = `${SEED} cloud arrive 1; cloud round; local round;`;
const CLAIMED = `${ARRIVED} cloud claim 1; cloud round; local round;`;
const DRAFTED = `${CLAIMED} cloud draft 1;`;
const PROPOSED = `${DRAFTED} cloud propose 1; cloud round; local round;`;
const APPROVED = `${PROPOSED} local approve 1;`;

const CONFLICTS = new Set(["edit-both", "delete-race", "reject-early"]);

function scenario(name: string, prepare: string, steps: string, agents = BOTH): Scenario {
  return {
    name,
    agents,
    prepare: parseSteps(prepare),
    steps: parseSteps(steps),
    mayConflict: CONFLICTS.has(name),
  };
}

/** Small worlds in which every crash, and every crash during the recovery from one, is tried. */
export const SCENARIOS: readonly Scenario[] = [
  scenario("first-start", "", "local editHandbook; local round; cloud round"),
  scenario("arrive", SEED, "cloud arrive 1; cloud arrive 2; cloud round; local round"),
  scenario("claim", ARRIVED, "cloud claim 1; cloud round; local round"),
  scenario("claim-race", ARRIVED, "cloud claim 1; local claim 1; local round; cloud round; local round"),
  scenario("claim-race-back", ARRIVED, "cloud claim 1; local claim 1; cloud round; local round"),
  scenario("propose", CLAIMED, "cloud draft 1; cloud propose 1; cloud round; local round"),
  scenario("eager", ARRIVED, "cloud claim 1; cloud draft 1; cloud propose 1; cloud round; local round"),
  scenario(
    "laptop-off",
    SEED,
    "cloud arrive 1; cloud round; cloud claim 1; cloud round; cloud draft 1; cloud propose 1; cloud round; local round",
  ),
  scenario(
    "eager-end",
    ARRIVED,
    "cloud claim 1; local claim 1; cloud end 1; local round; cloud round; local round",
  ),
  scenario("release", CLAIMED, "cloud release 1; cloud round; local round"),
  scenario("end", CLAIMED, "cloud end 1; local dropFile 3; cloud round; local round"),
  scenario("approve", PROPOSED, "local approve 1; local round; local execute 1; local round; cloud round"),
  scenario("execute", APPROVED, "local execute 1; local finish 1; local round; cloud round"),
  scenario("withdraw", APPROVED, "local round; local withdraw 1; local round; local execute 1; cloud round"),
  scenario("edit", PROPOSED, "local edit 1; local round; cloud round; local approve 1; local round"),
  scenario(
    "edit-both",
    CLAIMED,
    "local editClaimed 1; cloud draft 1; cloud round; local round; cloud round; cloud propose 1; cloud round",
  ),
  scenario(
    "delete-race",
    CLAIMED,
    "cloud draft 1; local deleteClaimed 1; cloud round; local round; cloud round",
  ),
  scenario(
    "reject-early",
    CLAIMED,
    "cloud draft 1; local rejectEarly 1; local round; cloud propose 1; cloud round",
  ),
  scenario(
    "reject-race",
    ARRIVED,
    "cloud claim 1; local rejectEarly 1; cloud round; local round; cloud round",
  ),
  scenario(
    "owner-files",
    ARRIVED,
    "local dropFile 1; local editHandbook; local round; cloud claim 1; cloud round",
  ),
  scenario(
    "handbook-twice",
    ARRIVED,
    "local editHandbook; local dropFile 1; local round; cloud round; local editHandbook; local round; cloud round",
  ),
  scenario(
    "take-back",
    PROPOSED,
    "local approve 1; local round; local takeBack 1; local round; local execute 1; local round; cloud round",
  ),
  scenario("unsynced-save", ARRIVED, "local dropLazily 1; local round; cloud round; local round"),
  scenario("secret", ARRIVED, "local writeSecret; local dropFile 2; local round; cloud claim 1; cloud round"),
  scenario(
    "two-tasks",
    `${PROPOSED} cloud arrive 2; cloud round; local round;`,
    "local approve 1; cloud claim 2; cloud round; local execute 1; local round; cloud draft 2; cloud propose 2; cloud round",
  ),
  scenario(
    "two-clouds",
    `${SEED} cloud-2 round; cloud arrive 1; cloud round; cloud-2 round; local round;`,
    "cloud claim 1; cloud-2 claim 1; cloud-2 round; cloud round; cloud-2 draft 1; cloud-2 propose 1; cloud-2 round",
    THREE,
  ),
];
