/** RFC 2047: `=?charset?B or Q?text?=`. Some senders leave spaces inside Q words, so those are allowed. */
const WORD = /=\?([^?\s*]{1,60})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?\r\n]*)\?=/;
const WORDS = new RegExp(`${WORD.source}(?:\\s+(?==\\?[^?\\s]+\\?[bBqQ]\\?))?`, "g");

/**
 * Decodes the encoded words of one header value. Neighbours of the same character set are joined
 * before decoding: senders split them in the middle of a letter. A word that cannot be decoded stays as it is.
 */
export function decodeWords(value: string): string {
  if (!value.includes("=?")) return value;
  let out = "";
  let last = 0;
  let run: Run = { charset: "", bytes: [], source: "" };
  const flush = () => {
    out += decodeBytes(Buffer.concat(run.bytes), run.charset) ?? run.source;
  };
  for (const match of value.matchAll(WORDS)) {
    const [source, charset = "", encoding = "", text = ""] = match;
    const name = charset.toLowerCase();
    if (match.index > last || run.charset !== name) {
      flush();
      run = { charset: name, bytes: [], source: "" };
    }
    out += value.slice(last, match.index);
    run.bytes.push(/b/i.test(encoding) ? Buffer.from(text, "base64") : decodeQ(text));
    run.source += source;
    last = match.index + source.length;
  }
  flush();
  return out + value.slice(last);
}

/** Encoded words of one character set that follow each other. */
interface Run {
  charset: string;
  bytes: Buffer[];
  source: string;
}

function decodeQ(text: string): Buffer {
  const spaced = text.replaceAll("_", " ");
  return Buffer.from(
    spaced.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
}

/** The text of bytes in a named character set, or null when the name is not known. */
function decodeBytes(bytes: Uint8Array, charset: string): string | null {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return null;
  }
}

/** Names the body decoder knows although the platform's own TextDecoder does not. */
const ALSO_KNOWN =
  /^(us-?ascii|ascii|ansi_x3\.4-1968|utf-?7(-imap)?|utf-?32(le|be)?|cp(437|737|775|85[0-9]|86[0-9]|874|932|936|949|950|125[0-8])|mac[a-z]+|ks_c_5601-1987|iso-8859-1[0-9]?(-[ie])?|armscii-8|tis-620|viscii|hp-roman8|gb2312|hz-gb-2312)$/i;

/** True when text in this character set can be read. */
export function isKnownCharset(charset: string): boolean {
  const name = charset.trim();
  if (ALSO_KNOWN.test(name)) return true;
  try {
    return new TextDecoder(name).encoding !== "replacement";
  } catch {
    return false;
  }
}
