import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { signedReceiptSchema, STOP_FILE, type Clock } from "@nightdesk/claim-lib";
import type { Logger } from "@nightdesk/daemon-kit/logger";
import { z } from "zod";
import type { AddTools } from "../create-server.ts";
import { fail } from "../errors.ts";
import type { MailReader, MailSender } from "../provider.ts";
import { storeName } from "../store-name.ts";
import { defineTool, type Tool } from "../tools/define-tool.ts";
import { isoTime } from "../tools/schemas.ts";
import { commitReply } from "./commit-reply.ts";
import { discardReply } from "./discard-reply.ts";
import { findReply } from "./find-reply.ts";
import { answering, openFailpoints, withFailpoints, type Reach } from "./failpoints.ts";
import { openHandleStore } from "./handle-store.ts";
import { createTurns, type LiveDeps } from "./live-deps.ts";
import { prepareReply } from "./prepare-reply.ts";
import { replyArgs } from "./reply-args.ts";

/** Anything is let in, so that what is no receipt is refused with the receipt's own code. */
const receipt = z
  .union([signedReceiptSchema, z.unknown()])
  .optional()
  .describe("The owner's approval, signed on this laptop. Without it nothing is done.");
const handle = z.string().min(1).max(200);

type ToolDeps = LiveDeps & { reach: Reach };

const emailPrepare = defineTool({
  name: "email_prepare",
  title: "Prepare an approved reply",
  description:
    "Keeps exactly the approved reply as a draft and binds the receipt to it. Sends nothing. Repeating it gives the same handle.",
  input: z.strictObject({ receipt, args: replyArgs }),
  output: z.strictObject({ handle: z.string() }),
  effect: "prepares",
  run: async (input, deps: ToolDeps) => answering(deps.reach, "after:bind", prepareReply(input, deps)),
});

const emailCommit = defineTool({
  name: "email_commit",
  title: "Send a prepared reply",
  description:
    "Sends the draft this receipt was bound to. Repeating it sends nothing more and gives the same answer.",
  input: z.strictObject({ receipt, handle }),
  output: z.strictObject({ message_id: z.string(), thread_id: z.string(), sent_at: isoTime }),
  effect: "acts",
  run: async (input, deps: ToolDeps) => answering(deps.reach, "before:answer", commitReply(input, deps)),
});

const emailFind = defineTool({
  name: "email_find",
  title: "What became of a prepared reply",
  description: "done: it was sent; absent: it surely was not; unknown: neither can be said. Only looks.",
  input: z.strictObject({ receipt, handle }),
  output: z.strictObject({
    state: z.enum(["done", "absent", "unknown"]),
    message_id: z.string().optional(),
    thread_id: z.string().optional(),
    sent_at: isoTime.optional(),
  }),
  effect: "reads",
  run: async (input, deps: ToolDeps) => findReply(input, deps),
});

const emailDiscard = defineTool({
  name: "email_discard",
  title: "Take away a prepared reply",
  description:
    "Deletes the draft this receipt was bound to, when nothing was sent and nobody changed it. Sends nothing.",
  input: z.strictObject({ receipt, handle }),
  output: z.strictObject({ discarded: z.boolean() }),
  effect: "acts",
  run: async (input, deps: ToolDeps) => discardReply(input, deps),
});

const LIVE_TOOLS: readonly Tool<ToolDeps>[] = [emailPrepare, emailCommit, emailFind, emailDiscard];

export interface LiveSetup {
  statePath: string;
  vaultPath: string | null;
  devMode: boolean;
  account: string;
  reader: MailReader;
  sender: MailSender;
  clock: Clock;
  logger: Logger;
  failpoints: readonly string[];
}

/** Opens the account's store and gives what puts the live tools on a server. */
export function openLiveTools(setup: LiveSetup): { addTools: AddTools; close(): void } {
  const { statePath, devMode, account, reader, sender, clock, logger } = setup;
  const reach = openFailpoints(setup.failpoints, statePath);
  const store = openHandleStore(join(statePath, "handles", `${storeName(account)}.sqlite`));
  const deps: ToolDeps = {
    reader,
    sender: withFailpoints(sender, reach),
    reach,
    store,
    account,
    devMode,
    isHalted: () =>
      setup.vaultPath !== null &&
      readdirSync(setup.vaultPath).some((name) => name.toLowerCase() === STOP_FILE.toLowerCase()),
    receiptKey: () => readReceiptKey(join(statePath, "keys", "receipt.pub.pem")),
    inTurn: createTurns(),
    clock,
    logger,
  };
  return {
    addTools: (server) => {
      for (const tool of LIVE_TOOLS) tool.register(server, deps);
    },
    close: () => store.close(),
  };
}

/** Read for each call: on a new laptop the key may be made after this server was started. */
function readReceiptKey(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw fail(
      "RECEIPT_KEY_MISSING",
      `The key that approvals are checked with could not be read from ${path}; nothing was done. Make it with: nightdesk init`,
      { cause: error, data: { path } },
    );
  }
}
