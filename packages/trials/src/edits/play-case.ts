import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FOLDERS, nameOf } from "@nightdesk/claim-lib";
import { waitFor } from "@nightdesk/testkit";
import type { Office } from "../office/open-office.ts";
import type { Reply } from "../office/sample-reply.ts";
import type { NoteWatch } from "../office/watch-notes.ts";
import { SAVE_WAYS } from "./save-ways.ts";
import type { EditCase, Saving } from "./make-case.ts";
import type { Seen, Wanted } from "./judge-case.ts";
import { writeVersion } from "./write-version.ts";

/** A case that was carried out; its mails are looked up when all are over. */
export interface Played {
  edit: EditCase;
  reply: Reply;
  wanted: Wanted;
  notes: Seen["notes"];
  why: string | null;
  /** The longest time between two changes after the move. */
  longestGapMs: number;
}

export interface Stage {
  office: Office;
  watch: NoteWatch;
  undoWindowMs: number;
}

/** Rounding of two clocks that are one. */
const CLOCK_MS = 2;

/** Lets one owner do what the case says, with the real programs around, and waits until it has come to rest. */
export async function playCase(stage: Stage, edit: EditCase): Promise<Played> {
  const { office, watch } = stage;
  const reply = await office.bring({ subject: `Order ${edit.number}` });
  const note = await office.untilChecked(reply);
  const hand = createHand(office, note);
  const left: Buffer[] = [];
  for (const saving of edit.before) left.splice(0, 1, await hand.save(saving, reply.path));
  const approvedPath = `${FOLDERS.approved}/${reply.file}`;
  await hand.step(() => office.approve(reply));
  for (const saving of edit.after) {
    await sleep(saving.waitMs);
    // Taken away before the owner was ready: too slow for the window, or a broken promise; both are seen below.
    if (!(await saveAfter(hand, edit, saving, left, { approvedPath, oldPath: reply.path }))) break;
  }
  const end = `the end of case ${edit.number}`;
  if (edit.comesBack) await untilBack(office, reply, end);
  const places = await watch
    .until(reply.id, end, edit.comesBack ? isBack : isAtRest)
    // Judged as it lies then: what never ends is lost.
    .catch(() => watch.places(reply.id));
  const notes = await readNotes(office.local.vault, places);
  return {
    edit,
    reply,
    notes,
    why: edit.comesBack ? await readNotice(office, reply) : await readWhy(office, reply),
    longestGapMs: hand.longestGapMs(),
    wanted: {
      text: edit.expected,
      to: reply.note.fields["to"] as string[],
      cc: reply.note.fields["cc"] as string[],
      subject: String(reply.note.fields["subject"]),
      sentence: edit.sentence,
      comesBack: edit.comesBack,
      untouched: left,
      notBeforeMs: hand.lastChangeAtMs() + stage.undoWindowMs - CLOCK_MS,
    },
  };
}

/** What is gone by now is left out: then the places say enough. */
async function readNotes(vault: string, places: readonly string[]): Promise<Seen["notes"]> {
  const notes = await Promise.all(
    places.map(async (path) => ({ path, bytes: await readFile(join(vault, path)).catch(() => null) })),
  );
  return notes.flatMap(({ path, bytes }) => (bytes === null ? [] : [{ path, bytes }]));
}

/** False when the note is not where it was saved before. */
async function saveAfter(
  hand: Hand,
  edit: EditCase,
  saving: Saving,
  left: Buffer[],
  { approvedPath, oldPath }: { approvedPath: string; oldPath: string },
): Promise<boolean> {
  try {
    if (edit.mode === "old place") left.push(await hand.save(saving, oldPath));
    else left.splice(0, 1, await hand.save(saving, approvedPath));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** Nobody will touch it any more: carried out, or put aside. */
function isAtRest(places: readonly string[]): boolean {
  return places.some(
    (path) => path.startsWith(`${FOLDERS.done}/`) || path.startsWith(`${FOLDERS.needsAttention}/`),
  );
}

function isBack(places: readonly string[]): boolean {
  return places.length === 1 && places.every((path) => path.startsWith(`${FOLDERS.pending}/`));
}

/** A note that never comes back is judged as it lies then. */
async function untilBack(office: Office, reply: Reply, what: string): Promise<void> {
  await waitFor(async () => (await readNotice(office, reply)) !== null, { what, timeoutMs: 60_000 }).catch(
    () => undefined,
  );
}

interface Hand {
  step(change: () => Promise<void>): Promise<void>;
  /** Resolves with the bytes that are there now. */
  save(saving: Saving, path: string): Promise<Buffer>;
  longestGapMs(): number;
  lastChangeAtMs(): number;
}

/** The owner's hand: what it changes, and when. The first step of its own is the move. */
function createHand(office: Office, note: string): Hand {
  let lastStartMs = Number.POSITIVE_INFINITY;
  let lastChangeAtMs = 0;
  let longestGapMs = 0;
  let hasMoved = false;
  const step = async (change: () => Promise<void>) => {
    const startMs = performance.now();
    lastChangeAtMs = Date.now();
    try {
      await change();
    } finally {
      if (hasMoved) longestGapMs = Math.max(longestGapMs, performance.now() - lastStartMs);
      lastStartMs = startMs;
    }
  };
  return {
    longestGapMs: () => longestGapMs,
    lastChangeAtMs: () => lastChangeAtMs,
    async step(change: () => Promise<void>) {
      await step(change);
      hasMoved = true;
    },
    async save({ version, way, pauseMs }: Saving, path: string): Promise<Buffer> {
      const bytes = writeVersion(note, version);
      await SAVE_WAYS[way]({ path: join(office.local.vault, path), bytes, pauseMs, step });
      return bytes;
    },
  };
}

async function readWhy(office: Office, reply: Reply): Promise<string | null> {
  const path = join(office.local.vault, FOLDERS.needsAttention, `WHY ${nameOf(reply.path)}`);
  return readFile(path, "utf8").catch(() => null);
}

/** The line on top of the note that waits for the owner; null when there is none. */
async function readNotice(office: Office, reply: Reply): Promise<string | null> {
  const text = await readFile(join(office.local.vault, reply.path), "utf8").catch(() => "");
  return /^> \[!warning\] (.*)$/m.exec(text)?.[1] ?? null;
}
