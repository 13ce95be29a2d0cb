import {
  areaOf,
  CLOUD_STATUS,
  DASHBOARD,
  FOLDERS,
  folderOf,
  nameOf,
  type AgentName,
  type Role,
} from "@nightdesk/claim-lib";
import { maxBytesOf } from "./check-content.ts";
import type { VaultDisk } from "./disk.ts";
import type { ObjectStore } from "./git/object-store.ts";
import { hashObject, type Oid } from "./git/oid.ts";
import type { PlanUnit } from "./plan.ts";
import type { SecretScanner } from "./ports.ts";
import type { TreeChange, VaultTree } from "./vault-index.ts";
import { stubChanges } from "./withheld-stub.ts";

export interface WithheldChange {
  /** Its folder alone when the name itself holds the secret. */
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
  agent: AgentName;
  disk: VaultDisk;
  store: Pick<ObjectStore, "writeBlob">;
  secrets: SecretScanner;
  /** What was found in a text under a name before: a withheld file is not scanned again each round. */
  scanned: Map<string, string[]>;
}

/** Units prepared side by side: most of the time is waiting for the disk. */
const AT_ONCE = 8;

/** Texts remembered as scanned. */
const MAX_SCANNED = 5_000;

/**
 * Collects what is to be published, with its bytes written as objects. A text with a secret in it stays on
 * this machine, and of its unit only what `stubChanges` allows is told; a unit whose file changed meanwhile
 * waits for the next round.
 */
export async function gatherChanges(
  deps: GatherDeps,
  units: readonly PlanUnit[],
  published: VaultTree,
): Promise<GatheredChanges> {
  const gathered: GatheredChanges = { changes: [], withheld: [] };
  for (let at = 0; at < units.length; at += AT_ONCE) {
    const part = units.slice(at, at + AT_ONCE);
    const prepared = await Promise.all(part.map((unit) => prepareUnit(deps, unit, published)));
    for (const { changes, withheld } of prepared) {
      gathered.changes.push(...changes);
      gathered.withheld.push(...withheld);
    }
  }
  return gathered;
}

const WAITS: GatheredChanges = { changes: [], withheld: [] };

async function prepareUnit(deps: GatherDeps, unit: PlanUnit, published: VaultTree): Promise<GatheredChanges> {
  const known = new Map(unit.paths.map((path) => [published.get(path), nameOf(path)]));
  const secret = new Set<string>();
  const withheld: WithheldChange[] = [];
  for (const { path, oid } of unit.publish) {
    if (oid === null) continue;
    // Obsidian syncs nothing itself: told and then lost to a power cut here, it would look removed by the owner.
    await deps.disk.makeDurable(path);
    // What is on the remote under this name is told already.
    if (known.get(oid) === nameOf(path)) continue;
    const area = areaOf(path);
    if (!area) return WAITS;
    const read = await deps.disk.read(path, maxBytesOf(area));
    if (!read || hashObject("blob", read.bytes) !== oid) return WAITS;
    const rules = await scan(deps, path, oid, read.bytes);
    if (rules.length === 0) await deps.store.writeBlob(read.bytes);
    else {
      secret.add(path);
      withheld.push({ path: await shownPath(deps, path), rules });
    }
  }
  if (withheld.length === 0) return { changes: unit.publish, withheld };
  return { changes: stubChanges(unit, secret, published, deps.agent), withheld };
}

/** A secret was found in this text before: it goes nowhere, and nothing need ride along with it. */
export function isKnownSecret(scanned: ReadonlyMap<string, string[]>, { path, oid }: TreeChange): boolean {
  return oid !== null && (scanned.get(scanKey(path, oid))?.length ?? 0) > 0;
}

function scanKey(path: string, oid: Oid): string {
  return `${oid} ${nameOf(path)}`;
}

async function scan(deps: GatherDeps, path: string, oid: Oid, bytes: Uint8Array): Promise<string[]> {
  const key = scanKey(path, oid);
  const before = deps.scanned.get(key);
  if (before) return before;
  const rules = await deps.secrets.scan(path, Buffer.from(bytes).toString("utf8"));
  deps.scanned.set(key, rules);
  const [oldest] = deps.scanned.keys();
  if (deps.scanned.size > MAX_SCANNED && oldest !== undefined) deps.scanned.delete(oldest);
  return rules;
}

/** Status and log show paths, and must not show what they warn of. */
async function shownPath(deps: GatherDeps, path: string): Promise<string> {
  const rules = await deps.secrets.scan(path, "");
  return rules.length === 0 ? path : `${folderOf(path)}/(a name that is hidden here)`;
}

/** Our own records and status notes: they ride with the next real change, or go after a while. */
export function isQuietPath(path: string, agent: AgentName): boolean {
  return path === DASHBOARD || path === CLOUD_STATUS || path.startsWith(`${FOLDERS.logs}/${agent}/`);
}
