import { FOLDERS } from "@nightdesk/claim-lib";
import { pause, readWanted, type Hand, type Shown } from "./hand.ts";
import type { WantedMail } from "./judge-drill.ts";
import type { DecisionName } from "./script.ts";

/** One mail's item while it is decided on. */
export interface Item {
  number: number;
  id: string;
  /** As it was first shown. */
  first: Shown;
}

/** How long something took from the owner's hand on, for the table. */
export interface Effect {
  kind: string;
  ms: number;
}

/** What an owner's decision came to. */
export interface Decided {
  rev: number;
  /** Null: nothing may be sent. */
  wanted: WantedMail | null;
  /** The name of the table's row for the mail; from when its time counts. */
  row: string;
  fromMs: number;
  effects: Effect[];
  problems: string[];
}

export interface Desk {
  hand: Hand;
  undoWindowMs: number;
}

type Flow = (desk: Desk, item: Item) => Promise<Decided>;

/** Nobody reads a note in less, and a version that replaced another is asked about if approved sooner. */
const READING_MS = 5_500;
/** The owner changes his mind after this share of the undo window: the program has seen the move, and does nothing yet. */
const SECOND_THOUGHT_SHARE = 0.4;
/** The program looks again at least every 20 s. What it never saw as approved it has nothing to say about. */
const NOTICED_WITHIN_MS = 40_000;
/** Times on a note lie so many undo windows ahead. */
const SNOOZE_WINDOWS = 2;
const SCHEDULE_WINDOWS = 3;
const EXPIRY_MS = 4_000;
const CLOCK_MS = 2;

const TAKEN_BACK = /^notice: .*You took this back before it was carried out/m;

/** Rounded up: the note says seconds. */
const inSeconds = (ms: number) => Math.ceil((Date.now() + ms) / 1000) * 1000;
const asText = (atMs: number) => new Date(atMs).toISOString().replace(".000Z", "Z");
export const ownWords = (item: Item) =>
  `Dear customer ${item.number},\n\nthis is the owner’s own answer – “as agreed” ✓, ${item.number * 7} €  \n\n- Thursday\n- Friday\n\nRobin`;

export function nothingSent(rev = 1, effects: Effect[] = []): Decided {
  return { rev, wanted: null, row: "", fromMs: 0, effects, problems: [] };
}

export function toBeSent(
  desk: Desk,
  row: string,
  wanted: Omit<WantedMail, "notBeforeMs">,
  fromMs: number,
  more: Partial<Decided> = {},
): Decided {
  const notBeforeMs = fromMs + desk.undoWindowMs - CLOCK_MS;
  return { rev: 1, wanted: { ...wanted, notBeforeMs }, row, fromMs, effects: [], problems: [], ...more };
}

/** The move to Approved/. */
export async function approve({ hand }: Desk, shown: Shown): Promise<{ path: string; atMs: number }> {
  const atMs = Date.now();
  return { path: await hand.move(shown.path, FOLDERS.approved), atMs };
}

async function rejectWith(
  { hand }: Desk,
  item: Item,
  rev: number,
  shown: Shown,
  words: string,
): Promise<{ next: Shown; effects: Effect[]; problems: string[] }> {
  // In a property, below the heading, or after the move: an owner does any of them.
  const form = (item.number + rev) % 3;
  if (form === 0) await hand.saveProperty(shown.path, "feedback", JSON.stringify(words));
  if (form === 1) await hand.saveFeedback(shown.path, words);
  const fromMs = Date.now();
  const path = await hand.move(shown.path, FOLDERS.rejected);
  if (form === 2) await hand.saveFeedback(path, words);
  const next = await hand.untilShown(item.id, rev + 1);
  const ms = Date.now() - fromMs;
  const said = words.replace(/^Say: /, "");
  const problems = next.text.includes(said) ? [] : [`version ${rev + 1} does not say "${said}"`];
  await pause(READING_MS);
  return { next, effects: [{ kind: "rejected: the next version waits", ms }], problems };
}

export const secondThought = ({ undoWindowMs }: Desk) => pause(undoWindowMs * SECOND_THOUGHT_SHARE);

export const takeBack = async (
  { hand }: Desk,
  item: Item,
  path: string,
): Promise<{ shown: Shown; effect: Effect }> => {
  const fromMs = Date.now();
  await hand.move(path, `${FOLDERS.pending}/email`);
  const told = await hand.untilShown(item.id, 1, TAKEN_BACK, NOTICED_WITHIN_MS).catch(() => null);
  const kind = told ? "taken back: the note says so" : "taken back before it was seen as approved";
  return { shown: told ?? item.first, effect: { kind, ms: Date.now() - fromMs } };
};

const approved: Flow = async (desk, item) => {
  const { atMs } = await approve(desk, item.first);
  return toBeSent(desk, "approved", readWanted(item.first), atMs);
};

const editedThenApproved: Flow = async (desk, item) => {
  const { hand } = desk;
  await hand.saveReply(item.first.path, item.first, ownWords(item), "renamed");
  const { atMs } = await approve(desk, item.first);
  return toBeSent(desk, "edited, then approved", { ...readWanted(item.first), text: ownWords(item) }, atMs);
};

const approvedThenEdited: Flow = async (desk, item) => {
  const { path } = await approve(desk, item.first);
  await secondThought(desk);
  const fromMs = Date.now();
  await desk.hand.saveReply(path, item.first, ownWords(item), "inPlace");
  return toBeSent(
    desk,
    "approved, then edited (from the save)",
    { ...readWanted(item.first), text: ownWords(item) },
    fromMs,
  );
};

const newVersion =
  (versions: number, isEdited: boolean): Flow =>
  async (desk, item) => {
    let shown = item.first;
    const effects: Effect[] = [];
    const problems: string[] = [];
    for (let rev = 1; rev < versions; rev += 1) {
      const words = `Say: item ${item.number} comes on day ${rev} at nine.`;
      const round = await rejectWith(desk, item, rev, shown, words);
      shown = round.next;
      effects.push(...round.effects);
      problems.push(...round.problems);
    }
    if (isEdited) await desk.hand.saveReply(shown.path, shown, ownWords(item), "backedUp");
    const { atMs } = await approve(desk, shown);
    const wanted = readWanted(shown);
    return toBeSent(
      desk,
      "new version approved",
      isEdited ? { ...wanted, text: ownWords(item) } : wanted,
      atMs,
      {
        rev: versions,
        effects,
        problems,
      },
    );
  };

const rejected: Flow = async ({ hand }, item) => {
  await hand.move(item.first.path, FOLDERS.rejected);
  return nothingSent();
};

const takenBack: Flow = async (desk, item) => {
  const { path } = await approve(desk, item.first);
  await secondThought(desk);
  const { effect } = await takeBack(desk, item, path);
  return nothingSent(1, [effect]);
};

const takenBackThenApproved: Flow = async (desk, item) => {
  const { path } = await approve(desk, item.first);
  await secondThought(desk);
  const { shown, effect } = await takeBack(desk, item, path);
  const { atMs } = await approve(desk, shown);
  return toBeSent(desk, "approved", readWanted(shown), atMs, { effects: [effect] });
};

const scheduled: Flow = async (desk, item) => {
  const dueMs = inSeconds(SCHEDULE_WINDOWS * desk.undoWindowMs);
  await desk.hand.saveProperty(item.first.path, "send_at", asText(dueMs));
  await approve(desk, item.first);
  const wanted = { ...readWanted(item.first), notBeforeMs: dueMs };
  return { ...nothingSent(), wanted, row: "scheduled (from its time)", fromMs: dueMs };
};

const scheduledThenTakenBack: Flow = async (desk, item) => {
  const dueMs = inSeconds(SCHEDULE_WINDOWS * desk.undoWindowMs);
  await desk.hand.saveProperty(item.first.path, "send_at", asText(dueMs));
  await approve(desk, item.first);
  const path = await desk.hand.untilIn(item.id, 1, FOLDERS.scheduled);
  const { effect } = await takeBack(desk, item, path);
  // Until its time has passed nothing is known.
  await pause(dueMs - Date.now() + desk.undoWindowMs);
  return nothingSent(1, [effect]);
};

const snoozed: Flow = async ({ hand }, item) => {
  await hand.move(item.first.path, FOLDERS.snoozed);
  return nothingSent();
};

const snoozedThenApproved: Flow = async (desk, item) => {
  const dueMs = inSeconds(SNOOZE_WINDOWS * desk.undoWindowMs);
  await desk.hand.saveProperty(item.first.path, "snooze_until", asText(dueMs));
  await desk.hand.move(item.first.path, FOLDERS.snoozed);
  const shown = await desk.hand.untilShown(item.id, 1, /Back from Snoozed/);
  const effect = { kind: "snoozed: back before the owner (from its time)", ms: Date.now() - dueMs };
  const { atMs } = await approve(desk, shown);
  return toBeSent(desk, "approved", readWanted(shown), atMs, { effects: [effect] });
};

const deletedWaiting: Flow = async ({ hand }, item) => {
  await hand.remove(item.first.path);
  return nothingSent();
};

const approvedThenDeleted: Flow = async (desk, item) => {
  const { path } = await approve(desk, item.first);
  await secondThought(desk);
  await desk.hand.remove(path);
  return nothingSent();
};

async function letExpire({ hand }: Desk, item: Item): Promise<{ path: string; effect: Effect }> {
  const endMs = inSeconds(EXPIRY_MS);
  await hand.saveProperty(item.first.path, "expires", new Date(endMs).toISOString());
  const path = await hand.untilIn(item.id, 1, FOLDERS.expired);
  return { path, effect: { kind: "expired: put away (from its time)", ms: Date.now() - endMs } };
}

const expired: Flow = async (desk, item) => {
  const { effect } = await letExpire(desk, item);
  return nothingSent(1, [effect]);
};

const renewed: Flow = async (desk, item) => {
  const { path, effect } = await letExpire(desk, item);
  const fromMs = Date.now();
  await desk.hand.move(path, `${FOLDERS.pending}/email`);
  const shown = await desk.hand.untilShown(item.id, 1, /Renewed on/);
  const back = { kind: "renewed: back before the owner", ms: Date.now() - fromMs };
  const { atMs } = await approve(desk, shown);
  return toBeSent(desk, "approved", readWanted(shown), atMs, { effects: [effect, back] });
};

const putIntoExpired: Flow = async ({ hand }, item) => {
  await hand.move(item.first.path, FOLDERS.expired);
  return nothingSent();
};

/** What is decided by a movement of its own. */
export const SINGLE_FLOWS: Partial<Record<DecisionName, Flow>> = {
  approved,
  "edited, then approved": editedThenApproved,
  "approved, then edited": approvedThenEdited,
  "rejected, version 2 approved": newVersion(2, false),
  "rejected, version 2 edited and approved": newVersion(2, true),
  "rejected twice, version 3 approved": newVersion(3, false),
  rejected,
  "taken back in the undo window": takenBack,
  "taken back, then approved after all": takenBackThenApproved,
  scheduled,
  "scheduled, then taken back": scheduledThenTakenBack,
  snoozed,
  "snoozed, back, then approved": snoozedThenApproved,
  "deleted while it waited": deletedWaiting,
  "approved, then deleted": approvedThenDeleted,
  expired,
  "expired, renewed, then approved": renewed,
  "put into Expired": putIntoExpired,
};
