import {
  findPlaceholder,
  learningLine,
  learningPath,
  listLearning,
  MAX_LEARNING_CHARS,
  parseLearning,
  sha256Hex,
  type LearningRecord,
} from "@nightdesk/claim-lib";
import { findSecrets } from "@nightdesk/daemon-kit/find-secrets";
import { readDraft } from "./drafts.ts";
import type { ActionNote } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { targetsOf } from "./targets.ts";

/** A busy day is under 300 KB; after this the texts are left out, the decisions are not. */
const MAX_DAY_BYTES = 1024 * 1024;
const MAX_FEEDBACK_CHARS = 4_000;
/** A crash falls between two writes; it does not last longer than a day or two. */
const FILES_LOOKED_AT = 2;

/** What became of an approved draft: sent as it was, or what the owner made of it. Once, also after a crash. */
export async function recordSent(
  ports: Ports,
  note: ActionNote,
  sent: { nonce: string; at: string; mode: LearningRecord["mode"] },
): Promise<void> {
  const drafted = await readDraft(ports, note.name);
  const text = note.note.text ?? "";
  const isSame = drafted?.trimEnd() === text.trimEnd();
  const hadGap = drafted !== null && findPlaceholder(drafted) !== null;
  await recordOnce(ports, {
    ...factsOf(note),
    at: sent.at,
    key: sent.nonce,
    mode: sent.mode,
    outcome: isSame ? "sent_unchanged" : hadGap ? "question" : "edited",
    drafted,
    final: isSame ? null : text,
    feedback: "",
    left_out: null,
  });
}

/** Why the owner said no. Feedback that was written or changed later is one more record of the same note. */
export async function recordRejected(ports: Ports, note: ActionNote, feedback: string): Promise<void> {
  const drafted = await readDraft(ports, note.name);
  const text = note.note.text ?? "";
  const { id, rev } = note.name;
  await recordOnce(ports, {
    ...factsOf(note),
    at: new Date(ports.clock.now()).toISOString(),
    key: `${id}-r${rev} rejected ${sha256Hex(feedback).slice(0, 16)}`,
    mode: ports.mode,
    outcome: "rejected",
    drafted,
    final: drafted?.trimEnd() === text.trimEnd() ? null : text,
    feedback,
    left_out: null,
  });
}

function factsOf({ name, note, action }: ActionNote) {
  const { fields } = note;
  return {
    v: 1 as const,
    id: name.id,
    rev: name.rev,
    kind: fields.kind,
    category: fields.category ?? null,
    contacts: Object.values(targetsOf(fields, action))
      .flat()
      .filter((target) => typeof target === "string")
      .map((target) => target.slice(0, 254).toWellFormed().toLowerCase())
      .slice(0, 20),
    text_sha256: sha256Hex(note.text ?? ""),
  };
}

async function recordOnce(ports: Pick<Ports, "files">, record: LearningRecord): Promise<void> {
  for (const path of (await listLearning(ports.files)).slice(0, FILES_LOOKED_AT)) {
    const known = parseLearning((await ports.files.read(path)) ?? "");
    if (known.some(({ key }) => key === record.key)) return;
  }
  const path = learningPath(record.at);
  const isFull = ((await ports.files.stat(path))?.size ?? 0) > MAX_DAY_BYTES;
  const kept = isFull ? withoutTexts(record, "full") : cut(await withoutSecrets(record));
  await ports.files.append(path, learningLine(kept));
}

/**
 * The drafted text came through sync and was looked through there; what the owner typed was not. One
 * secret would keep the whole day's file, and everything in it, on this laptop.
 */
async function withoutSecrets(record: LearningRecord): Promise<LearningRecord> {
  const typed = [record.final ?? "", record.feedback].join("\n").trim();
  if (typed === "" || (await findSecrets("learning.txt", typed)).length === 0) return record;
  return withoutTexts(record, "secret");
}

function withoutTexts(record: LearningRecord, why: LearningRecord["left_out"]): LearningRecord {
  return { ...record, drafted: null, final: null, feedback: "", left_out: why };
}

function cut(record: LearningRecord): LearningRecord {
  const short = (text: string, max: number) => text.slice(0, max).toWellFormed();
  const texts = {
    drafted: record.drafted === null ? null : short(record.drafted, MAX_LEARNING_CHARS),
    final: record.final === null ? null : short(record.final, MAX_LEARNING_CHARS),
    feedback: short(record.feedback, MAX_FEEDBACK_CHARS),
  };
  const isCut =
    texts.drafted !== record.drafted || texts.final !== record.final || texts.feedback !== record.feedback;
  return { ...record, ...texts, left_out: record.left_out ?? (isCut ? "too_long" : null) };
}
