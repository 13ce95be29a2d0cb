/** The effects of this channel without the server around them: for the trials: the simulator brings a Gmail of its own. */
export { commitReply } from "./commit-reply.ts";
export { discardReply } from "./discard-reply.ts";
export { FAILPOINTS as MAIL_SERVER_FAILPOINTS } from "./failpoints.ts";
export { findReply } from "./find-reply.ts";
export { createGmailSender } from "./gmail-sender.ts";
export type { EffectRow, HandleStore } from "./handle-store.ts";
export { createTurns, type LiveDeps } from "./live-deps.ts";
export { prepareReply } from "./prepare-reply.ts";
