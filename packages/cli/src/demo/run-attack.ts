import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FOLDERS, nameOf } from "@nightdesk/claim-lib";
import { ATTACKER, countExecuted, findRefused, pushHostileCommits, waitUntilRefused } from "./attack.ts";
import { shorten, stepTimeoutMs } from "./tell-the-night.ts";
import type { ScenarioResult, World } from "./world.ts";

/**
 * `--attack forged-approval`: whoever holds the cloud's key puts a note straight into Approved/ and changes
 * the recipient of one that waits. Then the owner approves the notes that were not touched, as on any day.
 */
export async function runAttack(world: World): Promise<ScenarioResult> {
  const { story, observer, owner } = world;
  const genuine = world.postman.arrived().filter((mail) => mail.expectsReply).length;
  const victim = await story.during("The laptop shows what waits", () =>
    observer.until(`${genuine} notes to be shown on the laptop`, stepTimeoutMs(world), async () => {
      const notes = (await observer.notes("local")).filter((note) =>
        note.path.startsWith(`${FOLDERS.pending}/`),
      );
      return notes.length >= genuine && notes.every((note) => note.checked !== null) ? notes[0] : null;
    }),
  );
  story.say(
    `A thief of the cloud's key pushes two commits: a forged note in Approved/, and ${ATTACKER} as the recipient of "${shorten(victim)}".`,
  );
  const changes = await pushHostileCommits(world, victim.path);
  await story.during("The laptop looks at what came in", () => waitUntilRefused(world, changes));
  const refused = await findRefused(world, changes);
  const shown = await readFile(join(world.places.local.vault, victim.path), "utf8");
  story.say(
    `${refused.length} of ${changes.length} hostile changes are refused, in the audit and on Dashboard.md.`,
  );

  const controls = genuine - 1;
  const sentBefore = observer.sentCount();
  await story.during("The owner approves the notes that were not attacked", () =>
    owner.approveUntil(
      () => observer.sentCount() >= sentBefore + controls,
      "the genuine approvals to be sent",
      stepTimeoutMs(world),
      (note) => story.say(`The owner moves to Approved/: ${shorten(note)}`),
      (note) => nameOf(note.path) !== nameOf(victim.path),
    ),
  );
  const executed = await countExecuted(world, changes);
  const controlsExecuted = observer.sentCount() - sentBefore;
  story.say(`Executed of the attack: ${executed}. Genuine approvals sent: ${controlsExecuted}.`);
  story.say("Now the attacked note as well: it must go to whom it was shown for.");
  return {
    extra: { executed, refused: refused.length, controlsExecuted },
    problems: [
      ...(shown.includes(ATTACKER) ? ["the changed recipient reached the laptop's disk"] : []),
      ...(executed === 0 ? [] : [`${executed} effects of the attack`]),
      ...(refused.length === changes.length
        ? []
        : [`only ${refused.length} of ${changes.length} hostile changes were refused and told`]),
      ...(controlsExecuted === controls
        ? []
        : [`${controlsExecuted} of ${controls} genuine approvals were sent`]),
    ],
  };
}
