import { NightdeskError, signedReceiptSchema } from "@nightdesk/claim-lib";
import type { AppendLog } from "@nightdesk/daemon-kit/append-log";
import { z } from "zod";
import { fail } from "./errors.ts";

/**
 * The journal: what was begun outside, and how far it got. Laptop only, outside the vault. It is the lock
 * that makes one effect of one task: an effect is only ever committed after its handle stands here, and a
 * task that has a handle gets no second one.
 */
const at = z.iso.datetime();
const record = z.discriminatedUnion("type", [
  /** A start of the program; see check-records.ts. */
  z.strictObject({ type: z.literal("run"), run: z.string(), at }),
  z.strictObject({
    type: z.literal("intent"),
    id: z.string(),
    rev: z.int(),
    channel: z.string(),
    file: z.string(),
    tool: z.string(),
    account: z.string(),
    mode: z.enum(["live", "dry_run"]),
    args_sha256: z.string(),
    nonce: z.string(),
    receipt: signedReceiptSchema,
    approved_at: z.iso.datetime(),
    at,
  }),
  z.strictObject({ type: z.literal("prepared"), id: z.string(), nonce: z.string(), handle: z.string(), at }),
  z.strictObject({
    type: z.literal("committed"),
    id: z.string(),
    nonce: z.string(),
    ref: z.string(),
    sent_at: at,
    at,
  }),
  z.strictObject({ type: z.literal("done"), id: z.string(), nonce: z.string(), at }),
  z.strictObject({
    type: z.literal("parked"),
    id: z.string(),
    nonce: z.string(),
    /** `none`: surely nothing happened. `unknown`: it may have. */
    effect: z.enum(["none", "unknown"]),
    reason: z.string(),
    at,
  }),
]);
export type JournalRecord = z.infer<typeof record>;
type Intent = Extract<JournalRecord, { type: "intent" }>;
type TaskRecord = Exclude<JournalRecord, { type: "run" }>;

/** Where one task's effect stands. */
export interface JournalEntry {
  intent: Intent;
  state: "intent" | "prepared" | "committed" | "done" | "parked";
  handle: string | null;
  outcome: { ref: string; sentAt: string } | null;
  parked: { effect: "none" | "unknown"; reason: string } | null;
}

export interface Journal {
  get(id: string): JournalEntry | undefined;
  entries(): JournalEntry[];
  runs(): string[];
  /** True when an effect was ever begun under this nonce. */
  knows(nonce: string): boolean;
  /** Resolves when the record is durable. Throws ALREADY_EXECUTED for a second effect of one task. */
  append(record: JournalRecord): Promise<void>;
}

interface State {
  entries: Map<string, JournalEntry>;
  runs: string[];
  nonces: Set<string>;
}

/** Reads the journal. Throws LEDGER_CORRUPT or JOURNAL_CONTRADICTION. */
export async function openJournal(log: AppendLog): Promise<Journal> {
  let state = await readState(log);
  let unreadable: unknown = null;
  const busy = new Set<string>();

  /** After a failed append nobody knows whether the line is in the file; memory must say what the file says. */
  const reload = async () => {
    try {
      state = await readState(log);
      unreadable = null;
    } catch (error) {
      unreadable = error;
    }
  };

  const write = async (entry: JournalRecord) => {
    try {
      await log.append(entry);
    } catch (error) {
      await reload();
      throw error;
    }
    apply(state, entry);
  };

  return {
    get: (id) => state.entries.get(id),
    entries: () => [...state.entries.values()],
    runs: () => [...state.runs],
    knows: (nonce) => state.nonces.has(nonce),
    async append(entry) {
      if (unreadable) await reload();
      if (unreadable) throw unreadable;
      const id = entry.type === "run" ? "" : entry.id;
      if (busy.has(id)) throw alreadyExecuted(id);
      if (entry.type !== "run") next(state.entries.get(id), entry);
      busy.add(id);
      try {
        await write(entry);
      } finally {
        busy.delete(id);
      }
    },
  };
}

async function readState(log: AppendLog): Promise<State> {
  const state: State = { entries: new Map(), runs: [], nonces: new Set() };
  for (const line of await log.readAll()) {
    const parsed = record.safeParse(line);
    if (!parsed.success) throw contradiction("a line of it is of no known form", {});
    try {
      apply(state, parsed.data);
    } catch (error) {
      if (!NightdeskError.is(error, "ALREADY_EXECUTED")) throw error;
      throw contradiction("it holds two effects for one task", { cause: error });
    }
  }
  return state;
}

function apply(state: State, entry: JournalRecord): void {
  if (entry.type === "run") state.runs.push(entry.run);
  else {
    state.entries.set(entry.id, next(state.entries.get(entry.id), entry));
    state.nonces.add(entry.nonce);
  }
}

/** The entry after a record; throws when the record may not follow. Repeating a record changes nothing. */
function next(entry: JournalEntry | undefined, record: TaskRecord): JournalEntry {
  if (record.type === "intent") {
    if (entry && !mayBeginAgain(entry)) throw alreadyExecuted(record.id);
    return { intent: record, state: "intent", handle: null, outcome: null, parked: null };
  }
  if (!entry || entry.intent.nonce !== record.nonce) {
    throw contradiction(`"${record.type}" of ${record.id} has no beginning`, {});
  }
  switch (record.type) {
    case "prepared":
      if (entry.handle !== null && entry.handle !== record.handle) {
        throw contradiction(`${record.id} has two handles`, {});
      }
      return entry.state === "intent" ? { ...entry, state: "prepared", handle: record.handle } : entry;
    case "committed":
      if (entry.state === "done" || entry.state === "committed") return entry;
      return { ...entry, state: "committed", outcome: { ref: record.ref, sentAt: record.sent_at } };
    case "done":
      return { ...entry, state: "done" };
    case "parked":
      if (entry.outcome) throw contradiction(`${record.id} was carried out and then put aside`, {});
      return { ...entry, state: "parked", parked: { effect: record.effect, reason: record.reason } };
  }
}

/**
 * An intent without a recorded handle had no effect and never will: only recorded handles are committed.
 * The same holds for one put aside with the provider's word that nothing happened.
 */
export function mayBeginAgain(entry: JournalEntry): boolean {
  return entry.state === "intent" || (entry.state === "parked" && entry.parked?.effect === "none");
}

function alreadyExecuted(id: string) {
  return fail(
    "ALREADY_EXECUTED",
    `Task ${id} was already carried out or is under way; it was not begun again.`,
    {
      data: { id },
    },
  );
}

function contradiction(why: string, details: { cause?: unknown }) {
  return fail(
    "JOURNAL_CONTRADICTION",
    `The journal of what was sent cannot be trusted: ${why}. Nothing is sent until it is repaired; restore the state folder or ask for help.`,
    details,
  );
}
