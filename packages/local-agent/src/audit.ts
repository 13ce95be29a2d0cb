import { writeAudit, type AuditRecord } from "@nightdesk/claim-lib";
import type { Ports } from "./ports.ts";

export type AuditFacts = Pick<AuditRecord, "action_type" | "target" | "approval_status" | "result"> & {
  parameters?: Record<string, unknown>;
  byOwner?: boolean;
};

/** Adds one record to this laptop's log of the day. */
export async function recordAudit(ports: Pick<Ports, "files" | "clock">, facts: AuditFacts): Promise<void> {
  await writeAudit(ports.files, "local", {
    timestamp: new Date(ports.clock.now()).toISOString(),
    action_type: facts.action_type,
    actor: "local-agent",
    target: facts.target.slice(0, 400),
    parameters: facts.parameters ?? {},
    approval_status: facts.approval_status,
    approved_by: facts.byOwner ? "owner" : null,
    result: facts.result.slice(0, 1000),
  });
}
