import { FOLDERS } from "@nightdesk/claim-lib";
import { isSystemFile } from "./check-approval.ts";
import type { Ports } from "./ports.ts";
import { putAside } from "./put-aside.ts";

/**
 * Every start is written into the journal and then into the decisions. A journal that lacks the last
 * start of the decisions, or any start although this program presented notes before, was lost or is an
 * older copy: what lies in Approved/ or Scheduled/ may have been carried out already, so it counts as unknown.
 * (What lies in In_Progress/local/ without an entry is treated like that at every look.)
 */
export async function checkRecords(ports: Ports): Promise<{ lost: boolean }> {
  const inJournal = ports.journal.runs();
  const last = ports.ledger.runs().at(-1);
  const lost =
    last === undefined ? inJournal.length === 0 && (await ports.ledger.hasOwn()) : !inJournal.includes(last);
  if (lost) await putApprovedAside(ports);
  const run = Buffer.from(ports.random.bytes(8)).toString("hex");
  const at = new Date(ports.clock.now()).toISOString();
  await ports.journal.append({ type: "run", run, at });
  await ports.ledger.addDecision({ type: "run", run, at });
  return { lost };
}

async function putApprovedAside(ports: Ports): Promise<void> {
  ports.log.error({ event: "journal.lost" });
  const lists = await Promise.all(
    [FOLDERS.approved, FOLDERS.scheduled].map(async (folder) =>
      (await ports.files.list(folder))
        .filter((file) => !isSystemFile(file))
        .map((file) => `${folder}/${file}`),
    ),
  );
  for (const path of lists.flat()) {
    await putAside(
      ports,
      path,
      "The records of what was sent are missing or older than this vault, so it is not known whether this was carried out already. It was not carried out now. Look into your sent mail; if it is not there, move this note to Approved/ again.",
      { action_type: "approval_refused", parameters: { code: "RECORDS_LOST" }, approval_status: "refused" },
    );
  }
}
