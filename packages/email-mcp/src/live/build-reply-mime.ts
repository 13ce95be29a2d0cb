import MailComposer from "nodemailer/lib/mail-composer";
import { fail } from "../errors.ts";
import { firstHeader, messageIds, type Headers } from "../mime/parse-headers.ts";
import { parseAddrSpec } from "../mime/parse-addr-spec.ts";
import { MAX_REFERENCES } from "../limits.ts";
import type { MailMark, OwnAddress } from "../provider.ts";
import type { ReplyArgs } from "./reply-args.ts";

/** Marks a mail as the effect of one receipt, so that it can be recognised wherever it went. */
export const REF_HEADER = "X-Nightdesk-Ref";

export interface ReplyInput {
  args: ReplyArgs;
  from: OwnAddress;
  /** Header lines of the mail that is answered. */
  source: Headers;
  mark: MailMark;
  dateMs: number;
}

/**
 * The reply as it goes out: a real answer (In-Reply-To, full References), UTF-8 text whose bytes survive
 * every server on the way. Throws RECIPIENT_INVALID or ENVELOPE_MISMATCH; then nothing was made.
 */
export async function buildReplyMime(input: ReplyInput): Promise<Buffer> {
  const { args, from, source, mark } = input;
  const to = args.to.map(toRecipient);
  const cc = args.cc.map(toRecipient);
  const inReplyTo = messageIds(firstHeader(source, "message-id"))[0];
  const references = chainOf(source, inReplyTo);
  const message = new MailComposer({
    from,
    to,
    cc,
    subject: toPlainSubject(args.subject),
    // base64 alone keeps every byte: trailing blanks, long lines, "From " at a line's start, and a last line
    // without its break, to which SMTP would add one. Lines inside end with CRLF, as text on the wire does.
    text: args.body.replace(/\r?\n/g, "\r\n"),
    encoding: "base64",
    newline: "\r\n",
    date: new Date(input.dateMs),
    messageId: mark.messageIdHeader,
    headers: { [REF_HEADER]: mark.ref },
    ...(inReplyTo ? { inReplyTo, references } : {}),
    disableFileAccess: true,
    disableUrlAccess: true,
  }).compile();
  assertEnvelope(message.getEnvelope(), from.address, [...args.to, ...args.cc]);
  return message.build();
}

/**
 * What looks like an encoded word is decoded by the reader's program into something else than the note
 * showed; encoded once more it arrives as it was shown.
 */
function toPlainSubject(subject: string): string {
  if (!subject.includes("=?")) return subject;
  const words = subject.match(/.{1,10}/gsu) ?? [];
  return words.map((word) => `=?UTF-8?B?${Buffer.from(word).toString("base64")}?=`).join(" ");
}

/** An object with one address, never a text: a library parses "a@x.io\r\nBcc: b@y.io" into somebody else. */
function toRecipient(address: string): { name: string; address: string } {
  if (parseAddrSpec(address) === address) return { name: "", address };
  throw fail(
    "RECIPIENT_INVALID",
    `The recipient "${address.replace(/[^ -~]/g, "?").slice(0, 120)}" is not one plain address; nothing was prepared. Correct it in the note and approve again.`,
  );
}

/** All of the source's References and then the source itself (RFC 5322, 3.6.4). */
function chainOf(source: Headers, inReplyTo: string | undefined): string[] {
  const earlier = messageIds(firstHeader(source, "references"));
  const chain = earlier.length > 0 ? earlier : messageIds(firstHeader(source, "in-reply-to")).slice(0, 1);
  const ids = [...new Set([...chain.filter((id) => id !== inReplyTo), ...(inReplyTo ? [inReplyTo] : [])])];
  // Of a chain that is too long the first mail and the newest ones tell readers most.
  return ids.length <= MAX_REFERENCES ? ids : [...ids.slice(0, 1), ...ids.slice(1 - MAX_REFERENCES)];
}

/** The last look before anything is made: who would really get it. */
function assertEnvelope(
  envelope: { from: string | false; to: string[] },
  from: string,
  approved: readonly string[],
) {
  const fold = (addresses: readonly string[]) =>
    [...new Set(addresses.map((one) => one.toLowerCase()))].sort();
  const reached = fold(envelope.to);
  const wanted = fold(approved);
  const isSame =
    reached.length === wanted.length && reached.every((address, index) => address === wanted[index]);
  if (isSame && String(envelope.from).toLowerCase() === from.toLowerCase()) return;
  throw fail(
    "ENVELOPE_MISMATCH",
    "The composed reply would reach others than those approved; nothing was prepared.",
    {
      data: { reached, wanted },
    },
  );
}
