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
  z.strictObject({ type: z.literal("rejected"), id: z.string(), rev: z.int(), at: z.iso.datetime() }),
  z.strictObject({ type: z.literal("run"), run: z.string(), at: z.iso.datetime() }),
]);
type Decision = z.infer<typeof decision>;
export type Asked = Extract<Decision, { type: "asked" }>;

/** What was put before the owner, and what the owner was asked. */
export interface Ledger {
  /** All records of one task, oldest first. */
  presented(id: string): Promise<PresentedRecord[]>;
  /** True when this program wrote any of them. */
  hasOwn(): Promise<boolean>;
  addPresented(record: PresentedRecord): Promise<void>;
  asked(id: string, rev: number): Asked[];
  wasRejected(id: string, rev: number): boolean;
  runs(): string[];
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
  const decisions = (await logs.decisions.readAll()).map((line) => decision.parse(line));
  const readPresented = createPresentedReader(logs);
  return {
    presented: async (id) => (await readPresented()).get(id) ?? [],
    hasOwn: async () => [...(await readPresented()).values()].flat().some(({ from }) => from === "local"),
    addPresented: (record) => logs.presented.append(presentedSchema.parse(record)),
    asked: (id, rev) =>
      decisions.filter((item): item is Asked => item.type === "asked" && item.id === id && item.rev === rev),
    wasRejected: (id, rev) =>
      decisions.some((item) => item.type === "rejected" && item.id === id && item.rev === rev),
    runs: () => decisions.flatMap((item) => (item.type === "run" ? [item.run] : [])),
    async addDecision(item) {
      await logs.decisions.append(item);
      decisions.push(item);
    },
  };
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
