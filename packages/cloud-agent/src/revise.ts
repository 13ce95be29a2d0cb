import {
  FOLDERS,
  listTasks,
  makeTaskName,
  nameOf,
  neutralise,
  NightdeskError,
  parseNote,
  toFieldLine,
  vaultPath,
  type FoundTask,
  type TaskNote,
} from "@nightdesk/claim-lib";
import { audit } from "./audit.ts";
import type { CloudPorts, CloudSettings } from "./ports.ts";
import { renderChecked } from "./render-checked.ts";
import { lifecycleFolders } from "./task-index.ts";

/** Versions that are drafted. What comes after the last of them is one question to the owner. */
export const MAX_DRAFTS = 3;
/** Feedback that is still being typed arrives in pieces, as often as Obsidian saves it. */
const TYPING_MS = 5_000;

interface Seen {
  /** The file as it was at the last look. */
  version: string;
  /** When it got as it is; 0: as it came. */
  sinceMs: number;
  isSettled: boolean;
}

/**
 * A rejected note with feedback becomes a new task of the next revision in Needs_Action/, and goes the
 * way of every task from there: claimed, confirmed, drafted, put before the owner. A rejected note
 * without feedback is closed. @param wake asks for a round soon
 */
export function createReviser(
  ports: CloudPorts,
  settings: CloudSettings,
  wake: () => void,
): () => Promise<void> {
  let known = new Map<string, Seen>();
  return async () => {
    const fresh: typeof known = new Map();
    for (const task of await listTasks(ports.files, FOLDERS.rejected)) {
      const stat = await ports.files.stat(task.path);
      if (!stat) continue;
      const version = `${stat.inode}:${stat.size}:${stat.mtimeMs}`;
      const before = known.get(task.path);
      const isSame = before?.version === version;
      const seen: Seen =
        isSame && before
          ? before
          : { version, sinceMs: before === undefined ? 0 : ports.clock.now(), isSettled: false };
      fresh.set(task.path, seen);
      if (seen.isSettled) continue;
      if (ports.clock.now() - seen.sinceMs < TYPING_MS) {
        if (!isSame) void ports.clock.sleep(TYPING_MS + 1).then(wake);
        continue;
      }
      await reviseOne(ports, settings, task);
      seen.isSettled = true;
    }
    known = fresh;
  };
}

async function reviseOne(ports: CloudPorts, settings: CloudSettings, task: FoundTask): Promise<void> {
  const { name } = task;
  if (name.rev > MAX_DRAFTS) return;
  const rejected = await readRejected(ports, settings, task.path);
  if (rejected === null || feedbackOf(rejected) === "") return;
  const next = nextName(task);
  if (await hasLater(ports, settings, task)) return;
  const revised = await ports.state.readRevised();
  if (revised.includes(next)) return;
  const path = vaultPath(FOLDERS.needsAction, settings.needsAction, next);
  await ports.files.write(path, renderTask(ports, settings, task, rejected));
  await ports.state.addRevised(next);
  await audit(ports, {
    action_type: "revision_asked",
    target: name.id,
    parameters: { rejected: name.rev, next: name.rev + 1 },
    result: "ok",
  });
}

/** Null for what is no reply of ours, or cannot be read: the owner keeps it as it is. */
async function readRejected(
  ports: Pick<CloudPorts, "files">,
  settings: CloudSettings,
  path: string,
): Promise<TaskNote | null> {
  const source = await ports.files.read(path);
  if (source === null) return null;
  try {
    const note = parseNote(source, settings.kinds);
    return note.text === null || note.fields.outcome !== undefined ? null : note;
  } catch (error) {
    if (NightdeskError.is(error)) return null;
    throw error;
  }
}

function feedbackOf(note: TaskNote): string {
  return [note.fields.feedback ?? "", note.feedback]
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .join("\n");
}

function nextName({ name }: FoundTask): string {
  return makeTaskName({ ...name, rev: name.rev + 1 });
}

/** A later version lies somewhere already, whoever made it. */
async function hasLater(ports: CloudPorts, settings: CloudSettings, { name }: FoundTask): Promise<boolean> {
  for (const folder of lifecycleFolders(settings, ports.clock.now())) {
    const tasks = await listTasks(ports.files, folder);
    if (tasks.some((other) => other.name.id === name.id && other.name.rev > name.rev)) return true;
  }
  return false;
}

/** The mail as a task again. Who is written to is not taken from the rejected note but asked of the mailbox anew. */
function renderTask(
  ports: CloudPorts,
  settings: CloudSettings,
  { path, name }: FoundTask,
  rejected: TaskNote,
): string {
  const { fields } = rejected;
  const kept = Object.fromEntries(
    KEPT.flatMap((key) => (fields[key] === undefined ? [] : [[key, fields[key]]])),
  );
  const note = (original: string): TaskNote => ({
    fields: {
      ...kept,
      id: name.id,
      kind: "email",
      rev: name.rev + 1,
      supersedes: toFieldLine(nameOf(path)),
      created: new Date(ports.clock.now()).toISOString(),
      summary: toFieldLine(`Another version was asked for: ${feedbackOf(rejected)}`),
      feedback: toFieldLine(feedbackOf(rejected)),
    },
    text: null,
    feedback: "",
    original,
  });
  try {
    return renderChecked(note(neutralise(rejected.original)), settings.kinds);
  } catch {
    // The owner may have written anything into the copy of the mail; the mail itself is in the mailbox.
    return renderChecked(note(""), settings.kinds);
  }
}

const KEPT = [
  "source_account",
  "source_message",
  "source_thread",
  "source_from",
  "source_date",
  "source_subject",
] as const;

/** What the owner said about the versions before this one, oldest first. */
export interface Revision {
  rev: number;
  feedback: string[];
  /** Their texts, as the owner left them. */
  texts: string[];
}

/** The story of a task of a later revision; null for a first one. */
export async function readRevision(
  ports: Pick<CloudPorts, "files">,
  settings: CloudSettings,
  task: TaskNote,
): Promise<Revision | null> {
  const { id, rev, supersedes, feedback = "" } = task.fields;
  if (rev === 1 || supersedes === undefined) return null;
  const earlier = (await listTasks(ports.files, FOLDERS.rejected))
    .filter(({ name }) => name.id === id && name.rev < rev)
    .sort((a, b) => a.name.rev - b.name.rev);
  const revision: Revision = { rev, feedback: [], texts: [] };
  let hasLast = false;
  for (const { path, name } of earlier) {
    const note = await readRejected(ports, settings, path);
    if (note === null) continue;
    const words = feedbackOf(note);
    if (words !== "") revision.feedback.push(words);
    revision.texts.push(note.text ?? "");
    hasLast ||= words !== "" && name.rev === rev - 1;
  }
  // Moved on by the owner meanwhile: the task itself still says what was asked.
  if (!hasLast && feedback !== "") revision.feedback.push(feedback);
  return revision;
}
