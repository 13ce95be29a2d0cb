import { MAX_HEADER_NAMES, MAX_REFERENCES, MAX_TEXT_CHARS } from "../limits.ts";
import { decodeWords } from "./decode-words.ts";
import { cleanName, parseAddressList, type MailAddress } from "./parse-address.ts";
import { firstHeader, messageIds, parseHeaders, toText, type Headers } from "./parse-headers.ts";
import { readTextLinks, type HtmlFacts, type LinkFacts } from "./read-links.ts";

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
    return_path: string | null;
    received_spf: string | null;
    feedback_id: string | null;
    auto_response_suppress: string | null;
    mailer: string | null;
    importance: string | null;
    date: string | null;
    delivered_to: string | null;
    content_type: string | null;
    received_count: number;
    /** Every header name, lower-case, each once. */
    names: string[];
  };
  links: LinkFacts[];
  /** Null when the mail has no HTML. */
  html: HtmlFacts | null;
  /** What could not be decoded, in plain words. */
  problems: string[];
}

export type MailHead = Omit<ParsedMail, "text" | "html_only" | "attachments" | "links" | "html"> & {
  bodyStart: number;
};

/** Reads the header lines alone: our own code, in time linear in their length. Never throws. */
export function readHead(raw: Buffer): MailHead {
  const { headers, bodyStart, strayLines } = parseHeaders(raw);
  const problems: string[] = [];
  if (headers.size === 0) problems.push("This does not look like a mail: it has no header lines.");
  else if (strayLines > 0) problems.push("Some header lines are damaged and were passed over.");
  return {
    ...readAddresses(headers, problems),
    subject: cleanName(decodeWords((firstHeader(headers, "subject") ?? "").slice(0, 4000)), 1000),
    header: readHeader(headers),
    problems,
    bodyStart,
  };
}

/** A mail whose body cannot be decoded: what its head says, and the text as it came. */
export function describeUndecoded(raw: Buffer, problem: string): ParsedMail {
  const { bodyStart, ...head } = readHead(raw);
  const problems = [...head.problems, problem];
  // Of the bytes no more than could be shown: four bytes are one letter at most.
  const text = toText(raw.subarray(bodyStart, bodyStart + MAX_TEXT_CHARS * 4));
  return {
    ...head,
    text: limitText(text, problems),
    html_only: false,
    attachments: [],
    links: readTextLinks(text.slice(0, MAX_TEXT_CHARS)),
    html: null,
    problems,
  };
}

/** Cuts a text that is too long, and says so. */
export function limitText(text: string, problems: string[]): string {
  if (text.length <= MAX_TEXT_CHARS) return text;
  problems.push(`The mail is very long; only its first ${MAX_TEXT_CHARS} characters are shown.`);
  return text.slice(0, MAX_TEXT_CHARS).toWellFormed();
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
    return_path: line("return-path"),
    received_spf: line("received-spf"),
    feedback_id: line("feedback-id"),
    auto_response_suppress: line("x-auto-response-suppress"),
    mailer: line("x-mailer") ?? line("user-agent"),
    importance: line("importance") ?? line("x-priority"),
    date: line("date"),
    delivered_to: line("delivered-to") ?? line("x-original-to"),
    content_type: line("content-type"),
    received_count: headers.get("received")?.length ?? 0,
    names: [...headers.keys()].slice(0, MAX_HEADER_NAMES),
  };
}

/** One line without control characters. */
export function cleanLine(value: string): string {
  return value
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, 2000);
}
