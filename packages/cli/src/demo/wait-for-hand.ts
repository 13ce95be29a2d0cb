import { join } from "node:path";
import { FOLDERS } from "@nightdesk/claim-lib";
import { readNote } from "./read-note.ts";
import { shorten } from "./tell-the-night.ts";
import type { World } from "./world.ts";

/** A hundred days: the owner has no time limit, but every wait has one. */
const NO_LIMIT_MS = 100 * 86_400_000;

/** `--manual`: waits until the owner has moved one note by hand; the demo moves the others afterwards. */
export async function waitForHand(world: World): Promise<void> {
  const { story, observer, places, owner } = world;
  const { vault } = places.local;
  const waiting = await observer.until("a note to wait for approval", NO_LIMIT_MS, async () => {
    const [path] = observer.paths("local").filter((one) => one.startsWith(`${FOLDERS.pending}/`));
    const note = path === undefined ? null : await readNote(vault, path);
    return note?.checked ? note : null;
  });
  story.print("");
  story.print("  Your turn. Open this folder in Obsidian (or any file manager):");
  story.print(`    ${vault}`);
  story.print(
    `  ${observer.paths("local").filter((one) => one.startsWith(`${FOLDERS.pending}/`)).length} notes wait in Pending_Approval/email/. Read one, change its text if you like,`,
  );
  story.print("  then move it to Approved/. For instance:");
  story.print(`    mv '${join(vault, waiting.path).replaceAll("'", "'\\''")}' \\`);
  story.print(`       '${join(vault, FOLDERS.approved).replaceAll("'", "'\\''")}/'`);
  story.print(
    "  There is no time limit. Ctrl-C ends the demo. The other notes are moved for you after yours.",
  );
  story.print("");
  const moved = await story.during("Waiting for your move", () =>
    observer.until("the owner's move", NO_LIMIT_MS, async () => {
      const [path] = observer.paths("local").filter((one) => one.startsWith(`${FOLDERS.approved}/`));
      return path === undefined ? null : readNote(vault, path);
    }),
  );
  owner.noteByHand(moved);
  story.say(`You approved: ${shorten(moved)}. You have 5 seconds to move it back.`);
}
