import { DASHBOARD, type SyncStatus } from "@nightdesk/claim-lib";
import { renderDashboard, saysTheSame, type DashboardModel } from "./dashboard.ts";
import { gatherDashboard, type DashboardSources } from "./gather-dashboard.ts";
import { archiveReports } from "./merge-reports.ts";
import type { Ports } from "./ports.ts";
import { removeStaleReasons } from "./put-aside.ts";

/** Only running times changed: written so often, because every write is a change that syncs. */
const REFRESH_MS = 15 * 60_000;

export interface DashboardLook {
  model: DashboardModel;
  sync: SyncStatus | null;
}

/** Keeps Dashboard.md, whose only writer this is. The first look always writes. */
export function createDashboard(ports: Ports, sources: DashboardSources): () => Promise<DashboardLook> {
  let written: { model: DashboardModel; atMs: number } | null = null;
  return async () => {
    await archiveReports(ports);
    await removeStaleReasons(ports);
    const { model, sync } = await gatherDashboard(ports, sources);
    const nowMs = ports.clock.now();
    const isCurrent =
      written !== null &&
      nowMs - written.atMs < REFRESH_MS &&
      saysTheSame(written.model, model) &&
      // Removed by somebody: written anew.
      (await ports.files.stat(DASHBOARD)) !== null;
    if (!isCurrent) {
      await ports.files.write(DASHBOARD, renderDashboard(model));
      written = { model, atMs: nowMs };
    }
    return { model, sync };
  };
}
