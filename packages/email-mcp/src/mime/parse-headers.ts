import { MAX_HEADER_BYTES } from "../limits.ts";

/** The top header lines of a mail by lower-case name, unfolded, in their order; values not yet decoded. */
export type Headers = ReadonlyMap<string, readonly string[]>;

export interface HeaderBlock {
  headers: Headers;
  /** Where the body begins; the length of the mail when it has none. */
  bodyStart: number;
  /** Lines that are no header line. */
  strayLines: number;
}

/** Reads the header block at the start of the bytes. Never throws. */
export function parseHeaders(raw: Buffer): HeaderBlock {
  const bodyStart = findBody(raw);
  const block = raw.subarray(0, Math.min(bodyStart, MAX_HEADER_BYTES));
  const headers = new Map<string, string[]>();
  let strayLines = 0;
  for (const line of unfold(toText(block))) {
    const match = /^([!-9;-~]{1,200})[ \t]*:(.*)$/s.exec(line);
    if (!match) {
      if (line.trim() !== "") strayLines += 1;
      continue;
    }
    const name = (match[1] ?? "").toLowerCase();
    const values = headers.get(name) ?? [];
    values.push((match[2] ?? "").trim());
    headers.set(name, values);
  }
  return { headers, bodyStart, strayLines };
}

/** The first value, or null. Where a line stands twice the upper one counts, as mail programs show it. */
export function firstHeader(headers: Headers, name: string): string | null {
  return headers.get(name)?.[0] ?? null;
}

/** The `<...>` ids in a Message-ID, In-Reply-To or References value; anything else in it is left out. */
export function messageIds(value: string | null): string[] {
  return (value ?? "").match(/<[!-;=?-~]{1,500}>/g) ?? [];
}

function findBody(raw: Buffer): number {
  if (raw[0] === 0x0a) return 1;
  if (raw[0] === 0x0d && raw[1] === 0x0a) return 2;
  const ends = ["\n\n", "\n\r\n"].map((mark) => {
    const at = raw.indexOf(mark, 0, "latin1");
    return at === -1 ? raw.length : at + mark.length;
  });
  return Math.min(...ends);
}

/** A line that begins with a blank goes on with the one before (RFC 5322, 2.2.3). A lone CR ends nothing. */
function unfold(text: string): string[] {
  const lines: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const last = lines.length - 1;
    if (/^[ \t]/.test(line) && last >= 0) lines[last] += line;
    else lines.push(line);
  }
  return lines;
}

/** Header bytes should be ASCII; newer senders write UTF-8, older ones Latin-1. */
export function toText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return Buffer.from(bytes).toString("latin1");
  }
}
