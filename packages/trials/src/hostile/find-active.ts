import MarkdownIt, { type Token } from "markdown-it";

/**
 * What of a note Obsidian would run, load, hide or dress, judged from outside: by a Markdown parser with
 * everything switched on, by Unicode's own tables, and by Obsidian's syntax written down here anew. It shares
 * nothing with the code that makes text inert.
 */
const markdown = new MarkdownIt({ html: true, linkify: true, breaks: true });
// Obsidian links what names its scheme; a bare "example.com" it leaves alone.
markdown.linkify.set({ fuzzyLink: false });
markdown.linkify.add("//", null);

/** The note's own marks, each of which may stand once. */
const TITLE = "[!quote]- Original, an inert copy (links are disarmed)";
const HEADING = "heading that is not ours";
const HEADINGS = ["Reply (edit here)", "Feedback (only if you reject)"];

/**
 * One sentence for each active element; empty for an inert note.
 * @param isTask false for a plan or a report, which may have headings and is not taken apart by them
 */
export function findActive(note: string, isTask = true): string[] {
  const { front, body } = takeApart(note);
  return [
    ...front.flatMap((line) => judgeWords(line).map((found) => `front matter: ${found}`)),
    ...judgeCharacters(note),
    ...judgeWords(body),
    ...judgeTokens(body).filter((found) => isTask || !found.startsWith(HEADING)),
    ...judgeRoom(body),
  ];
}

export function takeApart(note: string): { front: string[]; body: string } {
  const lines = note.split("\n");
  const end = lines[0] === "---" ? lines.indexOf("---", 1) : -1;
  return end < 0
    ? { front: [], body: note }
    : { front: lines.slice(1, end), body: lines.slice(end + 1).join("\n") };
}

/** Signs that are not seen, by Unicode's own property; emoji and some scripts need a few of them. */
function judgeCharacters(text: string): string[] {
  const found: string[] = [];
  const chars = [...text];
  chars.forEach((char, index) => {
    const code = char.codePointAt(0) ?? 0;
    const before = chars[index - 1] ?? "";
    const isControl = /\p{Cc}/u.test(char) && char !== "\n";
    const isUnseen = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cs}\u2800\u2028\u2029]/u.test(char);
    const isJoiner = code === 0x200c || code === 0x200d;
    const isAllowed =
      (isJoiner && (/[\p{Emoji}\p{Script=Arabic}\u{900}-\u{dff}]/u.test(before) || before === "\u{fe0f}")) ||
      (code >= 0xfe00 && code <= 0xfe0f && /\p{Emoji}/u.test(before)) ||
      // Marks of Arabic numbers are seen.
      (code >= 0x600 && code <= 0x605) ||
      code === 0x6dd ||
      code === 0x70f;
    if (isControl || (isUnseen && !isAllowed)) found.push(`unseen character U+${code.toString(16)}`);
  });
  if (/\p{M}{10}/u.test(text)) found.push("stacked accents");
  return [...new Set(found)];
}

/** Obsidian's and its plugins' own signs, wherever they stand. */
function judgeWords(text: string): string[] {
  const found: string[] = [];
  const has = (sign: string, name: string) => text.includes(sign) && found.push(`${name} (${sign})`);
  has("%%", "comment");
  has("[[", "wiki link or embed");
  has("<%", "Templater");
  has("%>", "Templater");
  has("{{", "template field");
  has("`", "code");
  has("~~~", "code fence");
  has("$$", "formula");
  has("[^", "footnote");
  has("^[", "footnote");
  has("![", "embed");
  const lower = text.toLowerCase();
  for (let at = lower.indexOf("://"); at >= 0; at = lower.indexOf("://", at + 1)) {
    const scheme =
      lower
        .slice(Math.max(0, at - 40), at)
        .split(/[^a-z0-9+.-]/)
        .at(-1) ?? "";
    if (!scheme.endsWith("hxxp") && !scheme.endsWith("hxxps")) found.push(`live link (${scheme}://)`);
  }
  for (const scheme of ["javascript", "vbscript", "data", "file", "obsidian", "vscode", "mailto"]) {
    const parts = lower.split(`${scheme}:`);
    const isLive = (rest: string, index: number) => /^\S/.test(rest) && !/[a-z0-9]$/.test(parts[index] ?? "");
    if (parts.slice(1).some(isLive)) found.push(`live link (${scheme}:)`);
  }
  if (/(?:^|[^a-z0-9])www\.[a-z0-9]/.test(lower)) found.push("live link (www.)");
  for (const line of text.split("\n")) {
    if (/(?:^|[\s>])\^[A-Za-z0-9-]+\s*$/.test(line)) found.push("block id");
    if (/[[(][^[\]()]*::[^[\]()]*[\])]/.test(line)) found.push("inline field");
  }
  for (const piece of text.split("&").slice(1)) {
    const name = `&${piece.slice(0, 40).split(";")[0]};`;
    const isName = /^&[#a-z0-9]+;$/i.test(name) && piece.includes(";");
    if (isName && markdown.utils.unescapeAll(name) !== name) found.push(`character reference (${name})`);
  }
  return found;
}

/** What the parser makes of it. Ours are two headings, the callouts on top, and the copy below. */
function judgeTokens(body: string): string[] {
  const env: { references?: object } = {};
  const tokens = markdown.parse(body, env);
  const found = Object.keys(env.references ?? {}).map((name) => `link definition (${name})`);
  const headings = new Set<string>();
  let depth = 0;
  tokens.forEach((token, index) => {
    const content = tokens[index + 1]?.content ?? "";
    if (token.type === "blockquote_open") depth += 1;
    if (token.type === "blockquote_close") depth -= 1;
    if (["fence", "code_block", "html_block", "table_open"].includes(token.type)) found.push(token.type);
    if (token.type === "heading_open") {
      const isOurs = depth === 0 && token.tag === "h2" && token.markup === "##" && HEADINGS.includes(content);
      if (!isOurs || headings.has(content)) found.push(`${HEADING} (${content.slice(0, 40)})`);
      headings.add(content);
    }
    if (token.type !== "inline") return;
    found.push(...judgeInline(token), ...judgeMath(token.content));
    if (tokens[index - 1]?.type !== "heading_open" && saysOurWords(token.content)) found.push("forged mark");
  });
  return [...found, ...judgeCallouts(tokens)];
}

/** The words of our headings outside of them, in bold for instance. */
function saysOurWords(content: string): boolean {
  const letters = content.normalize("NFKC").toLowerCase().replace(/\P{L}/gu, "");
  return letters.includes("replyedithere") || letters.includes("feedbackonlyifyoureject");
}

function judgeInline(token: Token): string[] {
  return (token.children ?? []).flatMap((child) => {
    if (child.type === "link_open") {
      const href = String(child.attrGet("href") ?? "");
      // An address is a fact the owner needs, and it loads nothing.
      return href.startsWith("mailto:") ? [] : [`link (${href.slice(0, 60)})`];
    }
    return ["image", "html_inline", "code_inline"].includes(child.type) ? [child.type] : [];
  });
}

/** One `$` opens before a word, the next closes after one and before no digit. */
function judgeMath(content: string): string[] {
  const signs = [...content.matchAll(/\$/g)].map(({ index }) => index);
  const isOpen = (at: number) => /\S/.test(content[at + 1] ?? " ");
  const isClose = (at: number) => /\S/.test(content[at - 1] ?? " ") && !/\d/.test(content[at + 1] ?? "");
  const pair = signs.some((at, index) => {
    const next = signs[index + 1];
    return next !== undefined && next > at + 1 && isOpen(at) && isClose(next);
  });
  return pair ? ["formula"] : [];
}

/** A quote whose first words are `[!...]` is a callout. */
function judgeCallouts(tokens: readonly Token[]): string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  let level = 0;
  let headings = 0;
  tokens.forEach((token, index) => {
    if (token.type === "heading_open") headings += 1;
    if (token.type === "blockquote_open") level += 1;
    if (token.type === "blockquote_close") level -= 1;
    if (token.type !== "inline") return;
    for (const [lineNumber, line] of token.content.split("\n").entries()) {
      const mark = /^\s*\[!([^\]]*)\]([-+]?)/.exec(line);
      if (!mark) continue;
      const isFirst = lineNumber === 0 && tokens[index - 2]?.type === "blockquote_open";
      const kind = line === TITLE ? "quote" : /^\[!(todo|warning)\] \S/.exec(line)?.[1];
      const isInPlace = kind === "quote" ? headings !== 1 : headings === 0;
      if (!isFirst || level !== 1 || kind === undefined || seen.has(kind) || !isInPlace)
        found.push(`callout that is not ours (${line.slice(0, 50)})`);
      if (kind !== undefined) seen.add(kind);
    }
  });
  return found;
}

/** Words far to the right or far below are out of sight. */
function judgeRoom(body: string): string[] {
  const found: string[] = [];
  if (/\n(?:[\s>]*\n){5}/.test(body)) found.push("text pushed far down");
  if (/\S\s{40,}\S/.test(body)) found.push("text pushed far aside");
  return found;
}
