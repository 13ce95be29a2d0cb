import { NightdeskError, writeAudit, type AuditRecord } from "@nightdesk/claim-lib";
import type { Ports } from "./ports.ts";

export type AuditFacts = Pick<AuditRecord, "action_type" | "target" | "approval_status" | "result"> & {
  parameters?: Record<string, unknown>;
  byOwner?: boolean;
};

/** A day of the log; empty when it is too long to be read: that must keep neither a start nor an end from happening. */
export async function readAuditDay(ports: Pick<Ports, "files" | "log">, path: string): Promise<string> {
  try {
    return (await ports.files.read(path)) ?? "";
  } catch (error) {
    if (!NightdeskError.is(error, "NOTE_TOO_LARGE")) throw error;
    ports.log.error({ event: "audit.too_long", path });
    return "";
  }
}

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
