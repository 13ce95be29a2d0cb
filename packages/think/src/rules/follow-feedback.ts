import type { Language } from "./language.ts";

/** What a template can make of the owner's feedback. */
export interface Followed {
  /** Words to write in place of the template's own; empty when there are none. */
  say: string;
  language: Language | null;
  /** What no template can do, in the owner's words; it stands in the draft as a gap. */
  open: string;
  /** For the owner, one sentence each. */
  remarks: string[];
}

const LANGUAGES: readonly (readonly [Language, RegExp])[] = [
  [
    "en",
    /^(?:please )?(?:(?:write|answer|reply)(?: it)? )?(?:in english|auf englisch|en inglés|en anglais)\W*$/iu,
  ],
  [
    "de",
    /^(?:please )?(?:(?:write|answer|reply)(?: it)? )?(?:in german|auf deutsch|en alemán|en allemand)\W*$/iu,
  ],
  [
    "es",
    /^(?:please )?(?:(?:write|answer|reply)(?: it)? )?(?:in spanish|auf spanisch|en español|en espagnol)\W*$/iu,
  ],
  [
    "fr",
    /^(?:please )?(?:(?:write|answer|reply)(?: it)? )?(?:in french|auf französisch|en francés|en français)\W*$/iu,
  ],
];
/**
 * `Say: ...`, `Tell her that ...`: what follows is meant to be written as it stands. A German "dass"
 * clause has its verb at the end and cannot stand alone, so it is not among them.
 */
const SAY =
  /^(?:please |bitte )?(?:say|write|answer|reply|tell (?:him|her|them)|schreib(?:e|en sie)?|sag(?:e|en sie)?|antworte(?:n sie)?)(?: (?:him|her|them|ihm|ihr|ihnen))?(?:\s*:\s*|,? that |\s+(?=["“„«]))(.+)$/isu;
/** Nothing but a quotation is meant to be written too. */
const QUOTED = /^["“„«](.+)["”“»]$/su;
const MAX_OPEN_CHARS = 300;

/** Line by line, so that "Say: ..." and "in German" may stand beside each other. */
export function followFeedback(feedback: string): Followed {
  const said: string[] = [];
  const open: string[] = [];
  let language: Language | null = null;
  for (const line of feedback.split("\n").map((one) => one.trim())) {
    if (line === "") continue;
    const asked = LANGUAGES.find(([, pattern]) => pattern.test(line))?.[0];
    const words = QUOTED.exec(line)?.[1] ?? unquote(SAY.exec(line)?.[1] ?? "");
    if (asked !== undefined) language = asked;
    else if (words !== "") said.push(toSentence(words));
    else open.push(line);
  }
  return {
    say: said.join("\n"),
    language,
    // A bracket would end the gap early.
    open: open.join(" ").replace(/[[\]]/g, "").slice(0, MAX_OPEN_CHARS).toWellFormed(),
    remarks: remarksOf(said.length > 0, language !== null, open.length > 0),
  };
}

function remarksOf(hasSaid: boolean, hasLanguage: boolean, hasOpen: boolean): string[] {
  const done = [...(hasSaid ? ["your own words"] : []), ...(hasLanguage ? ["the language"] : [])];
  const remarks =
    done.length === 0 ? [] : [`The built-in template took ${done.join(" and ")} from your feedback.`];
  if (hasOpen)
    remarks.push(
      "The built-in template cannot rewrite a text: the rest of your feedback stands in the draft as a gap, to fill in before you approve.",
    );
  return remarks;
}

function unquote(text: string): string {
  return (QUOTED.exec(text.trim())?.[1] ?? text).trim();
}

function toSentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]["”»]?$/u.test(first) ? first : `${first}.`;
}
