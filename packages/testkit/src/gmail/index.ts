export { startGmail, type GmailOptions } from "./start-gmail.ts";
export { GMAIL_DEFAULTS } from "./gmail-defaults.ts";
export { connectGmailControl } from "./connect-gmail-control.ts";
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
} from "./gmail-control.ts";
export type { FaultControl, FaultKind, FaultReport, FaultRule } from "./fault-plan.ts";
export type { RequestDecision, RequestEvent, RequestListener } from "./request-events.ts";
