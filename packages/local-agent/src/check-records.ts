import { FOLDERS, parseTaskName } from "@nightdesk/claim-lib";
import { z } from "zod";
import { readAuditDay } from "./audit.ts";
import { parkApprovals } from "./park-approvals.ts";
import type { Ports } from "./ports.ts";

/**
 * Every start is written into the journal and then into the decisions. The journal was lost, or is an
 * older copy, when it lacks the last start of the decisions, or any start although this program presented
 * notes before, or an effect that the audit in the vault tells of. Then what lies in Approved/ or Scheduled/
 * may have been carried out already, so it counts as unknown, and so does what was begun without a handle.
 * (What lies in In_Progress/local/ without an entry is treated like that at every look.)
 */
export async function checkRecords(ports: Ports): Promise<{ lost: boolean }> {
  const inJournal = ports.journal.runs();
  const last = ports.ledger.runs().at(-1);
  const forgottenUntil = await findForgotten(ports);
  const lost =
    forgottenUntil !== null ||
    (last === undefined
      ? inJournal.length === 0 && (await ports.ledger.hasOwn())
      : !inJournal.includes(last));
  const at = new Date(ports.clock.now()).toISOString();
  if (lost) {
    ports.log.error({ event: "journal.lost", forgottenUntil });
    await parkApprovals(ports, (id) => hasHandle(ports, id), { code: "RECORDS_LOST", sentence: SENTENCE });
  }
  // Told once; after it, so that a crash in between tells it again.
  if (forgottenUntil !== null)
    await ports.ledger.addDecision({ type: "records_lost", until: forgottenUntil, at });
  if (ports.mode === "live" && ports.ledger.lastMode() === "dry_run") await noteRehearsals(ports, at);
  const run = Buffer.from(ports.random.bytes(8)).toString("hex");
  await ports.journal.append({ type: "run", run, at });
  await ports.ledger.addDecision({ type: "run", run, mode: ports.mode, at });
  return { lost };
}

/** What was approved while nothing was sent for real is no approval of the real thing. */
async function noteRehearsals(ports: Ports, at: string): Promise<void> {
  for (const folder of [FOLDERS.approved, FOLDERS.scheduled])
    for (const file of await ports.files.list(folder)) {
      const name = parseTaskName(file);
      if (name) await ports.ledger.addDecision({ type: "rehearsal", id: name.id, rev: name.rev, at });
    }
}

const SENTENCE =
  "The records of what was sent are missing or older than this vault, so it is not known whether this was carried out already. It was not carried out now. Look into your sent mail; if it is not there, move this note to Approved/ again.";

/** The provider itself says what became of it. */
function hasHandle(ports: Ports, id: string): boolean {
  const state = ports.journal.get(id)?.state;
  return state === "prepared" || state === "committed";
}

const effect = z.object({
  timestamp: z.iso.datetime(),
  actor: z.literal("local-agent"),
  parameters: z.object({ nonce: z.string() }),
});

/** A journal that is older lacks the newest effect first, so the last days with an effect tell. */
const MAX_DAYS = 60;

/**
 * The time of the newest effect that the audit in the vault tells of and the journal does not know; null
 * when there is none, or the owner was told of it. An effect is always in the journal before it is audited.
 */
async function findForgotten(ports: Ports): Promise<string | null> {
  const folder = `${FOLDERS.logs}/local`;
  const days = (await ports.files.list(folder)).filter((name) => /^\d{4}-\d{2}-\d{2}\.jsonl$/.test(name));
  const until = ports.ledger.lostUntil() ?? "";
  for (const day of days.toSorted().toReversed().slice(0, MAX_DAYS)) {
    const effects = parseEffects(await readAuditDay(ports, `${folder}/${day}`));
    if (effects.length === 0) continue;
    const forgotten = effects.filter(
      ({ timestamp, parameters }) => timestamp > until && !ports.journal.knows(parameters.nonce),
    );
    return (
      forgotten
        .map(({ timestamp }) => timestamp)
        .toSorted()
        .at(-1) ?? null
    );
  }
  return null;
}

/** Only lines that are whole; the rest is not this check's affair. */
function parseEffects(text: string): z.infer<typeof effect>[] {
  return text.split("\n").flatMap((line) => {
    if (!line.includes('"nonce"')) return [];
    try {
      const parsed = effect.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}
