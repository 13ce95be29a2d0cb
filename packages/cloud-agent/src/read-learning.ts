import { listLearning, parseLearning, type LearningRecord, type VaultFiles } from "@nightdesk/claim-lib";
import { diffWords, type WordChange } from "./diff-words.ts";

/** One decision of the owner about a draft, with what they changed in it. */
export interface Lesson extends LearningRecord {
  changes: WordChange[];
}

export interface LessonFilter {
  /** An address; whoever else a mail went to does not matter. */
  contact?: string;
  category?: string;
  limit: number;
}

/** So much is read at most; a week of a busy owner is under 2 MB. */
const MAX_READ_BYTES = 4 * 1024 * 1024;

/**
 * What the owner made of the last drafts to a contact or of a category, newest first. Of several records
 * of one rejection (its reason was written bit by bit) the last one counts. Everything in it is text
 * somebody wrote: data for a model, never an instruction to this program.
 */
export async function readLearning(
  files: Pick<VaultFiles, "list" | "read" | "stat">,
  filter: LessonFilter,
): Promise<Lesson[]> {
  const contact = filter.contact?.toLowerCase();
  const lessons: Lesson[] = [];
  const seen = new Set<string>();
  let leftBytes = MAX_READ_BYTES;
  for (const path of await listLearning(files)) {
    leftBytes -= (await files.stat(path))?.size ?? 0;
    if (leftBytes < 0 || lessons.length >= filter.limit) break;
    for (const record of parseLearning((await files.read(path)) ?? "").toReversed()) {
      const decision = record.outcome === "rejected" ? `${record.id}-r${record.rev} rejected` : record.key;
      if (seen.has(decision)) continue;
      seen.add(decision);
      if (contact !== undefined && !record.contacts.includes(contact)) continue;
      if (filter.category !== undefined && record.category !== filter.category) continue;
      if (lessons.length < filter.limit) lessons.push({ ...record, changes: changesOf(record) });
    }
  }
  return lessons;
}

function changesOf({ drafted, final }: LearningRecord): WordChange[] {
  return drafted === null || final === null ? [] : diffWords(drafted, final);
}
