import { presentedSchema, type PresentedRecord } from "@nightdesk/claim-lib";
import type { AppendLog } from "@nightdesk/daemon-kit/append-log";
import { z } from "zod";

/** What was decided about notes besides carrying them out; `decisions.jsonl`, this program's alone. */
const decision = z.discriminatedUnion("type", [
  /** The owner was asked once more, about exactly these targets and doubts. */
  z.strictObject({
    type: z.literal("asked"),
    id: z.string(),
    rev: z.int(),
    targets_sha256: z.string(),
    doubts: z.array(z.string()),
    at: z.iso.datetime(),
  }),
  z.strictObject({
    type: z.literal("rejected"),
    id: z.string(),
    rev: z.int(),
    /** What the owner wrote under Feedback, when it was written after the move. */
    feedback_sha256: z.string().optional(),
    at: z.iso.datetime(),
  }),
  /** An approved note that waits, with its time on top: these bytes were written by this program. */
  z.strictObject({
    type: z.literal("held"),
    id: z.string(),
    rev: z.int(),
    sha256: z.string(),
    why: z.enum(["schedule", "bulk", "cap"]),
    notice: z.string(),
    mode: z.enum(["live", "dry_run"]),
    approved_at: z.iso.datetime(),
    until: z.iso.datetime(),
    at: z.iso.datetime(),
  }),
  /** An approval the owner took back before it was carried out. */
  z.strictObject({ type: z.literal("taken_back"), id: z.string(), rev: z.int(), at: z.iso.datetime() }),
  z.strictObject({
    type: z.literal("snoozed"),
    id: z.string(),
    rev: z.int(),
    until: z.iso.datetime(),
    /** The owner's own words for it; empty for the next morning. */
    asked: z.string(),
    at: z.iso.datetime(),
  }),
  z.strictObject({ type: z.literal("expired"), id: z.string(), rev: z.int(), at: z.iso.datetime() }),
  /** Checked again and put before the owner again, after Snoozed/ or Expired/. */
  z.strictObject({ type: z.literal("returned"), id: z.string(), rev: z.int(), at: z.iso.datetime() }),
  z.strictObject({
    type: z.literal("run"),
    run: z.string(),
    /** Absent in lines of earlier versions. */
    mode: z.enum(["live", "dry_run"]).optional(),
    at: z.iso.datetime(),
  }),
  /** Lay in Approved/ when DEV_MODE was switched off: it was approved for a rehearsal. */
  z.strictObject({ type: z.literal("rehearsal"), id: z.string(), rev: z.int(), at: z.iso.datetime() }),
  /** Effects up to then were found in the audit that the journal does not know; the owner was told. */
  z.strictObject({ type: z.literal("records_lost"), until: z.iso.datetime(), at: z.iso.datetime() }),
]);
type Decision = z.infer<typeof decision>;
export type Asked = Extract<Decision, { type: "asked" }>;
export type Held = Extract<Decision, { type: "held" }>;
type Rejected = Extract<Decision, { type: "rejected" }>;
/** Where the owner or the time put a note last. */
type Stay = Extract<Decision, { type: "held" | "taken_back" | "snoozed" | "expired" | "returned" }>;

/** What was put before the owner, and what the owner was asked. */
export interface Ledger {
  /** All records of one task, oldest first. */
  presented(id: string): Promise<PresentedRecord[]>;
  /** True when this program wrote any of them. */
  hasOwn(): Promise<boolean>;
  addPresented(record: PresentedRecord): Promise<void>;
  asked(id: string, rev: number): Asked[];
  wasRejected(id: string, rev: number): boolean;
  rejected(id: string, rev: number): Rejected[];
  held(id: string, rev: number): Held[];
  /** The last of its kind; null when the note only ever waited. */
  lastStay(id: string, rev: number): Stay | null;
  runs(): string[];
  /** How the run before this one was started; null before the first. */
  lastMode(): "live" | "dry_run" | null;
  wasForRehearsal(id: string, rev: number): boolean;
  /** Up to when effects are missing in the journal and the owner knows of it. */
  lostUntil(): string | null;
  addDecision(decision: Decision): Promise<void>;
}

export interface LedgerLogs {
  /** Written by vault-sync too. */
  presented: AppendLog;
  decisions: AppendLog;
  /** Changes whenever `presented` may have new lines, so that it is read only then. */
  presentedVersion(): Promise<string>;
}

/** Throws LEDGER_CORRUPT when a file is damaged. */
export async function openLedger(logs: LedgerLogs): Promise<Ledger> {
  const decisions = indexDecisions((await logs.decisions.readAll()).map((line) => decision.parse(line)));
  const readPresented = createPresentedReader(logs);
  return {
    presented: async (id) => (await readPresented()).get(id) ?? [],
    hasOwn: async () => [...(await readPresented()).values()].flat().some(({ from }) => from === "local"),
    addPresented: (record) => logs.presented.append(presentedSchema.parse(record)),
    asked: (id, rev) => decisions.of(id, rev).filter((item) => item.type === "asked"),
    wasRejected: (id, rev) => decisions.of(id, rev).some((item) => item.type === "rejected"),
    rejected: (id, rev) => decisions.of(id, rev).filter((item) => item.type === "rejected"),
    held: (id, rev) => decisions.of(id, rev).filter((item) => item.type === "held"),
    lastStay: (id, rev) => decisions.of(id, rev).findLast(isStay) ?? null,
    runs: () => decisions.runs.map(({ run }) => run),
    lastMode: () => decisions.runs.at(-1)?.mode ?? null,
    wasForRehearsal: (id, rev) => decisions.of(id, rev).some((item) => item.type === "rehearsal"),
    lostUntil: () => decisions.lost.at(-1) ?? null,
    async addDecision(item) {
      await logs.decisions.append(item);
      decisions.add(item);
    },
  };
}

function isStay(item: Decision): item is Stay {
  return ["held", "taken_back", "snoozed", "expired", "returned"].includes(item.type);
}

/** By note: every look asks about every note, and the file only grows. */
function indexDecisions(items: readonly Decision[]) {
  const byNote = new Map<string, Decision[]>();
  const runs: Extract<Decision, { type: "run" }>[] = [];
  const lost: string[] = [];
  const add = (item: Decision) => {
    if (item.type === "run") return void runs.push(item);
    if (item.type === "records_lost") return void lost.push(item.until);
    const key = `${item.id}-r${item.rev}`;
    const known = byNote.get(key);
    if (known) known.push(item);
    else byNote.set(key, [item]);
  };
  items.forEach(add);
  return { add, runs, lost, of: (id: string, rev: number) => byNote.get(`${id}-r${rev}`) ?? [] };
}

type ById = Map<string, PresentedRecord[]>;

function createPresentedReader(logs: LedgerLogs): () => Promise<ById> {
  let known: { version: string; byId: Promise<ById> } | null = null;
  return async () => {
    const version = await logs.presentedVersion();
    if (known?.version !== version) {
      const byId = readById(logs.presented);
      known = { version, byId };
      byId.catch(() => (known = null));
    }
    return known.byId;
  };
}

async function readById(log: AppendLog): Promise<ById> {
  const byId: ById = new Map();
  for (const line of await log.readAll()) {
    const parsed = presentedSchema.safeParse(line);
    // Lines of another form may be written by a later version of vault-sync; they present nothing to us.
    if (!parsed.success) continue;
    byId.set(parsed.data.id, [...(byId.get(parsed.data.id) ?? []), parsed.data]);
  }
  return byId;
}
