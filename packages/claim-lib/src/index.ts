export {
  NightdeskError,
  defineErrors,
  describeError,
  type ErrorCatalogue,
  type Retry,
} from "./nightdesk-error.ts";
export { CLAIM_LIB_ERRORS, fail as failClaimLib } from "./errors.ts";
export type { Clock, FileStat, Random, VaultFiles } from "./ports.ts";
export * from "./limits.ts";
export { canonicalJson, sha256Hex, type Json } from "./canonical-json.ts";
export {
  CLOUD_STATUS,
  DASHBOARD,
  doneFolder,
  foldName,
  FOLDERS,
  folderOf,
  isSafeName,
  isSyncedPath,
  nameOf,
  STOP_FILE,
  vaultPath,
  isAgentName,
  type AgentName,
  type Role,
} from "./vault-paths.ts";
export {
  deriveTaskId,
  isTaskId,
  itemTaskId,
  makeTaskName,
  parseTaskName,
  taskKey,
  type TaskName,
} from "./task-name.ts";
export { areaOf, MATRIX, mayDo, type Area, type Holds, type Right } from "./matrix.ts";
export { findActiveContent, neutralise, neutraliseLine } from "./neutralise.ts";
export { splitNote, type SplitNote } from "./front-matter.ts";
export { kindsOf, type Channel, type Kind, type KindAction, type Kinds } from "./channel.ts";
export {
  commonFields,
  RISKS,
  type CommonFields,
  type Risk,
  type TaskFields,
  type TaskNote,
} from "./task-note.ts";
export { parseNote, renderNote, toDraftText, toFieldLine } from "./codec.ts";
export { regionHeading } from "./markers.ts";
export { findPlaceholder, noteFromPayload, payloadOf, type Payload } from "./payload.ts";
export { claimTask, isConfirmed, listTasks, releaseTask, type FoundTask } from "./claim.ts";
export { presentedSchema, type PresentedRecord } from "./presented.ts";
export {
  PUBLISHED_FILE,
  publishedSchema,
  refusedSchema,
  SYNC_STATUS_FILE,
  syncStatusSchema,
  type Published,
  type RefusedChange,
  type SyncStatus,
} from "./published.ts";
export { auditLine, auditPath, auditSchema, writeAudit, type AuditRecord } from "./audit.ts";
export {
  learningLine,
  learningPath,
  listLearning,
  MAX_LEARNING_CHARS,
  parseLearning,
  type LearningRecord,
} from "./learning.ts";
export {
  hashArgs,
  openReceipt,
  receiptSchema,
  signedReceiptSchema,
  signReceipt,
  verifyReceipt,
  type Receipt,
  type ReceiptExpectation,
  type SignedReceipt,
} from "./receipt.ts";
