/** Mail by hand: the exact bytes matter, and a library would correct what these mails get wrong on purpose. */

export type Charset = "utf-8" | "iso-8859-1" | "windows-1252";

/** Where windows-1252 differs from ISO-8859-1, as far as these mails need it. */
const WINDOWS_1252: Readonly<Record<string, number>> = {
  "€": 0x80,
  "‚": 0x82,
  "„": 0x84,
  "…": 0x85,
  "‘": 0x91,
  "’": 0x92,
  "“": 0x93,
  "”": 0x94,
  "–": 0x96,
  "—": 0x97,
};

/** Text in a charset's bytes; throws RangeError for a letter the charset lacks. */
export function encodeText(text: string, charset: Charset): Buffer {
  if (charset === "utf-8") return Buffer.from(text, "utf8");
  const bytes = Array.from(text, (letter) => {
    const special = charset === "windows-1252" ? WINDOWS_1252[letter] : undefined;
    const code = special ?? letter.codePointAt(0) ?? 0;
    if (special === undefined && (code > 0xff || (code >= 0x80 && code < 0xa0))) {
      throw new RangeError(`${charset} has no ${JSON.stringify(letter)}`);
    }
    return code;
  });
  return Buffer.from(bytes);
}

const MAX_LINE = 76;

/** Quoted-printable with soft breaks; `bytes` has CRLF line ends. */
export function encodeQuotedPrintable(bytes: Buffer): string {
  return bytes
    .toString("latin1")
    .split("\r\n")
    .map((line) => {
      const tokens = Array.from(line, (letter, at) => {
        const code = letter.charCodeAt(0);
        const isLast = at === line.length - 1;
        const isPlain =
          (code > 32 && code < 127 && letter !== "=") || ((code === 32 || code === 9) && !isLast);
        return isPlain ? letter : toHex(code);
      });
      const lines = [""];
      for (const token of tokens) {
        const current = lines.at(-1) ?? "";
        // One column is for the soft break's own `=`.
        if (current.length + token.length > MAX_LINE - 1) lines.push(token);
        else lines[lines.length - 1] = current + token;
      }
      return lines.join("=\r\n");
    })
    .join("\r\n");
}

/** Base64 in lines of 76 letters. */
export function encodeBase64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/.{1,76}(?=.)/g, "$&\r\n");
}

/** Header text as RFC 2047 words of at most 75 letters, `Q` or `B`; plain ASCII stays as it is. */
export function encodeHeader(text: string, charset: Charset, encoding: "Q" | "B" = "Q"): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const room = 75 - `=?${charset}?${encoding}??=`.length;
  const words = [""];
  let pending: Buffer = Buffer.alloc(0);
  // Letter by letter, so that no letter of several bytes is cut in two.
  for (const letter of text) {
    const bytes = encodeText(letter, charset);
    const wider = Buffer.concat([pending, bytes]);
    if (encodeWord(wider, encoding).length > room) {
      words.push("");
      pending = bytes;
    } else pending = wider;
    words[words.length - 1] = encodeWord(pending, encoding);
  }
  return words.map((word) => `=?${charset}?${encoding}?${word}?=`).join("\r\n ");
}

function encodeWord(bytes: Buffer, encoding: "Q" | "B"): string {
  if (encoding === "B") return bytes.toString("base64");
  return Array.from(bytes, (code) => {
    if (code === 32) return "_";
    return /[A-Za-z0-9!*+/-]/.test(String.fromCharCode(code)) ? String.fromCharCode(code) : toHex(code);
  }).join("");
}

function toHex(code: number): string {
  return `=${code.toString(16).toUpperCase().padStart(2, "0")}`;
}

export type Headers = readonly (readonly [name: string, value: string])[];

/** Joins headers and a body that is already encoded; strings are taken as latin1, byte by byte. */
export function joinMail(headers: Headers, body: string | Buffer): Buffer {
  const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([
    Buffer.from(`${head}\r\n`, "latin1"),
    typeof body === "string" ? Buffer.from(body, "latin1") : body,
  ]);
}

/** A part of a multipart body. */
export function joinParts(boundary: string, parts: readonly Buffer[]): Buffer {
  const pieces = parts.flatMap((part) => [Buffer.from(`--${boundary}\r\n`), part, Buffer.from("\r\n")]);
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

/** A text part or whole body: its headers and its encoded bytes. */
export function textPart(
  text: string,
  options: { charset: Charset; encoding: "quoted-printable" | "base64" | "8bit"; type?: string },
): { headers: Headers; body: Buffer } {
  const bytes = encodeText(text.replace(/\r?\n/g, "\r\n"), options.charset);
  const body =
    options.encoding === "8bit"
      ? bytes
      : Buffer.from(
          options.encoding === "base64" ? encodeBase64(bytes) : encodeQuotedPrintable(bytes),
          "latin1",
        );
  return {
    headers: [
      ["Content-Type", `${options.type ?? "text/plain"}; charset=${options.charset}`],
      ["Content-Transfer-Encoding", options.encoding],
    ],
    body,
  };
}

/** `Sat, 21 Nov 2026 09:00:00 +0000` */
export function formatMailDate(atMs: number): string {
  return new Date(atMs).toUTCString().replace("GMT", "+0000");
}
