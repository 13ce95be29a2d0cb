import { simpleParser, type ParsedMail as Decoded } from "mailparser";
import { MAX_ATTACHMENTS, MAX_HTML_CHARS, MAX_TEXT_CHARS } from "../limits.ts";
import { htmlToText } from "./html-to-text.ts";
import { cleanName } from "./parse-address.ts";
import {
  cleanLine,
  describeUndecoded,
  limitText,
  readHead,
  type Attachment,
  type ParsedMail,
} from "./read-head.ts";
import { readHtmlFacts, readTextLinks } from "./read-links.ts";
import { scanMime, type MimeScan } from "./scan-mime.ts";

/**
 * Decodes a mail. Never throws: a mail that cannot be taken apart still gives a result that says so. The
 * library behind it can be kept busy for minutes by a mail made for that, so servers call it through a
 * mail decoder, which sets a limit.
 */
export async function parseMail(raw: Buffer): Promise<ParsedMail> {
  const { bodyStart: _left, ...head } = readHead(raw);
  const scan = scanMime(raw);
  const problems = [...head.problems, ...scan.problems];
  const body = await readBody(raw, scan, problems);
  if (!body)
    return describeUndecoded(raw, "The mail could not be taken apart; what is shown is its text as it came.");
  return { ...head, ...body, problems: [...new Set(problems)] };
}

type Body = Pick<ParsedMail, "text" | "html_only" | "attachments" | "links" | "html">;

const OPTIONS = {
  checksumAlgo: "sha256",
  maxHtmlLengthToParse: MAX_HTML_CHARS,
  skipImageLinks: true,
  skipTextToHtml: true,
  skipTextLinks: true,
};

async function readBody(raw: Buffer, scan: MimeScan, problems: string[]): Promise<Body | null> {
  try {
    const short = shortenEncodingLines(raw);
    const decoded = await simpleParser(short, OPTIONS);
    // The decoder's own conversion shows hidden text as if it could be seen; without it the text is the plain parts'.
    const plain =
      decoded.html === false || scan.plainParts === 0
        ? null
        : (await simpleParser(short, { ...OPTIONS, skipHtmlToText: true })).text;
    return await describeBody(decoded, plain ?? "", scan, problems);
  } catch {
    return null;
  }
}

const ENCODING_LINE = /^content-transfer-encoding[ \t]*:(?:[^\r\n]|\r?\n[ \t])*/gim;

/**
 * The decoder takes time in the square of this line's length: 32 kB of "(" cost 1.3 s, 500 kB five minutes
 * (measured). A real one has 30 characters.
 */
function shortenEncodingLines(raw: Buffer): Buffer {
  const text = raw.toString("latin1");
  const short = text.replace(ENCODING_LINE, (line) => (line.length > 500 ? line.slice(0, 500) : line));
  return short.length === text.length ? raw : Buffer.from(short, "latin1");
}

/** @param plainOnly what the plain parts alone say; asked for where there is HTML beside them */
async function describeBody(
  decoded: Decoded,
  plainOnly: string,
  scan: MimeScan,
  problems: string[],
): Promise<Body> {
  const html = decoded.html === false ? "" : decoded.html;
  const whole = decoded.text ?? "";
  const htmlOnly = html !== "" && (scan.plainParts === 0 || whole.trim() === "");
  // Its text was taken in by the decoder: it is no second form of the plain text but a part of its own.
  const isOwnPart = html !== "" && !htmlOnly && plainOnly.trim() !== whole.trim();
  let text = whole;
  if (htmlOnly || isOwnPart) {
    const converted = await htmlToText(html);
    text = isOwnPart ? `${converted.text}\n\n${plainOnly.trim()}`.trim() : converted.text;
    if (converted.isCut) problems.push("The mail is very long; only its beginning is shown.");
  }
  if (text.includes("\uFFFD")) problems.push("Some letters could not be read; they are shown as \uFFFD.");
  if (text.trim() === "" && scan.plainParts + scan.htmlParts > 0)
    problems.push("The mail's text could not be read.");
  return {
    text: limitText(text, problems),
    html_only: htmlOnly,
    attachments: listAttachments(decoded, problems),
    ...(html === ""
      ? { links: readTextLinks(text.slice(0, MAX_TEXT_CHARS)), html: null }
      : readHtmlFacts(html)),
  };
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
