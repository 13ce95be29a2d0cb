import { fail } from "../errors.ts";

/** What a recount needs of a raw message, read by its own code and not by the code that is judged. */
export interface RawMail {
  messageId: string | null;
  inReplyTo: string | null;
  references: string[];
  subject: string;
  /** Bare addresses, lower case. */
  from: string[];
  replyTo: string[];
  to: string[];
  cc: string[];
  bcc: string[];
  /** The decoded plain text with LF line ends. */
  text: string;
}

interface Part {
  headers: Map<string, string>;
  body: Buffer;
}

/** Reads a message strictly: a header that stands twice, or a part that cannot be decoded, is an error. */
export function readRawMail(raw: Buffer): RawMail {
  const top = splitPart(raw);
  const ids = (name: string) => top.headers.get(name)?.match(/<[^<>\s]+>/g) ?? [];
  const addresses = (name: string) => readAddresses(top.headers.get(name) ?? "");
  return {
    messageId: onlyOne("Message-ID", ids("message-id")),
    inReplyTo: onlyOne("In-Reply-To", ids("in-reply-to")),
    references: ids("references"),
    subject: decodeWords(top.headers.get("subject") ?? ""),
    from: addresses("from"),
    replyTo: addresses("reply-to"),
    to: addresses("to"),
    cc: addresses("cc"),
    bcc: addresses("bcc"),
    text: findText(top) ?? "",
  };
}

/** Headers that may stand in a message more than once. */
const REPEATABLE =
  /^(received|x-.*|arc-.*|dkim-.*|authentication-results|comments|keywords|return-path|delivered-to)$/;

function splitPart(raw: Buffer): Part {
  const text = raw.toString("latin1");
  const gap = /\r?\n\r?\n/.exec(text);
  // A part without headers begins with the empty line itself.
  const bare = /^\r?\n/.exec(text);
  const [head, bodyAt] = bare
    ? ["", bare[0].length]
    : gap
      ? [text.slice(0, gap.index), gap.index + gap[0].length]
      : [text, text.length];
  const headers = new Map<string, string>();
  for (const line of head
    .replace(/\r?\n(?=[ \t])/g, "")
    .split(/\r?\n/)
    .filter((one) => one !== "")) {
    const match = /^([!-9;-~]+):[ \t]*(.*)$/s.exec(line);
    if (!match) throw malformed(`a line of its header is not a header: ${JSON.stringify(line.slice(0, 80))}`);
    const [, name = "", value = ""] = match;
    const key = name.toLowerCase();
    if (headers.has(key) && !REPEATABLE.test(key)) throw malformed(`the header ${name} stands in it twice`);
    headers.set(key, Buffer.from(value.trim(), "latin1").toString("utf8"));
  }
  return { headers, body: raw.subarray(bodyAt) };
}

/** The first plain text, depth first. */
function findText(part: Part): string | null {
  const type = part.headers.get("content-type") ?? "text/plain; charset=us-ascii";
  if (/^multipart\//i.test(type)) {
    for (const inner of splitMultipart(part.body, parameter(type, "boundary"))) {
      const text = findText(inner);
      if (text !== null) return text;
    }
    return null;
  }
  if (!/^text\/plain\b/i.test(type) || /^attachment\b/i.test(part.headers.get("content-disposition") ?? ""))
    return null;
  const bytes = decodeTransfer(part.body, part.headers.get("content-transfer-encoding") ?? "7bit");
  const charset = parameter(type, "charset") ?? "us-ascii";
  try {
    // ignoreBOM: every character counts, also one that means nothing.
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r\n/g, "\n");
  } catch (error) {
    throw malformed(`its text is not in the charset it names (${charset})`, error);
  }
}

function splitMultipart(body: Buffer, boundary: string | null): Part[] {
  if (boundary === null) throw malformed("it has several parts but no boundary between them");
  const pieces = `\r\n${body.toString("latin1")}`.split(
    new RegExp(`\\r?\\n--${boundary.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`),
  );
  const end = pieces.findIndex((piece) => piece.startsWith("--"));
  if (end < 0) throw malformed("its last part has no end");
  return pieces
    .slice(1, end)
    .map((piece) => splitPart(Buffer.from(piece.replace(/^[ \t]*\r?\n/, ""), "latin1")));
}

function parameter(value: string, name: string): string | null {
  const match = new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^;\\s]+))`, "i").exec(value);
  return match ? (match[1] ?? match[2] ?? null) : null;
}

function decodeTransfer(body: Buffer, encoding: string): Buffer {
  const kind = encoding.trim().toLowerCase();
  if (kind === "base64") return Buffer.from(body.toString("latin1"), "base64");
  if (kind === "quoted-printable") return decodeQuotedPrintable(body.toString("latin1"));
  if (["7bit", "8bit", "binary"].includes(kind)) return body;
  throw malformed(`its transfer encoding is unknown (${kind})`);
}

function decodeQuotedPrintable(text: string): Buffer {
  const joined = text.replace(/[ \t]+(?=\r?\n|$)/g, "").replace(/=\r?\n/g, "");
  if (/=(?![0-9A-Fa-f]{2})/.test(joined)) throw malformed("its quoted-printable text is broken");
  return Buffer.from(
    joined.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
}

/** RFC 2047: `=?utf-8?B?...?=`; blanks between two such words belong to neither. */
function decodeWords(value: string): string {
  const joined = value.replace(/(\?=)\s+(?==\?)/g, "$1");
  return joined.replace(
    /=\?([^?]+)\?([bq])\?([^?]*)\?=/gi,
    (_, charset: string, kind: string, text: string) => {
      const bytes =
        kind.toLowerCase() === "b"
          ? Buffer.from(text, "base64")
          : // Not as a blank: at the end of a line quoted-printable drops those.
            decodeQuotedPrintable(text.replaceAll("_", "=20"));
      return new TextDecoder(charset, { fatal: true }).decode(bytes);
    },
  );
}

/** Bare addresses out of an address list; a group or anything else that is not plain addresses is an error. */
function readAddresses(value: string): string[] {
  if (value.trim() === "") return [];
  const entries = value.match(/(?:"(?:[^"\\]|\\.)*"|[^",])+/g) ?? [];
  return entries.map((entry) => {
    const address =
      /<([^<>\s]+@[^<>\s]+)>\s*$/.exec(entry)?.[1] ?? /^\s*([^<>\s,;:"]+@[^<>\s,;:"]+)\s*$/.exec(entry)?.[1];
    if (!address) throw malformed(`"${entry.trim().slice(0, 80)}" is not a plain address`);
    return address.toLowerCase();
  });
}

function onlyOne(name: string, values: string[]): string | null {
  if (values.length > 1) throw malformed(`its ${name} names ${values.length} messages`);
  return values[0] ?? null;
}

function malformed(what: string, cause?: unknown) {
  return fail("MAIL_MALFORMED", `A message in the mailbox cannot be counted: ${what}.`, { cause });
}
