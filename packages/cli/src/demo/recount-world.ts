import { recount, type Facts } from "./recount.ts";
import type { Outcome } from "./report.ts";
import type { ScenarioResult, World } from "./world.ts";

/** From a move on one machine to the file on the other, at worst. */
const SYNC_LIMIT_MS = 30_000;
/** From the owner's move to the mail in Sent, the undo window of 5 s included. */
const SENT_LIMIT_MS = 10_000;

/** Counts everything anew from the two disks, the remote's history and the mailbox. */
export async function recountWorld(world: World, scenario: ScenarioResult): Promise<Outcome> {
  const { observer, postman, owner, mailbox, times, options } = world;
  const placed = postman.placedIds();
  const sent = (await observer.sent()).filter(({ messageId }) => !placed.has(messageId));
  const facts: Facts = {
    ownerAddress: mailbox.address,
    arrived: postman.arrived(),
    sent,
    approvals: owner.approvals(),
    notes: { cloud: await observer.notes("cloud"), local: await observer.notes("local") },
    history: await observer.history(),
    sightings: observer.sightings(),
    ...times,
  };
  const result = recount(facts, {
    syncMs: SYNC_LIMIT_MS,
    approvedToSentMs: options.kill ? null : SENT_LIMIT_MS,
  });
  const problems = [...result.problems, ...scenario.problems];
  if (options.kill && result.parked > 0) problems.push(`${result.parked} notes lie in Needs_Attention/`);
  const parked = options.kill ? { parked: result.parked } : {};
  return {
    ok: problems.length === 0,
    problems,
    figures: result.figures,
    sync: result.sync,
    json: { ok: problems.length === 0, ...result.figures, ...scenario.extra, ...parked },
  };
}
