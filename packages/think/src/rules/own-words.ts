/** Where the quoted mail below an answer begins, in the forms mail programs write. */
const QUOTE_STARTS = [
  /^-{2,} ?(original message|ursprüngliche nachricht|mensaje original|message d'origine|forwarded message|weitergeleitete nachricht|mensaje reenviado|message transf[eé]r[eé])/i,
  /^begin forwarded message:|^anfang der weitergeleiteten/i,
  /^_{10,}$/,
  /^(on|am|el|le) .{5,200} (wrote|schrieb|escribió|a écrit)\b.*:?$/i,
  /^(from|von|de) ?: .+@.+$/i,
];

/** What the sender wrote this time: without quoted mails, signature and empty ends. */
export function ownWords(text: string): string {
  const kept: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const trimmed = line.trim();
    if (/^-- ?$/.test(line) || QUOTE_STARTS.some((start) => start.test(trimmed))) break;
    if (!trimmed.startsWith(">")) kept.push(trimmed);
  }
  return kept.join("\n").trim();
}

/** Addresses hold dots and question marks that end no sentence. */
const LINK = /\b(?:https?:\/\/|www\.)\S*[^\s.,;:!?)'"]/gi;
const GREETING =
  /^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening)|hallo|guten (?:tag|morgen|abend)|sehr geehrte[rs]?|liebe[r]?|hola|buen[oa]s (?:días|tardes|noches)|estimad[oa]s?|bonjour|bonsoir|cher|chère|madame|monsieur)\b[^.!?\n]{0,60}[,!]?\s*$/i;

/** The sentences of a text in order, without greeting lines. Lines a mail program broke are joined again. */
export function sentencesOf(text: string): string[] {
  const lines = text
    .replace(LINK, "(link)")
    .split(/\n/)
    .map((line) => line.trim())
    .filter((line) => !GREETING.test(line));
  return joinWrapped(lines)
    .flatMap((line) => line.split(SENTENCE_END))
    .map((sentence) => sentence.replace(/\s+/g, " ").trim())
    .filter((sentence) => sentence.length > 1);
}

/** Not after a number: "am 27. November" goes on. */
const SENTENCE_END = /(?<=[!?]|(?<!\d)\.)\s+/;
/** A line this long was most likely broken by a program, not by its writer. */
const WRAPPED_CHARS = 50;

function joinWrapped(lines: readonly string[]): string[] {
  const joined: string[][] = [];
  let last = "";
  for (const line of lines) {
    const goesOn =
      last !== "" && !/[.!?:,]$/.test(last) && (/^\p{Ll}/u.test(line) || last.length >= WRAPPED_CHARS);
    if (goesOn && line !== "") joined.at(-1)?.push(line);
    else joined.push([line]);
    last = line;
  }
  return joined.map((parts) => parts.join(" "));
}
