import { existsSync } from "node:fs";
import { join } from "node:path";
import { NightdeskError } from "@nightdesk/claim-lib";
import { holdLock, type HeldLock } from "@nightdesk/daemon-kit/process-lock";
import { fail } from "../errors.ts";

/** Keeps this machine's programs from starting while it is repaired. Throws REPAIR_BUSY when one runs. */
export function holdLocks(statePath: string, vaultPath: string): HeldLock[] {
  const locks = [
    { path: join(statePath, "vault-sync.lock"), what: "vault-sync" },
    { path: join(statePath, "local-agent.lock"), what: "local-agent" },
    { path: join(statePath, "cloud-agent.lock"), what: "cloud-agent" },
    ...(existsSync(vaultPath) ? [{ path: join(vaultPath, ".nightdesk.lock"), what: "vault-sync" }] : []),
  ];
  const held: HeldLock[] = [];
  try {
    for (const { path, what } of locks) held.push(holdLock(path, what));
    return held;
  } catch (error) {
    for (const lock of held) lock.release();
    if (!NightdeskError.is(error, "LOCK_HELD")) throw error;
    throw fail(
      "REPAIR_BUSY",
      "Nightdesk's programs still run on this machine, and a repair under their hands would do harm; nothing was looked at or changed. Stop them first: pm2 stop all",
      { cause: error },
    );
  }
}
