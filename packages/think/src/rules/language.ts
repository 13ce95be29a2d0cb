export type Language = "en" | "de" | "es" | "fr";

/** Words that are frequent in one of the four and rare in the others. */
const CUES: Readonly<Record<Language, RegExp>> = {
  en: /\b(the|and|you|your|please|thanks|thank|could|would|with|have|are|this|hello|regards)\b/gi,
  de: /\b(und|der|die|das|ich|sie|wir|nicht|bitte|danke|ist|für|mit|können|könnten|ihre?|hallo|grüße|geehrte[rs]?|freundlichen)\b/gi,
  es: /\b(el|los|las|que|por|para|usted|gracias|hola|buenos|buenas|favor|podría|puede|saludos|estimad[oa]|con|una)\b/gi,
  fr: /\b(le|les|des|vous|nous|bonjour|merci|pour|avec|pouvez|pourriez|est|votre|cordialement|une|dans)\b/gi,
};

/** The language a text is most likely in; English when it says too little. */
export function guessLanguage(text: string): Language {
  // Enough to tell; a hostile mail of megabytes costs nothing.
  const sample = text.slice(0, 4000);
  let best: Language = "en";
  let bestCount = 1;
  for (const language of ["en", "de", "es", "fr"] as const) {
    const count = sample.match(CUES[language])?.length ?? 0;
    if (count > bestCount) [best, bestCount] = [language, count];
  }
  return best;
}
