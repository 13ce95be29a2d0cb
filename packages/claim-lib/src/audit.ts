import { z } from "zod";
import { canonicalJson } from "./canonical-json.ts";
import type { VaultFiles } from "./ports.ts";
import { FOLDERS, type AgentName } from "./vault-paths.ts";

/** One record per action, as the owner's documents name the fields. Append-only, one writer per file. */
export const auditSchema = z.strictObject({
  timestamp: z.iso.datetime(),
  /** `email_send`, `task_claimed`, `sync_change_refused`, ... */
  action_type: z.string().min(1).max(64),
  /** `cloud-agent`, `local-agent`, `vault-sync`, `owner`. */
  actor: z.string().min(1).max(64),
  /** A task id or a path. */
  target: z.string().max(400),
  /** Small facts; no mail body, no secret. */
  parameters: z.record(z.string(), z.unknown()),
  approval_status: z.enum(["not_required", "pending", "approved", "rejected", "refused"]),
  approved_by: z.string().max(64).nullable(),
  /** `ok`, or what went wrong in one line. */
  result: z.string().max(1000),
});
export type AuditRecord = z.infer<typeof auditSchema>;

/** `Logs/<agent>/<date>.jsonl`, or with a stream `Logs/<agent>/<stream>-<date>.jsonl`. */
export function auditPath(
  agent: AgentName,
  timestamp: string,
  stream?: "vault_sync" | "odoo_transactions",
): string {
  const date = timestamp.slice(0, 10);
  return `${FOLDERS.logs}/${agent}/${stream ? `${stream}-` : ""}${date}.jsonl`;
}

/** The record as one line of JSON, newline included. */
export function auditLine(record: AuditRecord): string {
  return `${canonicalJson(stringifyNumbers(auditSchema.parse(record)))}\n`;
}

/** Adds a record to the day's file. */
export async function writeAudit(
  files: VaultFiles,
  agent: AgentName,
  record: AuditRecord,
  stream?: "vault_sync" | "odoo_transactions",
): Promise<void> {
  await files.append(auditPath(agent, record.timestamp, stream), auditLine(record));
}

/** Fractions have no canonical form; in a record they are for reading only. */
function stringifyNumbers(value: unknown): unknown {
  if (typeof value === "number" && !Number.isSafeInteger(value)) return String(value);
  if (Array.isArray(value)) return value.map(stringifyNumbers);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, stringifyNumbers(item)]));
  }
  return value;
}
