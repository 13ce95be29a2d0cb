import { MAX_RECIPIENTS, type Channel, type Kind, type TaskFields } from "@nightdesk/claim-lib";
import { z } from "zod";
import { parseAddrSpec } from "./mime/parse-addr-spec.ts";

/** A bare address: one mailbox, nothing a mail library could expand into another (groups, comments, CR LF). */
const address = z.string().refine((text) => parseAddrSpec(text) !== null, "is not a plain mail address");
const subject = z
  .string()
  .max(500)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, "must be one line of plain text");

/** A mail nobody has answered yet. */
const email: Kind = {
  name: "email",
  noun: "mail",
  fields: {},
  action: null,
  describe: (fields) => ({
    headline: `Mail from ${fields.source_from ?? "an unknown sender"}: ${fields.source_subject || "no subject"}`,
    facts: [...received(fields), fields.summary, ...ending(fields)],
  }),
};

/** A reply that waits for the owner, or was sent. */
const emailReply: Kind = {
  name: "email_reply",
  noun: "reply",
  fields: {
    to: z.array(address).min(1, "has no recipient").max(MAX_RECIPIENTS),
    // Obsidian leaves an empty list as an empty value, which counts as absent.
    cc: z
      .array(address)
      .max(MAX_RECIPIENTS)
      .default(() => []),
    subject,
  },
  action: {
    tool: "email_reply",
    region: "Reply",
    targetKeys: ["to", "cc"],
    toArgs: (fields, text) => ({
      to: foldAll(fields["to"]),
      cc: foldAll(fields["cc"]),
      subject: fields["subject"],
      body: text,
      source_message_id: fields.source_message ?? "",
      thread_id: fields.source_thread ?? "",
    }),
    fromArgs: (args) => ({
      fields: {
        to: args["to"],
        cc: args["cc"],
        subject: args["subject"],
        source_message: args["source_message_id"],
        source_thread: args["thread_id"],
      },
      text: String(args["body"]),
    }),
  },
  describe: (fields) => ({
    headline: fields.outcome
      ? `Reply to ${fields.source_from ?? "the sender"}`
      : `Reply to ${fields.source_from ?? "the sender"}: moving this note to Approved/ sends it`,
    facts: [
      `**Why now:** ${fields.summary}${fields.source_date ? ` (received ${minuteOf(fields.source_date)})` : ""}`,
      `**To:** ${listOf(fields, "to")}${listOf(fields, "cc") === "" ? "" : `. **Copy to:** ${listOf(fields, "cc")}`}`,
      `**Subject:** ${String(fields["subject"])}`,
      `**Risk:** ${fields.risk ?? "unknown"}. **Checked:** ${fields.checked ?? "not yet on this laptop"}`,
      ...(fields.outcome || !fields.expires
        ? []
        : [`**Until:** ${minuteOf(fields.expires)}; after that it is never sent`]),
      ...ending(fields),
    ],
  }),
};

/** Addresses as the receipt carries them: an owner may write a domain in capitals. */
function foldAll(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((one) => (typeof one === "string" ? (parseAddrSpec(one) ?? one) : one));
}

function listOf(fields: TaskFields, key: string): string {
  const value = fields[key];
  return Array.isArray(value) ? value.join(", ") : "";
}

function received(fields: TaskFields): string[] {
  return fields.source_date ? [`Received: ${minuteOf(fields.source_date)}`] : [];
}

/** The same on both machines, whatever their time zones: else one would not know the other's note again. */
function minuteOf(instant: string): string {
  return `${instant.slice(0, 16).replace("T", " ")} UTC`;
}

function ending(fields: TaskFields): string[] {
  if (!fields.outcome) return [];
  const ref = fields.outcome_ref ? ` (provider's id ${fields.outcome_ref})` : "";
  const at = fields.outcome_at ? `, ${minuteOf(fields.outcome_at)}` : "";
  const ended = `**Ended:** ${fields.outcome.replaceAll("_", " ")}${at}${ref}`;
  return fields.approved_at ? [ended, receiptLine(fields)] : [ended];
}

/** The way of one approval, step by step. */
function receiptLine(fields: TaskFields): string {
  const steps = [
    ["drafted", fields.drafted_at],
    ["reached this laptop", fields.reached_at],
    ["approved", fields.approved_at],
    [fields.outcome ?? "ended", fields.outcome_at],
  ].flatMap(([word, at]) => (at ? [`${word} ${at.slice(0, 19).replace("T", " ")}`] : []));
  return `**Receipt (UTC):** ${steps.join(", ")}`;
}

export const channel: Channel = {
  name: "email",
  needsAction: "cloud-email",
  idPrefix: "em",
  kinds: [email, emailReply],
  liveTools: {
    prepare: "email_prepare",
    commit: "email_commit",
    find: "email_find",
    discard: "email_discard",
  },
};
