import type { SyncStatus } from "@nightdesk/claim-lib";
import { createApprover } from "./approve.ts";
import { createBulkGuard, type BulkSettings } from "./bulk-guard.ts";
import { checkRecords } from "./check-records.ts";
import type { DashboardModel } from "./dashboard.ts";
import { pruneDrafts } from "./drafts.ts";
import { createDashboard } from "./keep-dashboard.ts";
import { createLimiter } from "./limiter.ts";
import type { Caps } from "./limits.ts";
import type { Notifier } from "./notify.ts";
import type { Ports } from "./ports.ts";
import { createPresenter } from "./present.ts";
import { createReconciler } from "./reconcile.ts";
import { formatWhen } from "./local-time.ts";
import { createRejectionRecorder } from "./rejected.ts";
import { TAKEN_BACK } from "./taken-back.ts";
import { createWaitingNotes } from "./waiting-notes.ts";

export interface AgentSettings {
  undoWindowMs: number;
  bulk: BulkSettings;
  scheduleGraceMs: number;
  caps: Caps;
  /** How long it is looked for whether something was carried out; 30 s when left out. */
  lookUpMs?: number;
}

export interface AgentOutside {
  notifier: Notifier;
  /** A part of the flow has something new to look at. */
  ring: (part: PartName) => void;
  onDashboard: (model: DashboardModel, sync: SyncStatus | null) => void;
}

/** The flow's parts; each looks by itself, so that a slow mailbox never holds up an approval. */
export const PARTS = ["present", "approve", "reconcile", "dashboard"] as const;
export type PartName = (typeof PARTS)[number];

/** One look; resolves with when to look again, null when only something new is a reason to. */
export type Look = () => Promise<number | null>;

export interface Agent {
  looks: Readonly<Record<PartName, Look>>;
  /** Resolves when nothing is being decided or carried out any more. */
  idle(): Promise<void>;
}

/** Puts the flow together: present, approve, execute (inside approve), reconcile, dashboard. */
export async function createAgent(
  ports: Ports,
  settings: AgentSettings,
  outside: AgentOutside,
): Promise<Agent> {
  await checkStart(ports);
  const listWaiting = createWaitingNotes(ports);
  const presenter = createPresenter(ports, listWaiting);
  const reconciler = createReconciler(ports, settings.lookUpMs);
  const limiter = createLimiter(ports.journal, ports.mode, () => settings.caps);
  const recordRejections = createRejectionRecorder(ports);
  const approver = createApprover(ports, {
    undoWindowMs: settings.undoWindowMs,
    scheduleGraceMs: settings.scheduleGraceMs,
    bulk: createBulkGuard(settings.bulk, (untilMs) =>
      outside.notifier.tell(
        `More than ${settings.bulk.approvals} notes were approved within a minute. They wait until ${formatWhen(untilMs, ports.timeZone)}; move them back to Pending_Approval/ to stop them`,
      ),
    ),
    limiter,
    onExecuted: (id, executed) => {
      reconciler.report(id, executed);
      if (executed.state !== "done") outside.ring("reconcile");
    },
    onChange: () => {
      outside.ring("approve");
      outside.ring("dashboard");
    },
  });
  const showDashboard = createDashboard(ports, {
    listWaiting,
    held: approver.held,
    stuck: reconciler.waiting,
    trouble: presenter.trouble,
    caps: settings.caps,
    usedThisHour: () =>
      ports.channels.reduce((sum, { name }) => sum + limiter.usedThisHour(name, ports.clock.now()), 0),
  });
  return {
    looks: {
      present: presenter.look,
      approve: approver.look,
      reconcile: reconciler.look,
      dashboard: async () => {
        await recordRejections();
        const { model, sync } = await showDashboard();
        outside.notifier.update({
          waiting: (await listWaiting())
            .filter(({ notice }) => !notice?.startsWith(TAKEN_BACK))
            .map(({ path, name, isUrgent }) => ({ key: path, from: name.who, isUrgent })),
          attention: model.attention.map(({ file }) => file),
        });
        outside.onDashboard(model, sync);
        return null;
      },
    },
    idle: approver.idle,
  };
}

/** Before anything is looked at: do the records fit, and is what nobody asks for any more gone? */
async function checkStart(ports: Ports): Promise<void> {
  await checkRecords(ports);
  // Its time to settle runs from now on, not from the first approval.
  await ports.compared();
  await pruneDrafts(ports).catch((error: unknown) => ports.log.warn({ event: "drafts.not_pruned", error }));
}
