import { FOLDERS, nameOf, parseTaskName } from "@nightdesk/claim-lib";
import { isSystemFile } from "./check-approval.ts";
import type { Ports } from "./ports.ts";
import { bringAside, putAside } from "./put-aside.ts";
import { readSyncStatus } from "./read-status.ts";

/** Where a note lies that will be carried out without being asked about again. */
const GOES_OUT = [FOLDERS.approved, FOLDERS.scheduled, `${FOLDERS.inProgress}/local`] as const;

/** What is parked is told so. */
export interface ParkReason {
  code: string;
  sentence: string;
}

const SENTENCE =
  "This laptop was put back to an older state, or its records do not fit the shared repository, so it is not known whether this was carried out already. It was not carried out now. Look into your sent mail before you approve it again.";

type ParkPorts = Pick<Ports, "files" | "clock" | "log">;

/**
 * Moves everything that was approved, and not finished, to Needs_Attention/ with a sentence. What an
 * executor of this process is busy with is left to it. Returns the paths that were moved.
 */
export async function parkApprovals(
  ports: ParkPorts,
  isBusy: (id: string) => boolean = () => false,
  { code, sentence }: ParkReason = { code: "STATE_ROLLED_BACK", sentence: SENTENCE },
): Promise<string[]> {
  const moved: string[] = [];
  for (const folder of GOES_OUT) {
    for (const name of (await ports.files.list(folder)).filter((file) => !isSystemFile(file))) {
      const id = parseTaskName(name)?.id;
      if (id !== undefined && isBusy(id)) continue;
      const path = `${folder}/${name}`;
      await putAside(ports, path, sentence, {
        action_type: "approval_refused",
        parameters: { code },
        approval_status: "refused",
      });
      moved.push(path);
    }
  }
  return moved;
}

/** Where the owner, or an execution, has had the last word on a note already. */
const DECIDED = [
  FOLDERS.rejected,
  FOLDERS.snoozed,
  FOLDERS.expired,
  FOLDERS.needsAttention,
  FOLDERS.done,
] as const;

/**
 * Approvals out of a history this laptop has no record of must not come back as approvals: each note is
 * put into Needs_Attention/ before anything is synced, unless it has been decided on this disk since.
 * @param onDisk where a task lies in the vault now
 */
export async function parkOldApprovals(
  ports: ParkPorts,
  approvals: readonly { path: string; text: string }[],
  onDisk: (path: string) => readonly string[],
): Promise<void> {
  for (const { path, text } of approvals) {
    const places = onDisk(path);
    if (places.some((place) => DECIDED.some((folder) => place.startsWith(`${folder}/`)))) continue;
    const [place] = places;
    if (place === undefined) await bringAside(ports, nameOf(path), text, SENTENCE);
    else await putAside(ports, place, SENTENCE);
  }
}

/** When sync found work of this machine that it has no record of: the journal may be as old as the rest. */
export async function parkAfterRollback(
  ports: ParkPorts & Pick<Ports, "readState" | "underWay">,
): Promise<void> {
  const sync = await readSyncStatus(ports.readState);
  if (sync?.state !== "stopped" || sync.code !== "OWN_COMMIT_UNKNOWN") return;
  await parkApprovals(ports, (id) => ports.underWay.has(id));
}
