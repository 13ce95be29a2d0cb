import model from "../../../data/spam-model/model.json" with { type: "json" };
import { hashWord, type JunkFeatures } from "./junk-features.ts";

/** Below this share of known words the text is in another language, and the model has nothing to say. */
const MIN_KNOWN_SHARE = 0.35;
const NOTHING = -9;

const hashes = new Uint32Array(bytesOf(model.hashes).buffer);
const weights = new Int8Array(bytesOf(model.weights).buffer);
const features = Object.entries(model.features);

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(base64, "base64");
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}

/** What the corpus's years or lists would teach wrongly, set by hand: a newsletter links to its own sender. */
const GUARDS: Readonly<Record<string, number>> = {
  own_links: -2,
  many_links: -1.5,
  in_thread: -2,
  brand_at_home: -1,
};

export function guardPoints(found: JunkFeatures): number {
  return Object.entries(GUARDS).reduce((sum, [name, points]) => sum + (found[name] ?? 0) * points, 0);
}

/** Log odds of spam by a linear model of English words; how it was made stands in data/spam-model/README.md. */
export function scoreSpamWords(words: ReadonlySet<string>, found: JunkFeatures): number {
  let sum = 0;
  let singles = 0;
  let known = 0;
  for (const word of words) {
    const at = find(hashWord(word));
    if (!word.includes(" ")) {
      singles += 1;
      if (at !== -1) known += 1;
    }
    if (at !== -1) sum += (weights[at] ?? 0) * model.scale;
  }
  if (singles < 5 || known / singles < MIN_KNOWN_SHARE) return NOTHING;
  const dense = features.reduce((total, [name, weight]) => total + (found[name] ?? 0) * weight, 0);
  return guardPoints(found) + model.bias + dense + sum / Math.sqrt(words.size + model.smoothing);
}

/** Its place in the sorted hashes, or -1. */
function find(hash: number): number {
  let low = 0;
  let high = hashes.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const value = hashes[middle] ?? 0;
    if (value === hash) return middle;
    if (value < hash) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
