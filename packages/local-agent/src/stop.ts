import { STOP_FILE } from "@nightdesk/claim-lib";
import type { Ports } from "./ports.ts";

/**
 * True while STOP.md lies in the vault: nothing is carried out. Only this laptop's own vault counts.
 * `stop.md` counts too: whoever types in a hurry means it.
 */
export async function isStopped(ports: Pick<Ports, "files">): Promise<boolean> {
  const names = await ports.files.list("");
  return names.some((name) => name.toLowerCase() === STOP_FILE.toLowerCase());
}
