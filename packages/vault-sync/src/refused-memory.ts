import { refusedSchema, type RefusedChange } from "@nightdesk/claim-lib";
import { z } from "zod";
import type { RefusedIncoming } from "./check-incoming.ts";
import type { SyncPorts } from "./replica.ts";
import { auditRefused } from "./sync-audit.ts";

const memorySchema = z.array(refusedSchema);

/** Shown to the owner, and looked through so that each change is told once. */
const REMEMBERED = 500;

/**
 * Records refused changes in the audit, each once: a round that is cut short and done again finds what
 * it had told already. Returns the newest refusals, oldest first.
 */
export async function rememberRefused(
  ports: Pick<SyncPorts, "state" | "agent" | "disk" | "clock">,
  refused: readonly RefusedIncoming[],
): Promise<RefusedChange[]> {
  const known = memorySchema.safeParse(await ports.state.read("refused").catch(() => null)).data ?? [];
  const told = new Set(known.map(({ commit, path }) => `${commit} ${path}`));
  const fresh = refused.filter(({ commit, path }) => !told.has(`${commit} ${path}`));
  if (fresh.length === 0) return known;
  await auditRefused(ports, fresh);
  const at = new Date(ports.clock.now()).toISOString();
  const all = [...known, ...fresh.map((one) => ({ at, ...one }))].slice(-REMEMBERED);
  await ports.state.write("refused", all);
  return all;
}
