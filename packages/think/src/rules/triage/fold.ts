/* eslint-disable no-misleading-character-class -- these characters are what is looked for */
const INVISIBLE =
  /[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u{e0000}-\u{e007f}]/gu;
/* eslint-enable no-misleading-character-class */

/** Lower-case, without accents, invisible letters and typographic quotes: what the cue lists are written in. */
export function fold(text: string): string {
  return text
    .replace(INVISIBLE, "")
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .replaceAll("ß", "ss")
    .replace(/[‘’`´ʼ]/g, "'")
    .replace(/[“”„«»]/g, '"');
}

/** Letters a reader does not see; some hide words from filters with them. */
export function countInvisible(text: string): number {
  return text.match(INVISIBLE)?.length ?? 0;
}

/**
 * One pattern from lists of phrases, in folded letters, separated by `|`. `~` stands for the rest of a word,
 * so that one entry takes the endings of German and the Romance languages.
 */
export function phrases(...lists: string[]): RegExp {
  const alternatives = lists.join("|").replaceAll("~", "[a-z]{0,14}").replace(/\s+/g, " ");
  return new RegExp(`(?<![a-z0-9])(?:${alternatives})(?![a-z0-9])`);
}
