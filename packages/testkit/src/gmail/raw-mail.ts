/** The first header of that name in a raw mail, unfolded; null when there is none. */
export function readHeader(raw: Buffer, name: string): string | null {
  // Header names and the structure around them are ASCII; latin1 keeps every byte apart.
  const text = raw.toString("latin1");
  const end = /\r?\n\r?\n/.exec(text)?.index ?? text.length;
  const lines = text
    .slice(0, end)
    .replace(/\r?\n(?=[ \t])/g, "")
    .split(/\r?\n/);
  const wanted = `${name.toLowerCase()}:`;
  const line = lines.find((entry) => entry.toLowerCase().startsWith(wanted));
  return line === undefined ? null : line.slice(wanted.length).trim();
}

/** The ids in a header such as References, in order. */
export function readMessageIds(raw: Buffer, name: string): string[] {
  return readHeader(raw, name)?.match(/<[^<>\s]+>/g) ?? [];
}

/** The bare address of the From header, in lower case. */
export function readSender(raw: Buffer): string {
  const from = readHeader(raw, "From") ?? "";
  return (/<([^<>]*)>\s*$/.exec(from)?.[1] ?? from).trim().toLowerCase();
}

/** A subject as a mail program groups by it: decoded, without `Re:` and its kin, in lower case. */
export function toBaseSubject(subject: string): string {
  return decodeWords(subject)
    .replace(/^(\s*(re|aw|antw|fwd?|wg|sv)\s*(\[\d+\])?\s*:)+/i, "")
    .replace(/\s+/g, " ")
    .trim()
    .toLowerCase();
}

const WORD = /=\?([^?*]+)(?:\*[^?]*)?\?([bq])\?([^?]*)\?=/gi;

/** Decodes RFC 2047 words; what cannot be decoded stays as it is. */
export function decodeWords(value: string): string {
  return value
    .replace(/(\?=)\s+(?==\?)/g, "$1")
    .replace(WORD, (word: string, charset: string, encoding: string, data: string) => {
      const bytes =
        encoding.toLowerCase() === "b"
          ? Buffer.from(data, "base64")
          : Buffer.from(
              data
                .replaceAll("_", " ")
                .replace(/=([0-9a-f]{2})/gi, (_, hex: string) =>
                  String.fromCharCode(Number.parseInt(hex, 16)),
                ),
              "latin1",
            );
      try {
        return new TextDecoder(charset).decode(bytes);
      } catch {
        return word;
      }
    });
}
