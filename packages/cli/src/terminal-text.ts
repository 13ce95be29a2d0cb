/**
 * Text from outside, made safe to print: nothing in it moves the cursor, colours, hides or reorders what
 * stands beside it. Control characters (C0, C1, DEL), bidi and zero-width characters, line separators, tags,
 * private and broken characters become a visible mark.
 */
function toTerminalText(text: string): string {
  return text.toWellFormed().replace(UNPRINTABLE, "\u00b7");
}

/** The same on one line. */
export function toTerminalLine(text: string): string {
  return toTerminalText(text.replace(/\s+/gu, " ").trim());
}

/** JSON leaves C1, bidi and the like as they are; as escapes they mean the same to a program and nothing to a terminal. */
export function toTerminalJson(value: unknown): string {
  return JSON.stringify(value).replace(UNPRINTABLE, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}

// A joiner between two parts of an emoji is the one such character people see; it is not worth an exception here.
const UNPRINTABLE = /(?!\n)[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0\u2800]/gu;
