import { receiptSchema, type Receipt } from "@nightdesk/claim-lib";
import type { LaptopRecords, StateRecord } from "./read-laptop-records.ts";
import type { Step } from "./read-steps.ts";
import type { EventKind, StoryEvent } from "./story-event.ts";

/** What the laptop's own records tell of an item. */
export function tellRecords(records: LaptopRecords, steps: readonly Step[]): StoryEvent[] {
  return [
    ...tellPresented(records, steps),
    ...records.decisions.flatMap(tellDecision),
    ...tellJournal(records),
  ];
}

function tellPresented({ presented }: LaptopRecords, steps: readonly Step[]): StoryEvent[] {
  const reached = new Set<number>();
  return presented.map((record): StoryEvent => {
    const { at, rev, from, sha256 } = record;
    const given = { at, rev, source: "presented" as const };
    if (from === "cloud" && !reached.has(rev)) {
      reached.add(rev);
      return { ...given, kind: "reached", says: `Revision ${rev} reached this laptop.` };
    }
    const fields = steps.find((step) => step.sha256 === sha256)?.note?.fields;
    const checked = fields?.checked === undefined ? "" : ` Checked: ${fields.checked}`;
    const notice = fields?.notice === undefined ? "" : ` On top it says: ${fields.notice}`;
    return { ...given, kind: "shown", says: `Put before the owner.${checked}${notice}` };
  });
}

const DECISIONS: Readonly<Record<string, (record: StateRecord) => { kind: EventKind; says: string }>> = {
  asked: () => ({ kind: "asked again", says: "Asked the owner once more." }),
  rejected: () => ({ kind: "rejected", says: "Rejected by the owner." }),
  held: ({ why, notice, until }) => ({
    kind: why === "schedule" ? "scheduled" : "held",
    says: `Approved, and waits until ${String(until)}: ${String(notice)}`,
  }),
  taken_back: () => ({ kind: "taken back", says: "Taken back by the owner before it was carried out." }),
  snoozed: ({ until }) => ({ kind: "snoozed", says: `Snoozed by the owner until ${String(until)}.` }),
  expired: () => ({ kind: "expired", says: "Not decided in time." }),
  returned: () => ({ kind: "renewed", says: "Checked again and put before the owner again." }),
};

function tellDecision(record: StateRecord): StoryEvent[] {
  const tell = Object.hasOwn(DECISIONS, record.type) ? DECISIONS[record.type] : undefined;
  if (!tell) return [];
  return [{ at: record.at, rev: record.rev ?? 0, source: "decisions", ...tell(record) }];
}

function tellJournal({ journal, presented }: LaptopRecords): StoryEvent[] {
  let rev = 0;
  let isLive = false;
  return journal.flatMap((record) => {
    if (record.type === "intent") {
      rev = record.rev ?? 0;
      isLive = record["mode"] === "live";
    }
    const given = { at: record.at, rev, source: "journal" as const };
    const tell = (kind: EventKind, says: string, at = record.at): StoryEvent[] => [
      { ...given, at, kind, says },
    ];
    const value = (key: string) => (typeof record[key] === "string" ? record[key] : "");
    switch (record.type) {
      case "intent":
        return [
          ...tell("approved", "Approved by the owner.", value("approved_at") || record.at),
          ...tell("receipt", describeReceipt(record)),
          ...tell("executing", "Moved to In_Progress/local/ to be carried out."),
        ];
      case "prepared":
        return tell(
          "handle",
          `Prepared at the provider as draft ${value("handle")}; from here on it can go out once and no more.`,
        );
      case "committed":
        return tell(
          "sent",
          describeSent(isLive, value("ref"), presented, rev),
          value("sent_at") || record.at,
        );
      case "done":
        return tell("done", "Finished and recorded.");
      case "parked":
        return tell(
          "doubt",
          `Put aside, ${record["effect"] === "none" ? "and surely not sent" : "and it may have been sent"}: ${value("reason")}`,
        );
      default:
        return [];
    }
  });
}

function describeSent(
  isLive: boolean,
  ref: string,
  presented: LaptopRecords["presented"],
  rev: number,
): string {
  const targets = presented.findLast((record) => record.rev === rev)?.targets ?? {};
  const to = Object.values(targets)
    .flat()
    .filter((one) => typeof one === "string")
    .join(", ");
  const verb = isLive ? `Sent${to === "" ? "" : ` to ${to}`}` : "Rehearsed; nothing was sent";
  return `${verb}. The provider's id is ${ref}.`;
}

/** What the receipt binds; neither its nonce nor its signature. */
function describeReceipt(record: StateRecord): string {
  const receipt = readReceipt(record["receipt"]);
  if (receipt === null) return "A receipt was signed for exactly this text.";
  const { tool, account, mode, args_sha256: hash, expires_at: expires } = receipt;
  const rehearsal = mode === "live" ? "" : ", for a rehearsal only";
  return `Receipt signed for ${tool} from ${account}${rehearsal}: this text and these recipients alone (SHA-256 ${hash.slice(0, 12)}...), good until ${expires}.`;
}

function readReceipt(value: unknown): Receipt | null {
  const signed = typeof value === "object" && value !== null && "receipt" in value ? value.receipt : null;
  try {
    return typeof signed === "string" ? (receiptSchema.safeParse(JSON.parse(signed)).data ?? null) : null;
  } catch {
    return null;
  }
}
