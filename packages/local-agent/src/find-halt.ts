import { STOP_FILE } from "@nightdesk/claim-lib";
import type { Ports } from "./ports.ts";
import { readSyncStatus } from "./read-status.ts";

/**
 * Why nothing may be carried out right now, as a sentence; null when nothing stands against it.
 *
 * STOP.md: only this laptop's own vault counts, and `stop.md` counts too: whoever types in a hurry means
 * it. A sync that stopped itself: it may have found that this machine was put back to an older state,
 * and then the journal is as old as the rest and would let things be done twice.
 */
export async function findHalt(ports: Pick<Ports, "files" | "readState">): Promise<string | null> {
  // A link or a folder of that name is meant as well; nothing in it is read.
  const names = [...(await ports.files.list("")), ...((await ports.files.listOdd?.("")) ?? [])];
  if (names.some((name) => name.toLowerCase() === STOP_FILE.toLowerCase())) {
    return "STOP.md is in the vault; nothing is carried out while it is there.";
  }
  const sync = await readSyncStatus(ports.readState);
  return sync?.state === "stopped"
    ? `Sync has stopped, and nothing is carried out until it goes on. ${sync.message}`
    : null;
}
