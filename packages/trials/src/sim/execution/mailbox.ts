import { NightdeskError } from "@nightdesk/claim-lib";
import type { ExecWorld } from "./world.ts";

export const ACCOUNT = "erika@firma.example";

/** The mail that task n answers. */
function headerId(n: number): string {
  return `<m${n}@example.com>`;
}

/** Which task an outgoing text answers: the only thing that stays the same whatever the owner edits. */
export function taskOfReference(text: string): number {
  return Number(/<?m(\d+)@example\.com/.exec(text)?.[1] ?? /"source_message_id":"m(\d+)"/.exec(text)?.[1]);
}

/** The reading tools of the mail server, over a mailbox with one mail for every task. */
export function readMailbox(world: ExecWorld, tool: string, args: Record<string, unknown>): unknown {
  const id = String(args["message_id"] ?? args["thread_id"]);
  const n = id.slice(1);
  switch (tool) {
    case "profile":
      return { account: ACCOUNT, cursor: "1" };
    case "compose_reply":
      return {
        to: ["ann@example.com"],
        cc: [],
        subject: "Re: Offer",
        source_message_id: id,
        thread_id: `t${n}`,
        last_message_id: id,
        warnings: [],
      };
    case "thread":
      return {
        thread_id: id,
        messages: [{ message_id: `m${n}`, sent_by_owner: false, received_at: "2026-11-21T07:00:00.000Z" }],
      };
    case "read":
      return {
        from: { name: "Ann", address: "ann@example.com" },
        subject: "Offer",
        received_at: "2026-11-21T07:00:00.000Z",
        text: "Hello,\n\nplease send an offer.",
      };
    default:
      throw new NightdeskError("MCP_REFUSED", `There is no tool ${tool} on the server for ${world.kind}.`);
  }
}

/** The same mail as it lies in the mailbox, for the reply's own headers. */
export function readRaw(messageId: string) {
  const n = Number(messageId.slice(1));
  const lines = [
    "From: Ann <ann@example.com>",
    `To: ${ACCOUNT}`,
    "Subject: Offer",
    `Message-ID: ${headerId(n)}`,
    "",
    "Hello,",
  ];
  return {
    messageId,
    threadId: `t${n}`,
    labels: ["INBOX"],
    receivedAtMs: Date.UTC(2026, 10, 21, 7),
    raw: Buffer.from(lines.join("\r\n")),
  };
}
