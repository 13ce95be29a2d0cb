import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { FOLDERS, nameOf } from "@nightdesk/claim-lib";
import type { Observer } from "./observer.ts";
import { readNote, type NoteFact } from "./read-note.ts";
import type { Approval } from "./recount.ts";

export interface Owner {
  approvals(): readonly Approval[];
  /** A note somebody else moved to Approved/. */
  noteByHand(note: NoteFact): void;
  /** How many notes came back with a question and were approved once more. */
  askedAgain(): number;
  /** Moves every note that waits, one after another and again if one comes back, until `isOver`. */
  approveUntil(
    isOver: () => boolean,
    what: string,
    timeoutMs: number,
    tell: (note: NoteFact) => void,
    wants?: (note: NoteFact) => boolean,
  ): Promise<void>;
}

export interface OwnerOptions {
  /** The laptop's vault. */
  vault: string;
  observer: Observer;
}

/** Between two moves. A person drags a note in a second or two; this is faster than any person. */
const PAUSE_MS = 150;
/** A note is read before it is moved, and its first lines say what the laptop could check. Without that after: moved all the same. */
const READ_WITHIN_MS = 10_000;
/** A note that keeps coming back is a fault, not a question. */
const MAX_MOVES_PER_NOTE = 3;

/** The owner at the laptop, who does nothing but what Obsidian does when a note is dragged: one plain rename. */
export function createOwner({ vault, observer }: OwnerOptions): Owner {
  const approvals = new Map<string, Approval>();
  const moves = new Map<string, number>();
  const firstSeenMs = new Map<string, number>();

  const isReady = (note: NoteFact) => {
    const sinceMs = observer.nowMs() - (firstSeenMs.get(note.path) ?? observer.nowMs());
    if (!firstSeenMs.has(note.path)) firstSeenMs.set(note.path, observer.nowMs());
    return note.checked !== null || sinceMs > READ_WITHIN_MS;
  };
  const findNext = async (wants: (note: NoteFact) => boolean): Promise<NoteFact | null> => {
    const waiting = observer.paths("local").filter((path) => path.startsWith(`${FOLDERS.pending}/`));
    for (const path of waiting) {
      if ((moves.get(nameOf(path)) ?? 0) >= MAX_MOVES_PER_NOTE) continue;
      const note = await readNote(vault, path);
      if (note && wants(note) && isReady(note)) return note;
    }
    return null;
  };
  return {
    approvals: () => [...approvals.values()],
    askedAgain: () => [...moves.values()].reduce((sum, count) => sum + count - 1, 0),
    noteByHand: (note) => void approvals.set(note.id, { ...toApproval(note, note.path), reply: null }),
    async approveUntil(isOver, what, timeoutMs, tell, wants = () => true) {
      for (;;) {
        const next = await observer.until(what, timeoutMs, async () => (isOver() ? "over" : findNext(wants)));
        if (next === "over") return;
        const path = await moveToApproved(vault, next.path);
        moves.set(nameOf(path), (moves.get(nameOf(path)) ?? 0) + 1);
        approvals.set(next.id, toApproval(next, path));
        tell(next);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    },
  };
}

function toApproval(note: NoteFact, path: string): Approval {
  return { sourceMessage: note.sourceMessage ?? "", path, reply: note.reply ?? "" };
}

/** The owner's move. */
async function moveToApproved(vault: string, path: string): Promise<string> {
  const target = `${FOLDERS.approved}/${nameOf(path)}`;
  await mkdir(join(vault, FOLDERS.approved), { recursive: true });
  await rename(join(vault, path), join(vault, target));
  return target;
}
