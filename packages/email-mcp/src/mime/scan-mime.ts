import { MAX_MIME_DEPTH, MAX_MIME_PARTS } from "../limits.ts";
import { isKnownCharset } from "./decode-words.ts";
import { parseHeaders, firstHeader, type Headers } from "./parse-headers.ts";

export interface MimeScan {
  /** What cannot be decoded as the mail says it is, in plain words, each once. */
  problems: string[];
  /** Readable plain-text parts. */
  plainParts: number;
  htmlParts: number;
}

interface State extends MimeScan {
  parts: number;
}

/**
 * Looks for what the decoder would pass over in silence: unknown character sets, broken base64 or
 * quoted-printable, a mail that ends in the middle. Reads the structure only; never throws.
 */
export function scanMime(raw: Buffer): MimeScan {
  const state: State = { problems: [], plainParts: 0, htmlParts: 0, parts: 0 };
  scanPart(raw, 0, state);
  return { problems: [...new Set(state.problems)], plainParts: state.plainParts, htmlParts: state.htmlParts };
}

function scanPart(raw: Buffer, depth: number, state: State): void {
  state.parts += 1;
  if (depth > MAX_MIME_DEPTH || state.parts > MAX_MIME_PARTS) {
    state.problems.push("The mail is nested or split far more than usual; parts of it were not looked at.");
    return;
  }
  const { headers, bodyStart } = parseHeaders(raw);
  const type = parseParameters(firstHeader(headers, "content-type") ?? "text/plain");
  const body = raw.subarray(bodyStart);
  if (type.value.startsWith("multipart/"))
    scanMultipart(body, type.params.get("boundary") ?? "", depth, state);
  else scanLeaf(body, headers, type, state);
}

function scanMultipart(body: Buffer, boundary: string, depth: number, state: State): void {
  if (boundary === "") {
    state.problems.push(
      "The mail says it has several parts but not where they begin; its text may be incomplete.",
    );
    return;
  }
  const { parts, isClosed } = splitParts(body, boundary);
  if (parts.length === 0)
    state.problems.push("The mail says it has several parts, but none was found in it.");
  else if (!isClosed) state.problems.push("The mail is cut off: its end is missing.");
  for (const part of parts.slice(0, MAX_MIME_PARTS)) scanPart(part, depth + 1, state);
}

/** Cuts at lines that begin with `--boundary`. */
function splitParts(body: Buffer, boundary: string): { parts: Buffer[]; isClosed: boolean } {
  const mark = `--${boundary}`;
  const parts: Buffer[] = [];
  let start = -1;
  for (let at = body.indexOf(mark, 0, "latin1"); at !== -1; at = body.indexOf(mark, at + 1, "latin1")) {
    if (at > 0 && body[at - 1] !== 0x0a) continue;
    const lineEnd = body.indexOf("\n", at, "latin1");
    const rest = body.toString("latin1", at + mark.length, lineEnd === -1 ? body.length : lineEnd).trimEnd();
    if (rest !== "" && rest !== "--") continue;
    if (start !== -1) parts.push(body.subarray(start, at));
    if (rest === "--") return { parts, isClosed: true };
    start = lineEnd === -1 ? body.length : lineEnd + 1;
    if (parts.length > MAX_MIME_PARTS) break;
  }
  if (start !== -1) parts.push(body.subarray(start));
  return { parts, isClosed: false };
}

function scanLeaf(body: Buffer, headers: Headers, type: HeaderValue, state: State): void {
  const disposition = parseParameters(firstHeader(headers, "content-disposition") ?? "").value;
  const isText = /^text\/(plain|html)$/.test(type.value) && disposition !== "attachment";
  const what = isText ? "The text of the mail" : "An attachment";
  if (isText && body.toString("latin1").trim() !== "") {
    if (type.value === "text/plain") state.plainParts += 1;
    else state.htmlParts += 1;
  }
  const charset = type.params.get("charset");
  if (isText && charset && !isKnownCharset(charset)) {
    const name = charset.replace(/[^ -~]/g, "?").slice(0, 40);
    state.problems.push(
      `The text is written in the character set "${name}", which is not known here; some letters may be wrong.`,
    );
  }
  checkEncoding(
    body,
    (firstHeader(headers, "content-transfer-encoding") ?? "7bit").toLowerCase(),
    what,
    state,
  );
}

function checkEncoding(body: Buffer, written: string, what: string, state: State): void {
  const encoding = written
    .slice(0, 200)
    .replace(/\(.*?\)|;.*$/g, "")
    .trim();
  if (encoding === "base64") {
    if (isBrokenBase64(body))
      state.problems.push(`${what} is damaged (broken base64); what follows the damage may be wrong.`);
  } else if (encoding === "quoted-printable") {
    if (/=(?![0-9A-Fa-f]{2}|[ \t]*\r?\n|[ \t]*$)/.test(body.toString("latin1"))) {
      state.problems.push(`${what} is damaged (broken quoted-printable); some letters may be wrong.`);
    }
  } else if (!/^(7bit|8bit|binary|)$/.test(encoding)) {
    const name = encoding.replace(/[^ -~]/g, "?").slice(0, 40);
    state.problems.push(
      `${what} is packed in a way that is not known here ("${name}"); it is shown as it came.`,
    );
  }
}

function isBrokenBase64(body: Buffer): boolean {
  const packed = body.toString("latin1").replace(/\s+/g, "");
  const data = packed.replace(/={0,2}$/, "");
  return /[^A-Za-z0-9+/]/.test(data) || data.length % 4 === 1;
}

interface HeaderValue {
  value: string;
  params: Map<string, string>;
}

/** `type/sub; name=value; name="value"`. */
function parseParameters(text: string): HeaderValue {
  const params = new Map<string, string>();
  for (const match of text.matchAll(
    /;\s*([A-Za-z0-9*_.-]{1,60})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*))/g,
  )) {
    const name = (match[1] ?? "").toLowerCase();
    const value = match[2] === undefined ? (match[3] ?? "") : match[2].replace(/\\(.)/g, "$1");
    if (!params.has(name)) params.set(name, value);
  }
  return { value: (text.split(";", 1)[0] ?? "").trim().toLowerCase(), params };
}
