import { FOLDERS, listTasks } from "@nightdesk/claim-lib";
import { recordAudit } from "./audit.ts";
import { readActionNote } from "./notes.ts";
import type { Ports } from "./ports.ts";

/** Notes in Rejected/ stay there; each is audited once, with what the owner wrote as the reason. */
export async function recordRejections(ports: Ports): Promise<void> {
  for (const { path, name } of await listTasks(ports.files, FOLDERS.rejected)) {
    if (ports.ledger.wasRejected(name.id, name.rev)) continue;
    const text = await ports.files.read(path);
    if (text === null) continue;
    const read = readActionNote(path.slice(path.lastIndexOf("/") + 1), text, ports);
    const feedback = read.ok ? read.note.note.feedback || (read.note.note.fields.feedback ?? "") : "";
    await recordAudit(ports, {
      action_type: "approval_rejected",
      target: name.id,
      parameters: { rev: name.rev, feedback: feedback.slice(0, 300) },
      approval_status: "rejected",
      result: "ok",
    });
    await ports.ledger.addDecision({
      type: "rejected",
      id: name.id,
      rev: name.rev,
      at: new Date(ports.clock.now()).toISOString(),
    });
  }
}
