import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { auditSchema, FOLDERS, type AuditRecord } from "@nightdesk/claim-lib";
import type { Trace } from "./forgery.ts";

/** What the laptop recorded; a file is read again only from where it has grown. */
export function createAuditReader(vault: string): () => Promise<AuditRecord[]> {
  const folder = join(vault, FOLDERS.logs, "local");
  const known = new Map<string, { bytes: number; records: AuditRecord[] }>();
  return async () => {
    // Beside the audit lie other records, of other forms.
    const names = (await readdir(folder).catch(() => [])).filter((name) =>
      /^(vault_sync-)?\d.*\.jsonl$/.test(name),
    );
    for (const name of names) {
      const before = known.get(name) ?? { bytes: 0, records: [] };
      if ((await stat(join(folder, name))).size === before.bytes) continue;
      const added = (await readFile(join(folder, name))).subarray(before.bytes);
      const whole = added.subarray(0, added.lastIndexOf(0x0a) + 1);
      const lines = whole.toString("utf8").split("\n").slice(0, -1);
      // Read meanwhile by another: then it is known already.
      if ((known.get(name)?.bytes ?? 0) !== before.bytes) continue;
      const records = lines.map((line) => auditSchema.parse(JSON.parse(line)));
      known.set(name, { bytes: before.bytes + whole.length, records: [...before.records, ...records] });
    }
    return [...known.values()].flatMap(({ records }) => records);
  };
}

/**
 * Records that say no, or ask again; each with its code, where it has one, and its sentence. Of a merge the
 * whole counts as one change of its last commit, so a path is looked for as well.
 */
export function findRefusals(
  audit: readonly AuditRecord[],
  about: readonly string[],
  commits: Trace["commits"],
): string[] {
  return audit
    .filter(({ action_type, target, parameters, result }) => {
      if (!saysNo(action_type, result)) return false;
      return (
        commits?.includes(String(parameters["commit"])) === true ||
        about.some((words) => target.includes(words))
      );
    })
    .map(({ parameters, result }) => `${String(parameters["code"] ?? "")} ${result}`.trim());
}

function saysNo(action: string, result: string): boolean {
  if (action === "email_send") return !result.startsWith("ok");
  return /^(sync_change_refused|approval_refused|approval_asked_again|note_expired|note_dropped)$/.test(
    action,
  );
}
