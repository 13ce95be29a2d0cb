import { join } from "node:path";
import { FOLDERS } from "@nightdesk/claim-lib";
import { readNote, type NoteFact } from "./read-note.ts";
import { shorten } from "./tell-the-night.ts";
import type { World } from "./world.ts";

/** A hundred days: the owner has no time limit, but every wait has one. */
const NO_LIMIT_MS = 100 * 86_400_000;

/**
 * `--manual`: waits until the owner has moved one note by hand and it was sent; moving it back within the undo
 * window counts too. The demo moves the other notes afterwards.
 */
export async function waitForHand(world: World): Promise<void> {
  const { story, observer, owner } = world;
  explain(world, await firstIn(world, FOLDERS.pending, (note) => note.checked !== null));
  for (;;) {
    const moved = await story.during("Waiting for your move", () => firstIn(world, FOLDERS.approved));
    owner.noteByHand(moved);
    story.say(`You approved: ${shorten(moved)}. You have 5 seconds to move it back.`);
    const sentBefore = observer.sentCount();
    const ending = await story.during("The laptop waits, then sends", () =>
      observer.until("the mail to be sent, or the note to come back", NO_LIMIT_MS, async () => {
        if (observer.sentCount() > sentBefore) return "sent";
        const path = pathsIn(world, FOLDERS.pending).find((one) => one.includes(moved.id));
        return path === undefined ? null : readNote(world.places.local.vault, path);
      }),
    );
    if (ending === "sent") return story.say("Sent. The other notes are moved for you.");
    story.say(
      ending.notice === null
        ? "You took it back; nothing was sent. Move a note whenever you like."
        : `It came back with a question: ${ending.notice}`,
    );
  }
}

function explain(world: World, waiting: NoteFact): void {
  const { story, places } = world;
  const quote = (...parts: string[]) => `'${join(places.local.vault, ...parts).replaceAll("'", "'\\''")}'`;
  for (const line of [
    "",
    "  Your turn. Open this folder in Obsidian (or any file manager):",
    `    ${places.local.vault}`,
    `  ${pathsIn(world, FOLDERS.pending).length} notes wait in Pending_Approval/email/. Read one, change its text if you like,`,
    "  then move it to Approved/. For instance:",
    `    mv ${quote(waiting.path)} \\`,
    `       ${quote(FOLDERS.approved)}/`,
    "  There is no time limit. Ctrl-C ends the demo. The other notes are moved for you after yours.",
    "",
  ]) {
    story.print(line);
  }
}

function pathsIn({ observer }: World, folder: string): string[] {
  return observer.paths("local").filter((path) => path.startsWith(`${folder}/`));
}

/** Waits for a note in a folder of the laptop's vault. */
function firstIn(
  world: World,
  folder: string,
  wants: (note: NoteFact) => boolean = () => true,
): Promise<NoteFact> {
  return world.observer.until(`a note in ${folder}/`, NO_LIMIT_MS, async () => {
    for (const path of pathsIn(world, folder)) {
      const note = await readNote(world.places.local.vault, path);
      if (note && wants(note)) return note;
    }
    return null;
  });
}
