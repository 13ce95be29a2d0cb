export { TESTKIT_ERRORS } from "./errors.ts";
export { createFakeClock, type FakeClock } from "./fake-clock.ts";
export { createSeededRandom, type SeededRandom } from "./seeded-random.ts";
export { createMemoryVaultFiles, type MemoryVaultFiles } from "./memory-vault-files.ts";
export { runVaultFilesContract, type VaultFilesSetup } from "./vault-files-contract.ts";
export { waitFor, type WaitOptions } from "./wait-for.ts";
export { createTempDir, withTempDir, TEMP_DIR_PREFIX, type TempDir } from "./temp-dir.ts";
export { startLeakCheck, type LeakCheck, type LeakCheckOptions, type Leaks } from "./leak-check.ts";
export { runGit, runGitBytes, type RunGitOptions } from "./git/run-git.ts";
export { createBareRemote, type BareRemote } from "./git/create-bare-remote.ts";
export { readHistory, type HistoryChange } from "./git/read-history.ts";
export { linkNamespaces, whyNoNamespaces, whyNoNetem, type LinkedNamespaces } from "./net/link-namespaces.ts";
export {
  NO_TROUBLE,
  startTcpProxy,
  type NetworkTrouble,
  type TcpProxy,
  type TcpProxyOptions,
} from "./net/start-tcp-proxy.ts";
export { isDescendant, readProcesses, type ProcessRow } from "./processes.ts";
export { hasSshd, startSshServer, type SshServer, type SshServerOptions } from "./ssh-server.ts";
// Only types and plain data of the emulator: the emulator itself is loaded by whoever imports "./gmail".
export { GMAIL_DEFAULTS } from "./gmail/gmail-defaults.ts";
export type { FaultControl, FaultKind, FaultReport, FaultRule } from "./gmail/fault-plan.ts";
export type {
  GmailControl,
  GrantedToken,
  Hold,
  HoldMatch,
  InjectedMail,
  InjectOptions,
  MailboxMessage,
  SentMessage,
  TokenControl,
} from "./gmail/gmail-control.ts";
export type { RequestDecision, RequestEvent, RequestListener } from "./gmail/request-events.ts";
export {
  ALL_KINDS,
  buildMails,
  DEMO_KINDS,
  injectMail,
  type BuildMailsOptions,
  type MailKind,
  type SampleMail,
} from "./gmail/sample-mails.ts";
export type { PriorMail } from "./gmail/mail-templates.ts";
export { readRawMail, type RawMail } from "./gmail/read-raw-mail.ts";
