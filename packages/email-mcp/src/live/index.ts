/** The effects of this channel without the server around them: for the simulator, which brings a Gmail of its own. */
export { commitReply } from "./commit-reply.ts";
export { discardReply } from "./discard-reply.ts";
export { findReply } from "./find-reply.ts";
export { createGmailSender } from "./gmail-sender.ts";
export type { EffectRow, HandleStore } from "./handle-store.ts";
export { createTurns, type LiveDeps } from "./live-deps.ts";
export { prepareReply } from "./prepare-reply.ts";
