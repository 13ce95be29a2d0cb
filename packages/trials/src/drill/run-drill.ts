import { describeError } from "@nightdesk/claim-lib";
import { readRawMail } from "@nightdesk/testkit";
import { openOffice } from "../office/open-office.ts";
import { watchNotes, type NoteWatch } from "../office/watch-notes.ts";
import { bringItems, type Brought } from "./bring-items.ts";
import { dragFolder } from "./drag-folder.ts";
import {
  approve,
  nothingSent,
  SINGLE_FLOWS,
  type Decided,
  type Desk,
  type Effect,
  type Item,
} from "./flows.ts";
import { createHand, pause } from "./hand.ts";
import { judgeDrill, type DrillCount, type DrillItem, type SentInDrill } from "./judge-drill.ts";
import { makeScript, type Decision, type DecisionName, type Drag } from "./script.ts";

export interface DrillOptions {
  items: number;
  seed: number;
  /** An empty folder with a short path. */
  folder: string;
  undoWindowSeconds: number;
  /** More approvals than this within a minute wait. */
  bulkApprovals: number;
  bulkWaitSeconds: number;
  say?: (line: string) => void;
}

export interface DrillResult extends DrillCount {
  /** How many notes came back with a question and were approved once more. */
  asked: number;
  effects: Effect[];
  seconds: number;
}

/** A person drags the next note after this at the earliest. */
const BETWEEN_MOVES_MS = 120;
const BETWEEN_DRAGS_MS = 1_500;
const GOING_OUT_MS = 2_000;
const AGAIN = /^notice: .*Move it to Approved\/ again/m;

/** A whole office: mails come in, the cloud drafts, sync carries, and an owner decides by moves alone. */
export async function runDrill(options: DrillOptions): Promise<DrillResult> {
  const startedMs = performance.now();
  const { say = () => undefined } = options;
  const office = await openOffice({
    folder: options.folder,
    local: {
      UNDO_WINDOW_SECONDS: String(options.undoWindowSeconds),
      BULK_APPROVALS: String(options.bulkApprovals),
      BULK_WAIT_SECONDS: String(options.bulkWaitSeconds),
    },
  });
  const watch = watchNotes(office.local.vault);
  try {
    const brought = await bringItems(office, options.items, options.seed);
    say(`${brought.length} drafts wait before the owner, ${sinceText(startedMs)} after the start.`);
    const hand = createHand(office.local.vault, watch);
    const desk = { hand, undoWindowMs: options.undoWindowSeconds * 1000 };
    const decided = await decideAll(desk, brought, makeScript(options.items), say);
    const asked = await seeItDone(desk, watch, decided);
    say(`All decisions have had their effect, ${sinceText(startedMs)} after the start.`);
    // Whoever would send a second time, or what was taken back, has had the time to.
    await pause((options.undoWindowSeconds + options.bulkWaitSeconds) * 1000);
    await watch.look();
    const sent = (await office.gmail.sentMessages()).map(({ raw, sentAtMs }) => ({
      sentAtMs,
      mail: readRawMail(raw),
    }));
    const items = decided.map((one) => toDrillItem(one, watch));
    return {
      ...judgeDrill(items, sent),
      asked,
      effects: decided.flatMap((one) => effectsOf(one, sent)),
      seconds: Math.round((performance.now() - startedMs) / 1000),
    };
  } finally {
    await watch.close();
    await office.close();
  }
}

type DecidedItem = Brought & { decision: Decision; decided: Decided };

/** First what is decided one by one, each in its own time; then the two folders, one after the other. */
async function decideAll(
  desk: Desk,
  brought: readonly Brought[],
  script: readonly Decision[],
  say: (line: string) => void,
): Promise<DecidedItem[]> {
  const pairs = brought.map((one, at) => ({ ...one, decision: script[at] as Decision }));
  const ends = new Map<Item, Decided>();
  const singles = [];
  for (const { item, decision } of pairs.filter(({ decision: { drag } }) => drag === null)) {
    const flow = SINGLE_FLOWS[decision.name as DecisionName];
    if (!flow) throw new TypeError(`nobody knows how to decide "${decision.name}"`);
    const work = flow(desk, item).catch((error: unknown) => gaveUp(describeError(error)));
    singles.push(work.then((decided) => ends.set(item, decided)));
    await pause(BETWEEN_MOVES_MS);
  }
  await Promise.all(singles);
  say(`${singles.length} were decided one by one.`);
  // Those approved last go out before the drags, or they would wait with them.
  await pause(desk.undoWindowMs + GOING_OUT_MS);
  const drags = [];
  for (const drag of ["first", "second"] satisfies Drag[]) {
    const dragged = pairs.filter(({ decision }) => decision.drag === drag);
    say(`${dragged.length} are dragged to Approved/ in one movement.`);
    drags.push(
      dragFolder(desk, dragged).then((some) => some.forEach((decided, item) => ends.set(item, decided))),
    );
    await pause(BETWEEN_DRAGS_MS);
  }
  await Promise.all(drags);
  return pairs.map((one) => ({ ...one, decided: ends.get(one.item) as Decided }));
}

/** What an owner waits for in vain is a fault of that item, and the others go on. */
function gaveUp(why: string): Decided {
  return { ...nothingSent(), problems: [why] };
}

/** Waits for every mail that is to go out. A note that comes back with a question is approved once more. */
async function seeItDone(desk: Desk, watch: NoteWatch, all: readonly DecidedItem[]): Promise<number> {
  let asked = 0;
  await watch.look();
  await Promise.all(
    all.map(async ({ item, decided }) => {
      if (decided.wanted === null) return;
      const isOver = (path: string) => /^(Done|Needs_Attention)\//.test(path);
      const isBack = (path: string) => path.startsWith("Pending_Approval/");
      const own = (places: readonly string[]) =>
        places.filter((path) => path.endsWith(`-r${decided.rev}.md`));
      for (let rounds = 0; rounds < 2; rounds += 1) {
        const until = (places: readonly string[]) => own(places).some((path) => isOver(path) || isBack(path));
        // What never ends is missing, and judged so.
        const places = own(await watch.until(item.id, "the end", until, 90_000).catch(() => []));
        if (!places.some(isBack)) return;
        const shown = await desk.hand.untilShown(item.id, decided.rev, AGAIN).catch(() => null);
        if (shown === null) return;
        asked += 1;
        const { atMs } = await approve(desk, shown);
        if (decided.wanted) decided.wanted.notBeforeMs = atMs + desk.undoWindowMs - 2;
        Object.assign(decided, { row: "asked once more, approved again", fromMs: atMs });
        await watch.look();
      }
    }),
  );
  return asked;
}

function toDrillItem({ mail, item, decision, decided }: DecidedItem, watch: NoteWatch): DrillItem {
  const { wanted } = decided;
  const addresses = [...(wanted?.to ?? []), ...(wanted?.cc ?? [])].join();
  // Worked out anew: an answer goes to its sender; what a hostile one asks for instead is no plain address.
  const isElsewhere = wanted !== null && addresses !== mail.from;
  return {
    number: item.number,
    mailKind: mail.kind,
    decision,
    answersId: mail.messageId,
    wanted,
    places: watch.places(item.id).filter((path) => path.endsWith(`-r${decided.rev}.md`)),
    problems: [
      ...decided.problems,
      ...(isElsewhere ? [`the note answers ${addresses}, not ${mail.from}`] : []),
    ],
  };
}

function effectsOf({ mail, decided }: DecidedItem, sent: readonly SentInDrill[]): Effect[] {
  const reply = sent.find((one) => one.mail.inReplyTo === mail.messageId);
  const own = decided.wanted && reply ? [{ kind: decided.row, ms: reply.sentAtMs - decided.fromMs }] : [];
  return [...decided.effects, ...own];
}

function sinceText(startedMs: number): string {
  return `${Math.round((performance.now() - startedMs) / 1000)} s`;
}
