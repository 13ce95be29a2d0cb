import { auditLine, auditPath, type AuditRecord } from "@nightdesk/claim-lib";
import type { RefusedIncoming } from "./check-incoming.ts";
import type { ChangeSummary } from "./make-commit.ts";
import { isQuietPath } from "./gather-changes.ts";
import type { SyncPorts } from "./replica.ts";

/** Paths of one kind in one record; the rest go into further records. */
const PATHS_PER_RECORD = 40;

type AuditPorts = Pick<SyncPorts, "agent" | "disk" | "clock">;

/** One record for each refused change. */
export async function auditRefused(ports: AuditPorts, refused: readonly RefusedIncoming[]): Promise<void> {
  await write(
    ports,
    refused.map(({ path, reason, commit }) => ({
      action_type: "sync_change_refused",
      target: path.slice(0, 400),
      parameters: { commit },
      approval_status: "refused",
      result: `refused because ${reason}; it will be taken back`.slice(0, 1000),
    })),
  );
}

/** Every file that came in or went out. What is only records and status is not recorded, or it would never end. */
export async function auditChanges(
  ports: AuditPorts,
  action: "sync_applied" | "sync_published",
  commit: string,
  summary: ChangeSummary,
): Promise<void> {
  const loud = (path: string) => !isQuietPath(path, "cloud") && !isQuietPath(path, "local");
  const lines = [
    ...summary.created.filter(loud).map((path) => ({ kind: "created", path })),
    ...summary.changed.filter(loud).map((path) => ({ kind: "changed", path })),
    ...summary.removed.filter(loud).map((path) => ({ kind: "removed", path })),
    ...summary.moved.map(({ from, to }) => ({ kind: "moved", path: `${from} -> ${to}` })),
  ];
  const records: RecordParts[] = [];
  for (let at = 0; at < lines.length; at += PATHS_PER_RECORD) {
    const part = lines.slice(at, at + PATHS_PER_RECORD);
    const parameters: Record<string, unknown> = {};
    for (const kind of ["created", "changed", "removed", "moved"]) {
      const paths = part.filter((line) => line.kind === kind).map((line) => line.path);
      if (paths.length > 0) parameters[kind] = paths;
    }
    records.push({
      action_type: action,
      target: commit,
      parameters,
      approval_status: "not_required",
      result: "ok",
    });
  }
  await write(ports, records);
}

type RecordParts = Pick<AuditRecord, "action_type" | "target" | "parameters" | "approval_status" | "result">;

async function write(ports: AuditPorts, records: readonly RecordParts[]): Promise<void> {
  if (records.length === 0) return;
  const timestamp = new Date(ports.clock.now()).toISOString();
  const lines = records.map((record) =>
    auditLine({ ...record, timestamp, actor: "vault-sync", approved_by: null }),
  );
  await ports.disk.append(auditPath(ports.agent, timestamp, "vault_sync"), lines.join(""));
}
