import { canonicalJson, sha256Hex } from "./canonical-json.ts";
import type { Kinds } from "./channel.ts";
import { fail } from "./errors.ts";
import type { TaskFields, TaskNote } from "./task-note.ts";

/** What would be done: the whole meaning of an approval. */
export interface Payload {
  tool: string;
  args: Record<string, unknown>;
  /** SHA-256 of the canonical arguments; the receipt carries it. */
  sha256: string;
}

/** What a note would do. Throws PAYLOAD_INCOMPLETE for a note without an action. */
export function payloadOf(note: TaskNote, kinds: Kinds): Payload {
  const action = kinds.get(note.fields.kind)?.action;
  if (!action || note.text === null) {
    throw fail("PAYLOAD_INCOMPLETE", "There is nothing in this note that could be carried out yet.");
  }
  const args = action.toArgs(note.fields, note.text);
  return { tool: action.tool, args, sha256: sha256Hex(canonicalJson(args)) };
}

/** The inverse: a note that does exactly `args`, with everything else taken from `base`. */
export function noteFromPayload(
  payload: Pick<Payload, "args">,
  base: { fields: TaskFields; feedback?: string; original: string },
  kinds: Kinds,
): TaskNote {
  const action = kinds.get(base.fields.kind)?.action;
  if (!action) throw fail("PAYLOAD_INCOMPLETE", `Notes of kind ${base.fields.kind} hold no action.`);
  const { fields, text } = action.fromArgs(payload.args);
  return {
    fields: { ...base.fields, ...fields },
    text,
    feedback: base.feedback ?? "",
    original: base.original,
  };
}

/** What a gap asks for, in the languages drafts are written in. Whole words: "[Dateien]" is no gap. */
const ASKED_FOR =
  "gap|todo|tbd|name|vorname|nachname|firstname|lastname|company|date|time|price|amount|sum|number|address|phone|email|subject|insert|fill|xx+" +
  "|lücke|anrede|firma|firmenname|datum|uhrzeit|termin|preis|betrag|summe|nummer|anschrift|adresse|telefon|telefonnummer|betreff|offen" +
  "|nom|prénom|société|entreprise|heure|prix|montant|somme|numéro|téléphone|objet|délai" +
  "|nombre|apellido|apellidos|empresa|fecha|hora|precio|importe|cantidad|número|dirección|teléfono|asunto|plazo";
/** Words of asking to fill in, wherever they stand between brackets. */
const FILL_IN =
  "insert|fill in|fill out|to fill|to be filled|to be confirmed|please add|enter" +
  "|einfügen|einsetzen|eintragen|ergänzen|ausfüllen|angeben|nachtragen|einzufügen|einzusetzen|einzutragen|zu ergänzen|auszufüllen" +
  "|insérer|indiquer|compléter|remplir|préciser|renseigner|ajouter" +
  "|insertar|inserte|indicar|indique|completar|complete|rellenar|rellene|añadir|introducir|introduzca|escribir";
const OWNERS =
  "your|my|our|ihr|ihre|ihren|ihrem|dein|deine|mein|meine|unser|unsere|votre|vos|mon|ma|mes|notre|tu|su|sus|mi|nuestro|nuestra";

/**
 * Marks of an unfinished draft: a gap the owner must fill before anything is sent. No gap is longer than a few
 * hundred characters; without that bound, 64 KB of brackets keep the program busy for nine seconds.
 */
const PLACEHOLDERS = [
  // The second form is what `neutralise` makes of the first; the same for those below.
  /\[ ?\[[^\]\n]{0,300}\]\]/,
  /\{ ?\{[^}\n]{0,300}\}\}/,
  new RegExp(
    `[[{]\\s?(?:(?:${OWNERS})\\s+\\p{L}|(?:${ASKED_FOR})(?![\\p{L}\\p{N}]))[^\\]}\\n]{0,300}[\\]}](?!\\()`,
    "iu",
  ),
  // A link's words stand in brackets too, and its address follows.
  new RegExp(
    `[[{](?:[^\\]}()\\n]{0,60}[^\\p{L}\\]}()\\n])?(?:${FILL_IN})(?!\\p{L})[^\\]}\\n]{0,60}[\\]}](?!\\()`,
    "iu",
  ),
  // In round ones only what can mean nothing else: people write "(please add 19 % VAT)".
  /\((?:(?:please|bitte)\s)?(?:insert|einfügen|einsetzen|insérer|insertar)(?!\p{L})[^)\n]{0,60}\)/iu,
  /\([^()\n]{0,40}\s(?:einfügen|einsetzen|einzufügen|einzusetzen|ausfüllen)\)/iu,
  /\bTODO\b|\bTBD\b|\bXXX+\b/,
  // Not what brackets an address, and not a Swiss ‹quotation›.
  /‹[A-Za-z][^@:/‹›>\n]{0,60}>/,
  // A longer one is a ruled line, as Outlook puts one above what it quotes.
  /(?<!_)_{4,19}(?!_)/,
];

/** The first placeholder left in a text; null when there is none. */
export function findPlaceholder(text: string): string | null {
  for (const pattern of PLACEHOLDERS) {
    const match = pattern.exec(text);
    if (match) return match[0];
  }
  return null;
}
