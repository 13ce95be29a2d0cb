import { simpleParser, type ParsedMail as Decoded } from "mailparser";
import { MAX_ATTACHMENTS, MAX_HTML_CHARS, MAX_REFERENCES, MAX_TEXT_CHARS } from "../limits.ts";
import { decodeWords } from "./decode-words.ts";
import { htmlToText } from "./html-to-text.ts";
import { cleanName, parseAddressList, type MailAddress } from "./parse-address.ts";
import { firstHeader, messageIds, parseHeaders, toText, type Headers } from "./parse-headers.ts";
import { scanMime, type MimeScan } from "./scan-mime.ts";

export interface Attachment {
  name: string;
  type: string;
  size: number;
  sha256: string;
}

export interface ParsedMail {
  from: MailAddress;
  to: MailAddress[];
  cc: MailAddress[];
  reply_to: MailAddress[];
  subject: string;
  text: string;
  html_only: boolean;
  attachments: Attachment[];
  header: {
    message_id: string | null;
    in_reply_to: string | null;
    references: string[];
    list_id: string | null;
    list_unsubscribe: string | null;
    precedence: string | null;
    auto_submitted: string | null;
    authentication_results: string | null;
  };
  /** What could not be decoded, in plain words. */
  problems: string[];
}

/** Decodes a mail. Never throws: a mail that cannot be taken apart still gives a result that says so. */
export async function parseMail(raw: Buffer): Promise<ParsedMail> {
  const { headers, bodyStart, strayLines } = parseHeaders(raw);
  const problems: string[] = [];
  if (headers.size === 0) problems.push("This does not look like a mail: it has no header lines.");
  else if (strayLines > 0) problems.push("Some header lines are damaged and were passed over.");
  const addresses = readAddresses(headers, problems);
  const scan = scanMime(raw);
  problems.push(...scan.problems);
  const body = await readBody(raw, bodyStart, scan, problems);
  return {
    ...addresses,
    subject: cleanName(decodeWords((firstHeader(headers, "subject") ?? "").slice(0, 4000)), 1000),
    ...body,
    header: readHeader(headers),
    problems: [...new Set(problems)],
  };
}

function readAddresses(headers: Headers, problems: string[]) {
  const read = (name: string, label: string): MailAddress[] =>
    (headers.get(name) ?? []).flatMap((value) => {
      const { addresses, rejected } = parseAddressList(value);
      for (const { text, why } of rejected) {
        problems.push(`An address in the ${label} line was left out, because ${why}: ${text}`);
      }
      return addresses;
    });
  const senders = read("from", "From");
  if (senders.length !== 1)
    problems.push(
      senders.length === 0 ? "The sender could not be read." : "The mail names more than one sender.",
    );
  return {
    from: senders[0] ?? { name: cleanName(decodeWords(firstHeader(headers, "from") ?? "")), address: "" },
    to: read("to", "To"),
    cc: read("cc", "Cc"),
    reply_to: read("reply-to", "Reply-To"),
  };
}

function readHeader(headers: Headers): ParsedMail["header"] {
  const line = (name: string) => {
    const value = firstHeader(headers, name);
    return value === null ? null : cleanLine(value);
  };
  return {
    message_id: messageIds(firstHeader(headers, "message-id"))[0] ?? null,
    in_reply_to: messageIds(firstHeader(headers, "in-reply-to"))[0] ?? null,
    references: messageIds(firstHeader(headers, "references")).slice(-MAX_REFERENCES),
    list_id: line("list-id"),
    list_unsubscribe: line("list-unsubscribe"),
    precedence: line("precedence"),
    auto_submitted: line("auto-submitted"),
    // Each server on the way adds its own on top; the uppermost is the mailbox's, those below can be forged.
    authentication_results: line("authentication-results"),
  };
}

function cleanLine(value: string): string {
  return value
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, 2000);
}

type Body = Pick<ParsedMail, "text" | "html_only" | "attachments">;

async function readBody(raw: Buffer, bodyStart: number, scan: MimeScan, problems: string[]): Promise<Body> {
  try {
    const decoded = await simpleParser(raw, {
      checksumAlgo: "sha256",
      maxHtmlLengthToParse: MAX_HTML_CHARS,
      skipImageLinks: true,
      skipTextToHtml: true,
      skipTextLinks: true,
    });
    return await describeBody(decoded, scan, problems);
  } catch {
    problems.push("The mail could not be taken apart; what is shown is its text as it came.");
    return { text: limitText(toText(raw.subarray(bodyStart)), problems), html_only: false, attachments: [] };
  }
}

async function describeBody(decoded: Decoded, scan: MimeScan, problems: string[]): Promise<Body> {
  const plain = decoded.text ?? "";
  const html = decoded.html === false ? "" : decoded.html;
  const htmlOnly = html !== "" && (scan.plainParts === 0 || plain.trim() === "");
  let text = plain;
  if (htmlOnly && plain.trim() === "") {
    const converted = await htmlToText(html);
    text = converted.text;
    if (converted.isCut) problems.push("The mail is very long; only its beginning is shown.");
  }
  if (text.includes("\uFFFD")) problems.push("Some letters could not be read; they are shown as \uFFFD.");
  if (text.trim() === "" && scan.plainParts + scan.htmlParts > 0)
    problems.push("The mail's text could not be read.");
  return {
    text: limitText(text, problems),
    html_only: htmlOnly,
    attachments: listAttachments(decoded, problems),
  };
}

function limitText(text: string, problems: string[]): string {
  if (text.length <= MAX_TEXT_CHARS) return text;
  problems.push(`The mail is very long; only its first ${MAX_TEXT_CHARS} characters are shown.`);
  return text.slice(0, MAX_TEXT_CHARS).toWellFormed();
}

function listAttachments(decoded: Decoded, problems: string[]): Attachment[] {
  if (decoded.attachments.length > MAX_ATTACHMENTS) {
    problems.push(
      `The mail has ${decoded.attachments.length} attachments; the first ${MAX_ATTACHMENTS} are listed.`,
    );
  }
  return decoded.attachments.slice(0, MAX_ATTACHMENTS).map((attachment) => ({
    name: cleanName(attachment.filename ?? "") || "unnamed",
    type: cleanLine(attachment.contentType),
    size: attachment.size,
    sha256: attachment.checksum,
  }));
}
