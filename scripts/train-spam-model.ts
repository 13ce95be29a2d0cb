import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { toMailInput } from "../packages/cloud-agent/src/index.ts";
import { createMailDecoder } from "../packages/email-mcp/src/index.ts";
import { hashWord, readJunkFeatures, readWords } from "../packages/think/src/rules/triage/junk-features.ts";
import { isSpamBy, scoreSpamCues } from "../packages/think/src/rules/triage/judge-junk.ts";
import { guessLanguage } from "../packages/think/src/rules/language.ts";
import { guardPoints } from "../packages/think/src/rules/triage/spam-model.ts";
import { readFacts } from "../packages/think/src/rules/triage/read-facts.ts";

/**
 * Makes packages/think/data/spam-model/model.json anew: logistic regression over words, word pairs and some of
 * the named features. `--corpus` is the folder with easy-ham-1, easy-ham-2, hard-ham-1, spam-1 and spam-2 of the
 * SpamAssassin public corpus, one raw mail per .txt file. Only the half whose SHA-256 begins with a byte under
 * 128 is read. The same corpus gives the same model: nothing is random.
 */
interface Example {
  words: string[];
  features: Record<string, number>;
  isSpam: boolean;
  weight: number;
  /** What the guards of spam-model.ts add when it is judged. */
  guard: number;
  /** What the cues say, which are set by hand. */
  cues: number;
}
interface Model {
  words: Map<string, number>;
  features: Map<string, number>;
  bias: number;
}

const GROUPS: readonly (readonly [folder: string, isSpam: boolean, weight: number])[] = [
  ["easy-ham-1", false, 1],
  ["easy-ham-2", false, 1],
  // Rare in the corpus, frequent in life: newsletters and notices that look like spam.
  ["hard-ham-1", false, 10],
  ["spam-1", true, 1],
  ["spam-2", true, 1],
];
/** What is of the corpus's years or of its mailing lists, or says nothing in mail of today. */
const LEFT_OUT =
  /^(?:spf|dkim|dmarc|auth)_|brand|fake_reply|reply_|in_thread|name_is|has_link|plain_http|many_links|foreign_links|own_links|html_|random_|page_|unproven|mixed_words|random_sender|short_with|no_message_id|emoji/;
/** Names of the corpus's lists and of their members. */
const LEFT_OUT_WORDS =
  /^(?:s:)?(?:.*\b(?:spamassassin|spamassasin|sa|satalk|sadev|fork|ilug|exmh|razor|zzzz\w*|rpms?|sourceforge|yahoogroups|yahoo|jm|taint|netnoteinc|irish|ireland|dublin|linux|perl|debian|cnet|lockergnome|xent|spambayes|osdn|freshrpms|gentoo|freebsd|iiu|rh|url|date|supplied|null|\w*deathtospam\w*|justin|dave|users|headlines|digest|authorization|folder|writes|wrote|apt|cell|tired|re|fwd|fw|tel|fax|ps|nc|subject|nbsp|font|html)\b.*)$/;
const ENGLISH = /(?:\b(?:the|and|to|of|you|is|this|for|a|in)\b.{0,200}){4}/;
/** Words of any business letter. The corpus's ham is talk among programmers, so it takes them for spam. */
const ORDINARY =
  /^(?:s:)?(?:.*\b(?:hotels?|resorts?|rooms?|movies?|energy|equipment|recruiters?|job|women|art|regards|sincerely|reply|call|contact|interested|trade|professionals?|immediately|important|ij|ge|ve|looking|quote|order|orders|invoice|delivery|customer|customers|agent|classified|federal|assistance|developing|seeking|meet|fill|important|safe|major|communication|website|business|company|office|service|services|appointment|meeting|information|attached|attachment|payment|bank|account|telephone|mobile|email|e-mail|mail|dear|sir|madam|mr|mrs|ms|s:your|s:you)\b.*)$/;
const MIN_DOCUMENTS = 4;
const MAX_WORDS = 16_000;
const SMOOTHING = 30;
const EPOCHS = 30;
const L2 = 2e-5;

const { values } = parseArgs({
  options: { corpus: { type: "string" }, out: { type: "string" }, top: { type: "string" } },
});
if (values.corpus === undefined) throw new Error("--corpus FOLDER is missing");
const examples = await readCorpus(values.corpus);
crossCheck(examples);
const model = train(examples, chooseWords(examples));
report(model, Number(values.top ?? "40"));
writeFileSync(
  values.out ?? join(import.meta.dirname, "../packages/think/data/spam-model/model.json"),
  `${JSON.stringify(pack(model), null, 2)}\n`,
);

async function readCorpus(folder: string): Promise<Example[]> {
  const decoder = createMailDecoder();
  const read: Example[] = [];
  for (const [group, isSpam, weight] of GROUPS) {
    const files = readdirSync(join(folder, group))
      .filter((name) => name.endsWith(".txt"))
      .toSorted();
    for (const file of files) {
      const raw = readFileSync(join(folder, group, file));
      if ((createHash("sha256").update(raw).digest()[0] ?? 255) >= 128) continue;
      const decoded = await decoder.decode(raw);
      const mail = toMailInput({ ...decoded, received_at: "2020-01-01T00:00:00.000Z" });
      const facts = readFacts(mail, "");
      // Foreign spam beside English ham would teach that foreign words are spam.
      if (guessLanguage(facts.text) !== "en" || !ENGLISH.test(facts.text)) continue;
      const words = [...readWords(mail.subject, facts.text)].filter(
        (word) => !LEFT_OUT_WORDS.test(word) && !ORDINARY.test(word),
      );
      const found = readJunkFeatures(mail, facts);
      const features = Object.fromEntries(Object.entries(found).filter(([name]) => !LEFT_OUT.test(name)));
      read.push({ words, features, isSpam, weight, guard: guardPoints(found), cues: scoreSpamCues(found) });
    }
    process.stdout.write(`${basename(folder)}/${group}: ${read.length} mails so far\n`);
  }
  decoder.close();
  return read;
}

/** Words of enough mails; of too many of them those that tell the two kinds apart best. */
function chooseWords(all: readonly Example[]): Set<string> {
  const counts = new Map<string, [ham: number, spam: number]>();
  for (const { words, isSpam } of all) {
    for (const word of words) {
      const count = counts.get(word) ?? [0, 0];
      count[isSpam ? 1 : 0] += 1;
      counts.set(word, count);
    }
  }
  const [hams, spams] = [all.filter((one) => !one.isSpam).length, all.filter((one) => one.isSpam).length];
  const tells = ([ham, spam]: [number, number]) =>
    Math.abs(Math.log((spam + 1) / spams) - Math.log((ham + 1) / hams)) * Math.sqrt(ham + spam);
  const enough = [...counts].filter(([, [ham, spam]]) => ham + spam >= MIN_DOCUMENTS);
  return new Set(
    enough
      .toSorted((a, b) => tells(b[1]) - tells(a[1]))
      .slice(0, MAX_WORDS)
      .map(([word]) => word),
  );
}

/** Stochastic gradient descent with AdaGrad, in an order made of a fixed seed. */
function train(all: readonly Example[], vocabulary: ReadonlySet<string>): Model {
  const trained: Model = { words: new Map(), features: new Map(), bias: -1 };
  const grades = new Map<string, number>();
  const step = (key: string, gradient: number) => {
    const sum = (grades.get(key) ?? 1e-2) + gradient * gradient;
    grades.set(key, sum);
    return (0.5 * gradient) / Math.sqrt(sum);
  };
  const order = all
    .map((_, at) => ({ at, key: Math.imul(at + 1, 2_654_435_761) >>> 0 }))
    .toSorted((a, b) => a.key - b.key);
  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    for (const { at } of order) {
      const example = all[at];
      if (!example) continue;
      const words = example.words.filter((word) => vocabulary.has(word));
      const x = 1 / Math.sqrt(example.words.length + SMOOTHING);
      const error =
        (1 / (1 + Math.exp(-score(trained, words, example.features, x))) - (example.isSpam ? 1 : 0)) *
        example.weight;
      trained.bias -= step("bias", error);
      for (const word of words) {
        const before = trained.words.get(word) ?? 0;
        trained.words.set(word, before - step(word, error * x + L2 * before));
      }
      for (const [name, value] of Object.entries(example.features)) {
        if (value === 0) continue;
        const before = trained.features.get(name) ?? 0;
        // These are signs of spam; where the corpus says otherwise it is by chance.
        trained.features.set(name, Math.max(0, before - step(`f:${name}`, error * value + 20 * L2 * before)));
      }
    }
  }
  return trained;
}

/** Two halves of the training half, each judged by a model of the other: what SPAM_WORDS_POINTS is set by. */
function crossCheck(all: readonly Example[]): void {
  const scored: { example: Example; points: number }[] = [];
  for (const fold of [0, 1]) {
    const others = all.filter((_, at) => at % 2 !== fold);
    const vocabulary = chooseWords(others);
    const other = train(others, vocabulary);
    for (const example of all.filter((_, at) => at % 2 === fold)) {
      const x = 1 / Math.sqrt(example.words.length + SMOOTHING);
      scored.push({ example, points: score(other, example.words, example.features, x) + example.guard });
    }
  }
  const show = (rule: string, isCaught: (points: number, cues: number) => boolean) => {
    const share = (kind: (one: Example) => boolean) => {
      const these = scored.filter(({ example }) => kind(example));
      const caught = these.filter(({ example, points }) => isCaught(points, example.cues)).length;
      return `${((caught / these.length) * 100).toFixed(2)} %`;
    };
    process.stdout.write(
      `${rule}: spam ${share((one) => one.isSpam)}, easy ham ${share((one) => !one.isSpam && one.weight === 1)}, hard ham ${share((one) => one.weight > 1)}\n`,
    );
  };
  for (const least of [0, 1, 2, 2.5, 3, 3.5, 4]) show(`words at ${least}`, (points) => points >= least);
  show("words and cues as judged", (points, cues) => isSpamBy(cues, points));
}

function score(model: Model, words: readonly string[], features: Record<string, number>, x: number): number {
  let sum = model.bias;
  for (const word of words) sum += (model.words.get(word) ?? 0) * x;
  for (const [name, value] of Object.entries(features)) sum += (model.features.get(name) ?? 0) * value;
  return sum;
}

/** Hashes in order with one byte each; no word of the corpus is in the file. */
function pack(model: Model) {
  const largest = Math.max(...[...model.words.values()].map(Math.abs));
  const scale = largest / 127;
  const entries = new Map(
    [...model.words].map(([word, weight]) => [hashWord(word), Math.round(weight / scale)]),
  );
  const sorted = [...entries].toSorted((a, b) => a[0] - b[0]);
  return {
    hashes: Buffer.from(new Uint32Array(sorted.map(([hash]) => hash)).buffer).toString("base64"),
    weights: Buffer.from(new Int8Array(sorted.map(([, weight]) => weight)).buffer).toString("base64"),
    scale,
    bias: model.bias,
    smoothing: SMOOTHING,
    features: Object.fromEntries(
      [...model.features].map(([name, weight]) => [name, Math.round(weight * 1000) / 1000]),
    ),
  };
}

/** The strongest of both sides, to be read by a person: nothing of the corpus's own must be among them. */
function report(model: Model, count: number): void {
  const sorted = [...model.words].toSorted((a, b) => b[1] - a[1]);
  const show = (part: [string, number][]) =>
    part.map(([word, weight]) => `${word} ${weight.toFixed(1)}`).join(", ");
  process.stdout.write(
    `spam: ${show(sorted.slice(0, count))}\n\nham: ${show(sorted.slice(-count).toReversed())}\n\n`,
  );
  process.stdout.write(`features: ${show([...model.features].toSorted((a, b) => b[1] - a[1]))}\n`);
}
