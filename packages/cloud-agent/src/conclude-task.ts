import { doneFolder, FOLDERS, nameOf, vaultPath } from "@nightdesk/claim-lib";
import { audit } from "./audit.ts";
import type { CloudPorts, CloudSettings } from "./ports.ts";
import type { Prepared } from "./prepare-task.ts";
import { renderChecked } from "./render-checked.ts";
import { writeSignal } from "./report-update.ts";

/**
 * Writes what was prepared into the claimed note, then moves it: one durable write and one rename, so
 * that after a crash the note is either still claimed (and goes on from its own content) or there.
 * Throws CLAIM_LOST or CLAIM_TARGET_EXISTS. Returns the new path.
 */
export async function concludeTask(
  path: string,
  id: string,
  prepared: Prepared,
  ports: CloudPorts,
  settings: CloudSettings,
): Promise<string> {
  const folder =
    prepared.to === "pending" ? `${FOLDERS.pending}/${settings.channel}` : doneFolder(ports.clock.now());
  const target = vaultPath(...folder.split("/"), nameOf(path));
  const text = renderChecked(prepared.note, settings.kinds);
  const current = await ports.files.read(path);
  // Told first: after a crash in between it is told twice, which is better than never.
  if (prepared.signal !== undefined && current !== null) {
    await writeSignal(ports, { kind: prepared.result, message: prepared.signal });
  }
  // A note that has gone must not be written into being again.
  if (current !== null && current !== text) await ports.files.write(path, text);
  await ports.files.move(path, target);
  await audit(ports, {
    action_type: prepared.result,
    target: id,
    parameters: prepared.facts,
    approval_status: prepared.to === "pending" ? "pending" : "not_required",
    result: "ok",
  });
  return target;
}
