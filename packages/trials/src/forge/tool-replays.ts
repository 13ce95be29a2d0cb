import { GMAIL_DEFAULTS, waitFor } from "@nightdesk/testkit";
import { z } from "zod";
import { receiveMail } from "../office/sample-reply.ts";
import type { ToolCall } from "../office/socket-tap.ts";
import { ATTACKER, type Attempt, type Forgery } from "./forgery.ts";
import type { Stage } from "./stage.ts";
import { caller, type Act } from "./tool-calls.ts";

const SAME = "the answer of the first time, and no second mail";
const UNBOUND = "HANDLE_NOT_BOUND";
const CHANGED = "DRAFT_CHANGED";

const sameOr = (answer: string, first: string | null) => (answer === first ? SAME : answer);

const draftSchema = z.object({
  id: z.string(),
  message: z.object({ raw: z.string().default(""), threadId: z.string().default("") }),
});
type Draft = z.infer<typeof draftSchema>;

/** The draft box as any program with the laptop's login sees it. */
async function gmail(stage: Stage, method: string, path: string, body?: unknown): Promise<Draft> {
  const { gmail: mailbox } = stage.office;
  const token = await mailbox.tokens.issue(GMAIL_DEFAULTS.composeToken);
  const response = await fetch(`${mailbox.baseUrl}/gmail/v1/users/me/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return draftSchema.parse(await response.json());
}

async function changeDraft(stage: Stage, handle: string, edit: (raw: string) => string): Promise<void> {
  const { message } = await gmail(stage, "GET", `drafts/${handle}?format=raw`);
  const raw = edit(Buffer.from(message.raw, "base64url").toString("latin1"));
  await gmail(stage, "PUT", `drafts/${handle}`, {
    id: handle,
    message: { threadId: message.threadId, raw: Buffer.from(raw, "latin1").toString("base64url") },
  });
}

/** Prepared with the owner's word, and changed in Gmail before it is sent. */
const draftChanged = (name: string, edit: (raw: string) => string) =>
  caller(name, CHANGED, async (stage, { victim }) => {
    const { tools } = stage;
    const receipt = tools.receipt(victim);
    const handle = await tools.handleOf(receipt, tools.argsOf(victim));
    await changeDraft(stage, handle, edit);
    return tools.call("email_commit", { receipt, handle });
  });

const intoParts = (raw: string, part: string) => {
  const [head = "", body = ""] = raw.split(/\r\n\r\n(.*)/s);
  const type = /^content-type:.*(\r\n[ \t].*)*/im.exec(head)?.[0] ?? "";
  const encoding = /^content-transfer-encoding:.*/im.exec(head)?.[0] ?? "";
  const kept = head
    .replace(type, 'Content-Type: multipart/mixed; boundary="x"')
    .replace(`\r\n${encoding}`, "");
  return `${kept}\r\n\r\n--x\r\n${type}\r\n${encoding}\r\n\r\n${body}\r\n--x\r\n${part}\r\n--x--\r\n`;
};

const DRAFTS: Forgery[] = [
  draftChanged("draft_gets_another_recipient", (raw) => raw.replace(/^To: .*$/m, `To: ${ATTACKER}\r`)),
  draftChanged("draft_gets_a_hidden_copy", (raw) => raw.replace(/^To: /m, `Bcc: ${ATTACKER}\r\nTo: `)),
  draftChanged("draft_gets_a_copy", (raw) => raw.replace(/^To: /m, `Cc: ${ATTACKER}\r\nTo: `)),
  draftChanged("draft_gets_another_text", (raw) =>
    raw.replace(/\r\n\r\n.*$/s, `\r\n\r\n${Buffer.from("Forged.").toString("base64")}\r\n`),
  ),
  draftChanged("draft_gets_another_subject", (raw) => raw.replace(/^Subject: .*$/m, "Subject: Re: Refund\r")),
  draftChanged("draft_gets_an_attachment", (raw) =>
    intoParts(
      raw,
      'Content-Type: application/pdf; name="bill.pdf"\r\nContent-Disposition: attachment\r\n\r\nForged',
    ),
  ),
  draftChanged("draft_gets_a_formatted_text", (raw) =>
    intoParts(raw, "Content-Type: text/html\r\n\r\n<p>Forged</p>"),
  ),
  {
    name: "draft_changed_under_the_agents_hand",
    group: "tools",
    victim: "waiting",
    twin: "note",
    reason: "The draft in Gmail is no longer what was approved",
    async attack(stage, { victim }) {
      const held = stage.tap.hold("email_commit", victim.id);
      await stage.approve(victim);
      const { args } = await held.reached;
      await changeDraft(stage, String(args["handle"]), (raw) =>
        raw.replace(/^To: .*$/m, `To: ${ATTACKER}\r`),
      );
      held.release();
    },
  },
];

const HANDLES: Forgery[] = [
  caller("sent_before_it_was_prepared", UNBOUND, ({ tools }, { victim }) =>
    tools.call("email_commit", { receipt: tools.receipt(victim), handle: "r-1" }),
  ),
  caller("draft_of_another_receipt", UNBOUND, async ({ tools }, { victim }) => {
    const other = tools.receipt(victim, { nonce: "0".repeat(32) });
    const handle = await tools.handleOf(other, tools.argsOf(victim));
    return tools.call("email_commit", { receipt: tools.receipt(victim), handle });
  }),
  caller("draft_of_the_owners_own", UNBOUND, async (stage, { victim }) => {
    const raw = Buffer.from(`To: ${ATTACKER}\r\nSubject: Mine\r\n\r\nForged.`).toString("base64url");
    const { id } = await gmail(stage, "POST", "drafts", { message: { raw } });
    return stage.tools.call("email_commit", { receipt: stage.tools.receipt(victim), handle: String(id) });
  }),
  caller("other_arguments_under_the_same_nonce", UNBOUND, async ({ tools }, { victim }) => {
    const nonce = "1".repeat(32);
    const first = tools.argsOf(victim);
    await tools.handleOf(tools.receipt(victim, { nonce }, first), first);
    const args = { ...first, to: [ATTACKER] };
    return tools.carryOut(tools.receipt(victim, { nonce }, args), args);
  }),
  caller("receipt_ends_between_the_two_halves", "RECEIPT_EXPIRED", async ({ tools }, { victim }) => {
    const expires = Date.now() + 1_500;
    const receipt = tools.receipt(victim, { expires_at: new Date(expires).toISOString() });
    const handle = await tools.handleOf(receipt, tools.argsOf(victim));
    await waitFor(() => Date.now() > expires, { what: "the receipt to end" });
    return tools.call("email_commit", { receipt, handle });
  }),
  caller(
    "two_servers_at_the_same_time",
    SAME,
    async ({ tools }, { victim }) => {
      const [receipt, args] = [tools.receipt(victim), tools.argsOf(victim)];
      const answers = await Promise.all(
        (["live", "second", "live", "second"] as const).map((server) =>
          tools.carryOut(receipt, args, server),
        ),
      );
      // Whoever was slower may ask again, as every caller does; it is told the same.
      const last = await tools.carryOut(receipt, args, "second");
      return answers.filter((answer) => answer.startsWith("{")).map((answer) => sameOr(answer, last));
    },
    { victimGoesOut: "during" },
  ),
];

/** After the twin was sent, the same again. */
const again = (name: string, reason: string, act: Act, more: Partial<Forgery> = {}) =>
  caller(name, reason, act, { when: "sent", ...more });

const replayed =
  (server: "live" | "second"): Act =>
  async ({ tools }, { twin, twinAnswer }) =>
    sameOr(await tools.carryOut(tools.receipt(twin), tools.argsOf(twin), server), twinAnswer);

/** A call of the laptop's own agent, as somebody on the socket read it. */
function captured({ tap }: Stage, { twin }: Attempt, tool: string): ToolCall {
  const call = tap.calls().find((one) => one.tool === tool && one.body.includes(twin.id));
  if (!call) throw new Error(`no ${tool} of the twin was seen`);
  return call;
}

const CAPTURED: Partial<Forgery> = { twin: "note" };

const REPLAYS: Forgery[] = [
  again("sent_once_more", SAME, replayed("live")),
  again("sent_once_more_through_another_server", SAME, replayed("second")),
  again(
    "sent_once_more_after_a_restart",
    SAME,
    async (stage, attempt) => {
      await stage.tools.restartLive();
      return replayed("live")(stage, attempt);
    },
    { when: "alone" },
  ),
  again("receipt_used_again_for_another_text", "RECEIPT_MISMATCH", ({ tools }, { twin }) =>
    tools.carryOut(tools.receipt(twin), { ...tools.argsOf(twin), body: "Forged." }),
  ),
  again("receipt_used_again_for_another_task", "RECEIPT_MISMATCH", ({ tools }, { twin, victim }) =>
    tools.carryOut(tools.receipt(twin), tools.argsOf(victim)),
  ),
  again(
    "captured_call_sent_again",
    SAME,
    async (stage, attempt) => {
      const call = captured(stage, attempt, "email_commit");
      const done = stage.mails.messageOf(`${attempt.name}: twin`);
      const answer = await stage.tools.call("email_commit", call.args);
      return answer.includes(`"${await done}"`) ? SAME : answer;
    },
    CAPTURED,
  ),
  again(
    "captured_receipt_for_the_attacker",
    "RECEIPT_MISMATCH",
    (stage, attempt) => {
      const { args } = captured(stage, attempt, "email_prepare");
      const approved = args["args"] as Record<string, unknown>;
      return stage.tools.carryOut(args["receipt"], { ...approved, to: [ATTACKER] });
    },
    CAPTURED,
  ),
  again(
    "captured_receipt_for_another_draft",
    UNBOUND,
    async (stage, attempt) => {
      const { args } = captured(stage, attempt, "email_commit");
      const other = stage.tools.receipt(attempt.victim);
      const handle = await stage.tools.handleOf(other, stage.tools.argsOf(attempt.victim));
      return stage.tools.call("email_commit", { receipt: args["receipt"], handle });
    },
    CAPTURED,
  ),
  again(
    "captured_receipt_on_a_rehearsing_server",
    "RECEIPT_MISMATCH",
    (stage, attempt) => {
      const { args } = captured(stage, attempt, "email_prepare");
      return stage.tools.carryOut(args["receipt"], args["args"] as Record<string, unknown>, "rehearsal");
    },
    CAPTURED,
  ),
  again(
    "captured_receipt_for_a_foreign_mail",
    "RECEIPT_MISMATCH",
    async (stage, attempt) => {
      const { args } = captured(stage, attempt, "email_prepare");
      const { messageId, threadId } = await receiveMail(stage.office.gmail, `${attempt.name} other`);
      const approved = args["args"] as Record<string, unknown>;
      const other = { ...approved, source_message_id: messageId, thread_id: threadId };
      return stage.tools.carryOut(args["receipt"], other);
    },
    CAPTURED,
  ),
];

/** Real receipts and real drafts, used for something else than they were given for, or again. */
export const TOOL_REPLAYS: readonly Forgery[] = [...DRAFTS, ...HANDLES, ...REPLAYS];
