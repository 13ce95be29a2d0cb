/** Which of the two folder drags a note is part of. */
export type Drag = "first" | "second";

export interface Decision {
  name: string;
  /** How many of a hundred. */
  share: number;
  /** True when a mail goes out in the end. */
  isSent: boolean;
  /** The folder its newest version lies in at the end; null: nowhere. */
  endsIn: string | null;
  /** Decided with many others in one movement; null: by itself. */
  drag: Drag | null;
}

const sent = (name: string, share: number, drag: Drag | null = null): Decision => ({
  name,
  share,
  isSent: true,
  endsIn: "Done",
  drag,
});
const notSent = (name: string, share: number, endsIn: string | null, drag: Drag | null = null): Decision => ({
  name,
  share,
  isSent: false,
  endsIn,
  drag,
});

/** Everything an owner can decide by a move. A short drill takes one of each from the top. */
export const DECISIONS = [
  sent("approved", 5),
  sent("edited, then approved", 2),
  sent("approved, then edited", 4),
  sent("rejected, version 2 approved", 7),
  notSent("rejected", 3, "Rejected"),
  notSent("taken back in the undo window", 2, "Pending_Approval"),
  sent("scheduled", 3),
  sent("dragged, first folder", 18, "first"),
  notSent("dragged, then taken back", 4, "Pending_Approval", "second"),
  sent("snoozed, back, then approved", 2),
  notSent("deleted while it waited", 1, null),
  sent("edited, then dragged, first folder", 12, "first"),
  sent("rejected twice, version 3 approved", 2),
  sent("rejected, version 2 edited and approved", 1),
  sent("taken back, then approved after all", 1),
  notSent("snoozed", 2, "Snoozed"),
  notSent("scheduled, then taken back", 1, "Pending_Approval"),
  notSent("approved, then deleted", 1, null),
  notSent("expired", 1, "Expired"),
  sent("expired, renewed, then approved", 1),
  notSent("put into Expired", 1, "Expired"),
  sent("dragged, second folder", 13, "second"),
  sent("edited, then dragged, second folder", 7, "second"),
  sent("dragged, then edited", 3, "second"),
  notSent("dragged, then deleted", 1, null, "second"),
  sent("dragged, taken back, then approved after all", 2, "second"),
] as const satisfies readonly Decision[];

export type DecisionName = (typeof DECISIONS)[number]["name"];

/** The decisions of a drill: one of each kind in turn, until every kind has its share. */
export function makeScript(items: number): Decision[] {
  const left: Decision[] = DECISIONS.map((decision) => ({
    ...decision,
    share: Math.max(1, Math.round((decision.share * items) / 100)),
  }));
  const script: Decision[] = [];
  while (script.length < items) {
    const before = script.length;
    for (const decision of left) {
      if (decision.share === 0 || script.length === items) continue;
      decision.share -= 1;
      script.push(decision);
    }
    // Rounding may leave a few over.
    if (script.length === before) for (const decision of left) decision.share += 1;
  }
  return script;
}
