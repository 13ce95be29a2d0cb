export { LOCAL_AGENT_ERRORS } from "./errors.ts";
export { CONFIG_EXAMPLES, readConfig, type LocalConfig } from "./config.ts";
export { FAILPOINTS, PARKING_FAILPOINTS, type ChannelLink, type Failpoint, type Ports } from "./ports.ts";
export {
  createAgent,
  PARTS,
  type Agent,
  type AgentOutside,
  type AgentSettings,
  type PartName,
} from "./agent.ts";
export { parkAfterRollback, parkApprovals, parkOldApprovals } from "./park-approvals.ts";
export { openJournal, type Journal, type JournalEntry, type JournalRecord } from "./journal.ts";
export { makeDurable } from "./make-durable.ts";
export { openLedger } from "./ledger.ts";
export { createSyncGate } from "./sync-gate.ts";
export { renderDashboard, type DashboardModel } from "./dashboard.ts";
export { formatWhen } from "./local-time.ts";
