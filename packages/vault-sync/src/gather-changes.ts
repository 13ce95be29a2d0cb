import { areaOf, CLOUD_STATUS, DASHBOARD, FOLDERS, type AgentName, type Role } from "@nightdesk/claim-lib";
import { maxBytesOf } from "./check-content.ts";
import type { VaultDisk } from "./disk.ts";
import type { ObjectStore } from "./git/object-store.ts";
import { hashObject, type Oid } from "./git/oid.ts";
import type { PlanUnit } from "./plan.ts";
import type { SecretScanner } from "./ports.ts";
import type { TreeChange, VaultTree } from "./vault-index.ts";

export interface WithheldChange {
  path: string;
  /** Names of the rules that found something. */
  rules: string[];
}

export interface GatheredChanges {
  changes: TreeChange[];
  withheld: WithheldChange[];
}

export interface GatherDeps {
  replica: Role;
  disk: VaultDisk;
  store: Pick<ObjectStore, "writeBlob">;
  secrets: SecretScanner;
  /** What was found in a text before: a withheld file is not scanned again each round. */
  scanned: Map<Oid, string[]>;
}

/** Units prepared side by side: most of the time is waiting for the disk. */
const AT_ONCE = 8;

/** Texts remembered as scanned. */
const MAX_SCANNED = 5_000;

/**
 * Collects what is to be published, with its bytes written as objects. A unit with a secret in it stays
 * on this machine whole; one whose file changed meanwhile waits for the next round.
 */
export async function gatherChanges(
  deps: GatherDeps,
  units: readonly PlanUnit[],
  published: VaultTree,
): Promise<GatheredChanges> {
  const gathered: GatheredChanges = { changes: [], withheld: [] };
  for (let at = 0; at < units.length; at += AT_ONCE) {
    const part = units.slice(at, at + AT_ONCE);
    const prepared = await Promise.all(
      part.map((unit) => prepareUnit(deps, unit, new Set(unit.paths.map((path) => published.get(path))))),
    );
    for (const [index, unit] of part.entries()) {
      const outcome = prepared[index];
      if (outcome === "ready") gathered.changes.push(...unit.publish);
      else if (outcome !== "changed" && outcome !== undefined) gathered.withheld.push(outcome);
    }
  }
  return gathered;
}

async function prepareUnit(
  deps: GatherDeps,
  unit: PlanUnit,
  known: ReadonlySet<Oid | undefined>,
): Promise<"ready" | "changed" | WithheldChange> {
  for (const { path, oid } of unit.publish) {
    if (oid === null || known.has(oid)) continue;
    const area = areaOf(path);
    if (!area) return "changed";
    const read = await deps.disk.read(path, maxBytesOf(area));
    if (!read || hashObject("blob", read.bytes) !== oid) return "changed";
    const rules = await scan(deps, path, oid, read.bytes);
    if (rules.length > 0) return { path, rules };
    await deps.store.writeBlob(read.bytes);
  }
  return "ready";
}

async function scan(deps: GatherDeps, path: string, oid: Oid, bytes: Uint8Array): Promise<string[]> {
  const before = deps.scanned.get(oid);
  if (before) return before;
  const rules = await deps.secrets.scan(path, Buffer.from(bytes).toString("utf8"));
  deps.scanned.set(oid, rules);
  const [oldest] = deps.scanned.keys();
  if (deps.scanned.size > MAX_SCANNED && oldest !== undefined) deps.scanned.delete(oldest);
  return rules;
}

/** Our own records and status notes: they ride with the next real change, or go after a while. */
export function isQuietPath(path: string, agent: AgentName): boolean {
  return path === DASHBOARD || path === CLOUD_STATUS || path.startsWith(`${FOLDERS.logs}/${agent}/`);
}
