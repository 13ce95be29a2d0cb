import type { Receipt, SignedReceipt } from "@nightdesk/claim-lib";
import { receiveMail } from "../office/sample-reply.ts";
import type { Args } from "./call-tools.ts";
import { ATTACKER, type Attempt, type Forgery } from "./forgery.ts";
import { change, type Stage } from "./stage.ts";

export type Act = (stage: Stage, attempt: Attempt) => Promise<string | string[]>;

/** A program that calls the live tools itself; what they answer is the record. */
export function caller(name: string, reason: string, act: Act, more: Partial<Forgery> = {}): Forgery {
  return {
    name,
    group: "tools",
    victim: "drafted",
    reason,
    attack: async (stage, attempt) => ({ said: [await act(stage, attempt)].flat() }),
    ...more,
  };
}

/** The whole effect under this receipt, as far as it comes. */
const withReceipt = (name: string, reason: string, receipt: (stage: Stage, attempt: Attempt) => unknown) =>
  caller(name, reason, async (stage, attempt) =>
    stage.tools.carryOut(await receipt(stage, attempt), stage.tools.argsOf(attempt.victim)),
  );

const genuine = ({ tools }: Stage, { victim }: Attempt) => tools.receipt(victim);
const genuineBut = (name: string, field: string, over: Partial<Receipt>) =>
  withReceipt(
    name,
    `RECEIPT_MISMATCH The receipt was given for something else (its ${field} differs)`,
    ({ tools }, { victim }) => tools.receipt(victim, over),
  );
/** The laptop's signature under other bytes than it signed. */
const altered = (name: string, alter: (signed: SignedReceipt) => SignedReceipt) =>
  withReceipt(name, "RECEIPT_FORGED", (stage, attempt) => alter(genuine(stage, attempt)));

const longAgo = () => ({
  issued_at: new Date(Date.now() - 3_600_000).toISOString(),
  expires_at: new Date(Date.now() - 1_000).toISOString(),
});

const RECEIPTS: Forgery[] = [
  withReceipt("no_receipt", "RECEIPT_MISSING", () => undefined),
  withReceipt("empty_receipt", "RECEIPT_MISSING", () => ""),
  withReceipt("receipt_null", "RECEIPT_MISSING", () => null),
  withReceipt("receipt_of_nothing", "RECEIPT_MALFORMED", () => ({})),
  withReceipt("receipt_that_is_a_list", "RECEIPT_MALFORMED", (stage, attempt) => [genuine(stage, attempt)]),
  withReceipt("receipt_that_is_a_number", "RECEIPT_MALFORMED", () => 1),
  withReceipt("receipt_that_says_yes", "RECEIPT_MALFORMED", () => true),
  withReceipt("receipt_with_something_added", "RECEIPT_MALFORMED", (stage, attempt) => ({
    ...genuine(stage, attempt),
    approved: true,
  })),
  withReceipt("receipt_without_a_signature", "RECEIPT_MALFORMED", (stage, attempt) => ({
    receipt: genuine(stage, attempt).receipt,
  })),
  altered("empty_signature", (signed) => ({ ...signed, signature: "" })),
  altered("garbage_signature", (signed) => ({
    ...signed,
    signature: Buffer.alloc(64, 7).toString("base64"),
  })),
  altered("signature_of_zeros", (signed) => ({ ...signed, signature: Buffer.alloc(64).toString("base64") })),
  altered("signature_cut_short", (signed) => ({ ...signed, signature: signed.signature.slice(0, 80) })),
  withReceipt("signed_with_an_own_key", "RECEIPT_FORGED", ({ tools }, { victim }) =>
    tools.receiptBy("own", victim),
  ),
  withReceipt("signed_with_the_key_of_sync", "RECEIPT_FORGED", ({ tools }, { victim }) =>
    tools.receiptBy("sync", victim),
  ),
  altered("spaces_in_the_receipt", (signed) => ({
    ...signed,
    receipt: signed.receipt.replaceAll(",", ", "),
  })),
  altered("receipt_with_a_key_twice", (signed) => ({
    ...signed,
    receipt: signed.receipt.replace('"rev":1', '"rev":1,"rev":1'),
  })),
  altered("receipt_in_another_order", (signed) => ({
    ...signed,
    receipt: JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(signed.receipt)).toReversed())),
  })),
  altered("receipt_prolonged", (signed) => ({
    ...signed,
    receipt: signed.receipt.replace(/"expires_at":"\d{4}/, '"expires_at":"2099'),
  })),
  withReceipt("signature_of_another_receipt", "RECEIPT_FORGED", ({ tools }, { victim, twin }) => ({
    ...tools.receipt(victim),
    signature: tools.receipt(twin).signature,
  })),
  genuineBut("receipt_for_another_tool", "tool", { tool: "email_new" }),
  genuineBut("receipt_for_another_channel", "channel", { channel: "accounting" }),
  genuineBut("receipt_for_another_account", "account", { account: "other@brightside.example" }),
  genuineBut("receipt_of_a_rehearsal", "mode", { mode: "dry_run" }),
  withReceipt("receipt_past_its_time", "RECEIPT_EXPIRED", ({ tools }, { victim }) =>
    tools.receipt(victim, longAgo()),
  ),
  caller("live_receipt_on_a_rehearsing_server", "RECEIPT_MISMATCH", ({ tools }, { victim }) =>
    tools.carryOut(tools.receipt(victim), tools.argsOf(victim), "rehearsal"),
  ),
];

/** A genuine receipt, and other arguments than it was given for. */
const otherArgs = (name: string, over: (args: Args, attempt: Attempt) => Args, reason?: string) =>
  caller(
    name,
    reason ?? "RECEIPT_MISMATCH The receipt was given for something else (its args_sha256 differs)",
    ({ tools }, attempt) => {
      const args = tools.argsOf(attempt.victim);
      return tools.carryOut(tools.receipt(attempt.victim), { ...args, ...over(args, attempt) });
    },
  );

/** As if the laptop had been made to sign this: the tool looks for itself. */
const signedArgs = (
  name: string,
  reason: string,
  over: (stage: Stage, attempt: Attempt) => Args | Promise<Args>,
) =>
  caller(name, reason, async (stage, attempt) => {
    const { tools } = stage;
    const args = { ...tools.argsOf(attempt.victim), ...(await over(stage, attempt)) };
    return tools.carryOut(tools.receipt(attempt.victim, {}, args), args);
  });

const ARGUMENTS: Forgery[] = [
  otherArgs("other_recipient_than_approved", () => ({ to: [ATTACKER] })),
  otherArgs("further_recipient_than_approved", ({ to }) => ({ to: [to, ATTACKER].flat() })),
  otherArgs("copy_that_was_not_approved", () => ({ cc: [ATTACKER] })),
  otherArgs("other_text_than_approved", () => ({ body: "Forged." })),
  otherArgs("text_with_one_space_more", ({ body }) => ({ body: `${String(body)} ` })),
  otherArgs("other_subject_than_approved", () => ({ subject: "Re: Refund" })),
  otherArgs("other_conversation_than_approved", (_args, { twin }) => ({ thread_id: twin.threadId })),
  otherArgs("other_mail_than_approved", (_args, { twin }) => ({ source_message_id: twin.messageId })),
  otherArgs("recipient_in_another_case", ({ to }) => ({
    to: [to].flat().map((one) => String(one).toUpperCase()),
  })),
  otherArgs("argument_added", () => ({ bcc: [ATTACKER] }), "MCP_REFUSED"),
  otherArgs("recipient_as_text", ({ to }) => ({ to: [to].flat().join() }), "MCP_REFUSED"),
  otherArgs("recipients_none", () => ({ to: [] }), "MCP_REFUSED"),
  otherArgs("text_that_is_empty", () => ({ body: "" }), "MCP_REFUSED"),
  signedArgs("signed_line_break_in_a_recipient", "RECIPIENT_INVALID", () => ({
    to: [`anna@kunde.example\r\nBcc: ${ATTACKER}`],
  })),
  signedArgs("signed_group_syntax", "RECIPIENT_INVALID", () => ({
    to: [`all: anna@kunde.example, ${ATTACKER};`],
  })),
  signedArgs("signed_display_name", "RECIPIENT_INVALID", () => ({
    to: [`anna@kunde.example <${ATTACKER}>`],
  })),
  signedArgs("signed_unicode_domain", "RECIPIENT_INVALID", () => ({ to: ["anna@kund\u0435.example"] })),
  signedArgs("signed_line_break_in_the_subject", "MCP_REFUSED", () => ({
    subject: `Hi\r\nBcc: ${ATTACKER}`,
  })),
  signedArgs("signed_mail_of_another_conversation", "SOURCE_MISMATCH", async ({ office }, { name }) => ({
    source_message_id: (await receiveMail(office.gmail, `${name} other`)).messageId,
  })),
  signedArgs("signed_mail_that_is_not_there", "GMAIL_NOT_FOUND", () => ({
    source_message_id: "msg_nowhere",
  })),
];

/** Bytes no client would write; the server must read the same in them as whoever checks them. */
const raw = (name: string, reason: string, write: (json: string) => string) =>
  caller(name, reason, async ({ tools, tap }, { victim }) => {
    const like = tap.calls().find(({ tool }) => tool === "email_compose_reply");
    if (!like) return "no call was seen to copy";
    const json = JSON.stringify({ receipt: tools.receipt(victim), args: tools.argsOf(victim) });
    const answer = await tools.callRaw(like, "email_prepare", write(json));
    const { result, error } = JSON.parse(answer);
    if (result?.structuredContent?.handle === undefined)
      return result?.content?.[0]?.text ?? error?.message ?? answer;
    const { handle } = result.structuredContent;
    return tools.call("email_commit", { receipt: tools.receipt(victim), handle });
  });

const BYTES: Forgery[] = [
  raw("recipient_key_twice_in_json", "RECEIPT_MISMATCH", (json) =>
    json.replace('"to":[', `"to":["anna@kunde.example"],"to":["${ATTACKER}",`),
  ),
  raw("arguments_twice_in_json", "RECEIPT_MISMATCH", (json) =>
    json.replace(
      /\}$/,
      `,"args":{"to":["${ATTACKER}"],"cc":[],"subject":"x","body":"Forged","source_message_id":"a","thread_id":"b"}}`,
    ),
  ),
  raw("receipt_twice_in_json", "RECEIPT_MISSING", (json) => json.replace(/\}$/, ',"receipt":""}')),
  raw("prototype_in_json", 'Unrecognized key: "__proto__"', (json) =>
    json.replace('"args":{', `"args":{"__proto__":{"cc":["${ATTACKER}"]},`),
  ),
  raw("escaped_key_in_json", "RECEIPT_MISMATCH", (json) =>
    json.replace(/\}\}$/, `,"\\u0074o":["${ATTACKER}"]}}`),
  ),
  raw("number_as_text_in_json", "Input validation error", (json) =>
    json.replace(/"subject":"[^"]*"/, '"subject":1e3'),
  ),
  raw("minus_zero_in_json", "Input validation error", (json) => json.replace(/"cc":\[\]/, '"cc":[-0]')),
  raw("half_a_letter_in_json", "RECEIPT_MISMATCH", (json) =>
    json.replace('"subject":"Re:', '"subject":"\\ud800Re:'),
  ),
];

/** Names that are no tool of the live server. */
const named = (tool: string, name: string) =>
  caller(name, `Tool ${tool} not found`, ({ tools }, { victim }) =>
    tools.call(tool, { receipt: tools.receipt(victim), args: tools.argsOf(victim) }),
  );

const TOOLS: Forgery[] = [
  named("Email_Commit", "tool_in_another_case"),
  named("email_commit ", "tool_with_a_space"),
  named("email_send", "tool_of_another_name"),
  named("email_prepare_and_commit", "tool_that_does_both"),
  caller("live_tool_on_the_clouds_server", "Tool email_prepare not found", ({ tools }, { victim }) =>
    tools.carryOut(tools.receipt(victim), tools.argsOf(victim), "draft"),
  ),
  caller("reading_tool_with_a_receipt", "MCP_REFUSED", ({ tools }, { victim }) =>
    tools.call("email_compose_reply", {
      message_id: victim.messageId,
      receipt: tools.receipt(change(victim, {})),
      send: true,
    }),
  ),
];

/** Calls of the live tools that no approval stands behind. */
export const TOOL_CALLS: readonly Forgery[] = [...RECEIPTS, ...ARGUMENTS, ...BYTES, ...TOOLS];
