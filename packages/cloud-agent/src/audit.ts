import { writeAudit } from "@nightdesk/claim-lib";
import type { AuditEntry, CloudPorts } from "./ports.ts";

/** Adds a line to Logs/cloud/<date>.jsonl. Small facts only: no text of a mail, no subject. */
export async function audit(ports: Pick<CloudPorts, "files" | "clock">, entry: AuditEntry): Promise<void> {
  await writeAudit(ports.files, "cloud", {
    timestamp: new Date(ports.clock.now()).toISOString(),
    actor: "cloud-agent",
    approval_status: "not_required",
    approved_by: null,
    ...entry,
    result: entry.result.slice(0, 1000).toWellFormed(),
  });
}
