import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { connectMcp } from "@nightdesk/daemon-kit/connect-mcp";
import { createTempDir, type TempDir } from "@nightdesk/testkit";
import { startGmail } from "@nightdesk/testkit/gmail";
import { z } from "zod";
import { createReceiptDesk } from "./helpers/receipt-desk.ts";
import { startSocketServer } from "./helpers/socket-server.ts";

const prepared = z.object({ handle: z.string() });
const sent = z.object({ message_id: z.string() });
const found = z.object({ state: z.enum(["done", "absent", "unknown"]) });

describe("killed at any point, a reply goes out once", () => {
  let cache: TempDir;
  before(async () => {
    cache = await createTempDir("compile-cache");
  });
  after(() => cache.remove());

  for (const { phase, path, stateAfter } of [
    { phase: "before", path: /\/drafts$/, stateAfter: "absent" },
    { phase: "after", path: /\/drafts$/, stateAfter: "absent" },
    { phase: "before", path: /\/drafts\/send$/, stateAfter: "absent" },
    { phase: "after", path: /\/drafts\/send$/, stateAfter: "done" },
  ] as const) {
    it(`SIGKILL ${phase} Gmail did POST ${path.source}`, { timeout: 30_000 }, async () => {
      const gmail = await startGmail();
      const state = await createTempDir("crash");
      const link = connectMcp({ socketPath: join(state.path, "mcp", "email.sock"), name: "test" });
      const effect = { effect: true };
      let server = await startSocketServer(gmail.baseUrl, state.path, cache.path);
      try {
        const { messageId, threadId } = await gmail.inject(
          `From: jo@x.example\r\nTo: ${gmail.address}\r\nSubject: Hi\r\nMessage-ID: <a@x.example>\r\n\r\nHello`,
        );
        const body = "Yes, gladly.";
        const args = {
          to: ["jo@x.example"],
          cc: [],
          subject: "Re: Hi",
          body,
          source_message_id: messageId,
          thread_id: threadId,
        };
        const receipt = createReceiptDesk(state.path, gmail.address).sign(args);
        const run = async () => {
          const { handle } = await link.call("email_prepare", { receipt, args }, prepared, effect);
          return link.call("email_commit", { receipt, handle }, sent, effect);
        };
        const hold = await gmail.hold({ phase, method: "POST", path });
        const first = assert.rejects(run(), { name: "NightdeskError", retry: "ambiguous" });
        await hold.reached;
        await server.end("SIGKILL");
        await first;
        // A request stopped before it was carried out stays stopped: whoever asked is gone.
        if (phase === "after") await hold.release();

        server = await startSocketServer(gmail.baseUrl, state.path, cache.path);
        const { handle } = await link.call("email_prepare", { receipt, args }, prepared, effect);
        assert.equal((await link.call("email_find", { receipt, handle }, found, effect)).state, stateAfter);
        const { message_id } = await link.call("email_commit", { receipt, handle }, sent, effect);
        assert.deepEqual(
          (await gmail.sentMessages()).map((mail) => mail.messageId),
          [message_id],
        );
        assert.equal((await gmail.rawMailbox()).filter(({ labels }) => labels.includes("DRAFT")).length, 0);
      } finally {
        await link.close();
        await server.end("SIGTERM");
        await gmail.close();
        await state.remove();
      }
    });
  }
});
