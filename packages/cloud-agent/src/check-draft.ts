import { findPlaceholder, neutralise, toDraftText } from "@nightdesk/claim-lib";

export interface CheckedDraft {
  text: string;
  /** One sentence for each kind of thing that was taken out or is missing. */
  remarks: string[];
}

export interface DraftFacts {
  /** Subject and text of the mail that is answered: amounts may be repeated from there. */
  mailText: string;
  /** Addresses of the conversation and the owner: these may be named. */
  knownAddresses: readonly string[];
}

/** Words as links are cut out of them: up to a space, a quote or a bracket. */
const WORD = /[^\s,;()<>"“”„«»‹›|]+/gu;
/** `[:]` is what the neutraliser makes of a link's colon. */
const LINK = /:\/\/|\[:\]|^www\./i;
const HOST = /^(?:[\p{L}\p{N}-]{1,63}\.)+(?<top>\p{L}{2,63})$/u;
/** Ends of names that mail programs turn into links by themselves. */
const TOP_DOMAINS = new Set(
  (
    "com net org info biz io co eu de at ch li fr es pt it nl be lu pl cz se dk no fi ie uk us ca au nz jp br mx in ru ua cn hk tr za " +
    "me tv ly gl gg ai to cc ws xyz top site online website shop store app dev link click live club pro vip icu zip mov page cloud " +
    "pay bank finance money work world today digital agency email host space fun art"
  ).split(" "),
);

const CURRENCY = String.raw`(?:[€$＄£¥]|\b(?:EUR|USD|GBP|CHF|PLN|SEK|euros?|dollars?|pounds?|Franken)\b)`;
const NUMBER = String.raw`\d[\d.,'’  ]{0,20}\d|\d`;
const AMOUNT = new RegExp(`${CURRENCY}\\s?(?:${NUMBER})|(?:${NUMBER})\\s?${CURRENCY}`, "giu");
const IBAN = /\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?\b/g;

/**
 * A model's text as it may stand in the note. Links, addresses outside the conversation, account
 * numbers and amounts that the mail does not name never come from a model: a mail that talks it into
 * one gets nowhere. Missing amounts become gaps, which the laptop refuses to send unfilled.
 */
export function checkDraft(draft: string, facts: DraftFacts): CheckedDraft {
  const remarks = new Set<string>();
  const known = new Set(facts.knownAddresses.map((address) => address.toLowerCase()));
  const domains = new Set([...known].map((address) => address.split("@")[1] ?? ""));
  const amounts = new Set((facts.mailText.match(new RegExp(NUMBER, "g")) ?? []).map(digitsOf));
  const text = neutralise(draft)
    .replace(WORD, (found) => {
      const bare = found.replace(/[.:!?'’]+$/, "");
      if (!isReachable(bare) || known.has(bare.toLowerCase()) || domains.has(bare.toLowerCase()))
        return found;
      remarks.add(`The draft named ${bare.includes("@") ? "a mail address" : "a link"}, which was left out.`);
      return `(left out)${found.slice(bare.length)}`;
    })
    .replace(IBAN, () => {
      remarks.add("The draft named an account number; fill it in yourself.");
      return "[insert account number]";
    })
    .replace(AMOUNT, (found) => {
      if (amounts.has(digitsOf(found))) return found;
      remarks.add("The draft named an amount that is not in the mail; fill it in yourself.");
      return "[amount to fill in]";
    })
    .split("\n")
    // A heading could pass for one of the note's own.
    .map((line) => line.replace(/^\s*#{1,6}\s+/, "").trimEnd())
    .join("\n");
  const clean = toDraftText(text).trim();
  const gap = findPlaceholder(clean);
  if (gap !== null && remarks.size === 0) remarks.add(`Fill in ${gap} before you approve.`);
  return { text: clean, remarks: [...remarks] };
}

/** True for what a reader could click: an address, a link, or a name that becomes one. */
function isReachable(word: string): boolean {
  if (LINK.test(word) || /@[^@]*\./.test(word)) return true;
  return word.split(/[:/?#=&\\]/).some((piece, index, pieces) => {
    const top = HOST.exec(piece)?.groups?.["top"];
    if (top === undefined) return false;
    // "today.In case" lacks a space and is no link; what goes on with a path always is.
    const isName = top === top.toLowerCase() || piece === piece.toUpperCase();
    return (isName && TOP_DOMAINS.has(top.toLowerCase())) || index < pieces.length - 1;
  });
}

function digitsOf(text: string): string {
  return text.replace(/\D/g, "");
}
