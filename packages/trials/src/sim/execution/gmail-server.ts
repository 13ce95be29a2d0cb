import {
  commitReply,
  createTurns,
  discardReply,
  findReply,
  prepareReply,
  type LiveDeps,
} from "@nightdesk/email-mcp/live";
import { createSimHandleStore } from "./handle-store.ts";
import { PUBLIC_PEM } from "./keys.ts";
import type { LiveServer } from "./live-server.ts";
import { ACCOUNT, readRaw } from "./mailbox.ts";
import { createSimGmail } from "./sim-gmail.ts";
import { SILENT } from "./silent.ts";
import type { ExecWorld } from "./world.ts";

/** The real live functions of email-mcp and its real Gmail sender; Gmail and the store are the world's. */
export function createGmailServer(world: ExecWorld, isAlive: () => boolean): LiveServer {
  const deps: LiveDeps = {
    reader: {
      read: async (messageId: string) => readRaw(messageId),
      ownAddresses: async () => [{ address: ACCOUNT, name: "Erika" }],
    } as unknown as LiveDeps["reader"],
    sender: createSimGmail(world, isAlive),
    store: createSimHandleStore(world, isAlive),
    account: ACCOUNT,
    devMode: world.mode === "dry_run",
    receiptKey: () => PUBLIC_PEM,
    isHalted: () => false,
    inTurn: createTurns(),
    clock: { now: () => world.nowMs, sleep: async () => undefined },
    logger: SILENT,
  };
  return {
    prepare: ({ receipt, args }) =>
      prepareReply({ receipt, args: args as Parameters<typeof prepareReply>[0]["args"] }, deps),
    commit: (input) => commitReply(input, deps),
    find: (input) => findReply(input, deps),
    discard: (input) => discardReply(input, deps),
  };
}
