import { nameOf } from "@nightdesk/claim-lib";

/** An effect as the record of the laptop tells it. */
interface AuditedEffect {
  /** The task. */
  id: string;
  nonce: string;
  /** It was done for real, as far as this line says. */
  isLive: boolean;
}

/** What record lines claim about things that are recorded elsewhere too. */
export interface Claims {
  /** Commits sync says it published or brought in, with who says so. */
  commits: Map<string, string>;
  effects: AuditedEffect[];
  lines: number;
}

/** Reads one record file's lines into `claims`. A line cut short by a crash, or not ours, claims nothing. */
export function readClaims(path: string, bytes: Uint8Array, claims: Claims): void {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const agent = path.split("/")[1] ?? "";
  const isSync = nameOf(path).startsWith("vault_sync-");
  let at = 0;
  while (at < data.length) {
    const newline = data.indexOf(0x0a, at);
    // What has no line end yet is being written.
    if (newline < 0) break;
    claims.lines += 1;
    const line = data.subarray(at, newline);
    if (isSync) readSyncLine(line, agent, claims);
    else if (agent === "local") readEffectLine(line, claims);
    at = newline + 1;
  }
}

/** Canonical JSON: the action stands first, and the target near the end. Parsing 100,000 long lines takes seconds. */
function readSyncLine(line: Buffer, agent: string, claims: Claims): void {
  const start = line.toString("latin1", 0, 60);
  if (!/^\{"action_type":"sync_(?:published|applied)"/.test(start)) return;
  const end = line.toString("latin1", Math.max(0, line.length - 160));
  const commit = /"target":"([0-9a-f]{40})","timestamp":"[^"]*"\}$/.exec(end)?.[1];
  if (commit !== undefined && !claims.commits.has(commit)) claims.commits.set(commit, agent);
}

function readEffectLine(line: Buffer, claims: Claims): void {
  if (!line.includes('"nonce":"') || !line.includes('_send"')) return;
  let record: unknown;
  try {
    record = JSON.parse(line.toString("utf8"));
  } catch {
    return;
  }
  const found = toEffect(record);
  if (found) claims.effects.push(found);
}

function toEffect(record: unknown): AuditedEffect | null {
  const { action_type: action, target, parameters, approval_status: status } = fieldsOf(record);
  const { nonce, mode, effect } = fieldsOf(parameters);
  if (typeof action !== "string" || !action.endsWith("_send")) return null;
  if (typeof target !== "string" || typeof nonce !== "string") return null;
  return { id: target, nonce, isLive: status === "approved" && mode === "live" && effect === undefined };
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
