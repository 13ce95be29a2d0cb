import { z } from "zod";
import { FOLDERS } from "./vault-paths.ts";

/** A longer text is cut: the beginning of a mail shows how its owner writes. */
export const MAX_LEARNING_CHARS = 8_000;

const text = z.string().max(MAX_LEARNING_CHARS);

/**
 * What the owner made of one draft. Written by the laptop alone, one line each, into
 * `Logs/local/learning-<date>.jsonl`; the cloud's drafting reads it. It holds only what the vault's own
 * notes hold, and no text in which a secret was found.
 */
const learningSchema = z.strictObject({
  v: z.literal(1),
  at: z.iso.datetime(),
  /** One decision has one key: a line with it is not written twice. */
  key: z.string().max(120),
  id: z.string(),
  rev: z.int(),
  kind: z.string().max(40),
  category: z.string().max(1000).nullable(),
  /** Who it goes to, in lower case. */
  contacts: z.array(z.string().max(254)).max(20),
  mode: z.enum(["live", "dry_run"]),
  /** `question`: the draft held a gap, and the owner filled it. */
  outcome: z.enum(["sent_unchanged", "edited", "rejected", "question"]),
  /** SHA-256 of the text as the owner left it. */
  text_sha256: z.string(),
  /** The text as it was first put before the owner; null when it is not known or was left out. */
  drafted: text.nullable(),
  /** The text as the owner approved or rejected it; null when it is the drafted one, or was left out. */
  final: text.nullable(),
  /** The owner's reason for a rejection. */
  feedback: z.string().max(4_000),
  /** Why a text or the reason is missing or shorter than it was. */
  left_out: z.enum(["secret", "too_long", "full"]).nullable(),
});
export type LearningRecord = z.infer<typeof learningSchema>;

const FOLDER = `${FOLDERS.logs}/local`;
const FILE = /^learning-\d{4}-\d{2}-\d{2}\.jsonl$/;

/** One file a day: every line added makes the whole file travel once more. */
export function learningPath(at: string): string {
  return `${FOLDER}/learning-${at.slice(0, 10)}.jsonl`;
}

/** The record as one line of JSON, newline included. */
export function learningLine(record: LearningRecord): string {
  return `${JSON.stringify(learningSchema.parse(record))}\n`;
}

/** The paths of all such files, newest first. */
export async function listLearning(files: { list(folder: string): Promise<string[]> }): Promise<string[]> {
  const names = (await files.list(FOLDER)).filter((name) => FILE.test(name));
  return names
    .toSorted()
    .toReversed()
    .map((name) => `${FOLDER}/${name}`);
}

/** The records of a file's text, oldest first. Lines that are torn, or of a later version, are left out. */
export function parseLearning(source: string): LearningRecord[] {
  return source.split("\n").flatMap((line) => {
    try {
      const parsed = learningSchema.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}
