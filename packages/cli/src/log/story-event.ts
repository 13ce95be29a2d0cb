/** What can happen to an item, in the order in which things of one instant are told. */
const EVENT_KINDS = [
  "received",
  "noticed",
  "claimed",
  "claim lost",
  "released",
  "drafted",
  "concluded",
  "offered",
  "reached",
  "shown",
  "asked again",
  "held",
  "scheduled",
  "snoozed",
  "expired",
  "renewed",
  "dropped",
  "taken back",
  "rejected",
  "revision",
  "edited",
  "approved",
  "receipt",
  "executing",
  "handle",
  "sent",
  "doubt",
  "refused",
  "moved",
  "done",
  "other",
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/** Where a fact is recorded; of two tellings of one fact the earlier in this list counts. */
const SOURCES = ["journal", "audit", "decisions", "presented", "note", "history"] as const;
type Source = (typeof SOURCES)[number];

/** One step of an item's story. */
export interface StoryEvent {
  at: string;
  kind: EventKind;
  /** 0: of the item as a whole. */
  rev: number;
  /** One sentence. */
  says: string;
  source: Source;
  /** The commit in which the other machine can see it. */
  commit?: string;
  /** The owner's changes to the text; the only text of a mail that is ever told. */
  diff?: string;
}

/**
 * Puts the tellings of all sources in order, each fact once. What the history tells of a fact that has a
 * better source gives it its commit and goes: a move is published later than it was made.
 */
export function mergeEvents(events: readonly StoryEvent[]): StoryEvent[] {
  const told: StoryEvent[] = [];
  for (const source of SOURCES) {
    const fresh = events.filter((one) => one.source === source).map((event) => ({ ...event }));
    const merged = new Set<StoryEvent>();
    for (const [event, better] of closestPairs(fresh, told)) {
      if (merged.has(event) || merged.has(better)) continue;
      merged.add(event).add(better);
      if (better.commit === undefined && event.commit !== undefined) better.commit = event.commit;
      // Every record is written after the fact: the first to tell it is nearest to it.
      if (timeOf(event) < timeOf(better)) better.at = event.at;
    }
    told.push(...fresh.filter((event) => !merged.has(event)));
  }
  beforeItsEffect(told);
  const rank = (event: StoryEvent) => EVENT_KINDS.indexOf(event.kind);
  return told.sort((a, b) => timeOf(a) - timeOf(b) || a.rev - b.rev || rank(a) - rank(b));
}

function timeOf({ at }: StoryEvent): number {
  return Date.parse(at);
}

/** The other machine can begin a revision before this one has written down what it was begun for. */
function beforeItsEffect(events: readonly StoryEvent[]): void {
  for (const revision of events.filter(({ kind }) => kind === "revision")) {
    const cause = events.find(({ kind, rev }) => kind === "rejected" && rev === revision.rev - 1);
    if (cause && timeOf(cause) > timeOf(revision)) cause.at = revision.at;
  }
}

/** Two tellings of what may be one fact, those nearest in time first. */
function closestPairs(fresh: readonly StoryEvent[], told: readonly StoryEvent[]): [StoryEvent, StoryEvent][] {
  const distance = ([a, b]: [StoryEvent, StoryEvent]) => Math.abs(timeOf(a) - timeOf(b));
  return fresh
    .flatMap((event) =>
      told
        .filter((one) => one.kind === event.kind && one.rev === event.rev)
        .map((one): [StoryEvent, StoryEvent] => [event, one]),
    )
    .sort((a, b) => distance(a) - distance(b));
}
