import {
  auditPath,
  doneFolder,
  folderOf,
  FOLDERS,
  nameOf,
  payloadOf,
  toFieldLine,
  type TaskFields,
} from "@nightdesk/claim-lib";
import { readAuditDay, recordAudit } from "./audit.ts";
import { dropDraft } from "./drafts.ts";
import type { JournalEntry } from "./journal.ts";
import { findCopies, readActionNote, type ActionNote } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { putAside } from "./put-aside.ts";
import { recordSent } from "./record-learning.ts";
import { rewriteNote } from "./rewrite-note.ts";
import type { Outcome } from "./steps.ts";
import { hashTargets, listTargets, targetsOf } from "./targets.ts";

/**
 * The effect happened and is recorded: writes the outcome into the note, moves it to Done/, audits, and
 * closes the journal's entry. Every step may be repeated after a crash.
 */
export async function finish(ports: Ports, entry: JournalEntry, outcome: Outcome): Promise<void> {
  const { id, nonce, file } = entry.intent;
  const path = `${FOLDERS.inProgress}/local/${file}`;
  const text = await ports.files.read(path);
  const note = text === null ? null : executedNote(ports, entry, file, text);
  if (text === null) await settleMissing(ports, entry, outcome);
  else if (note === null) await putAside(ports, path, changedSentence(entry, outcome));
  else {
    // While the approved text is still at hand: what cannot be repeated after the move comes before it.
    await recordSent(ports, note, { nonce, at: outcome.sentAt, mode: entry.intent.mode });
    await moveToDone(ports, { path, text, note, entry, outcome });
  }
  await ports.reach("after:move");
  await auditOnce(ports, entry, outcome, note);
  await ports.reach("after:audit");
  await ports.journal.append({ type: "done", id, nonce, at: new Date(ports.clock.now()).toISOString() });
  await ports.reach("after:done");
  await dropDraft(ports, entry.intent);
  ports.log.info({ event: "effect.done", id, ref: outcome.ref, mode: entry.intent.mode });
}

/** The note, if it still says exactly what was carried out. */
function executedNote(ports: Ports, entry: JournalEntry, file: string, text: string): ActionNote | null {
  const read = readActionNote(file, text, ports);
  if (!read.ok) return null;
  return payloadOf(read.note.note, ports.kinds).sha256 === entry.intent.args_sha256 ? read.note : null;
}

interface Finished {
  path: string;
  text: string;
  note: ActionNote;
  entry: JournalEntry;
  outcome: Outcome;
}

async function moveToDone(ports: Ports, { path, text, note, entry, outcome }: Finished): Promise<void> {
  const { notice: _notice, ...fields } = note.note.fields;
  const [first] = (await ports.ledger.presented(note.name.id)).filter(({ rev }) => rev === note.name.rev);
  const done: TaskFields = {
    ...fields,
    ...(first ? { reached_at: first.at } : {}),
    approved_at: entry.intent.approved_at,
    outcome: entry.intent.mode === "live" ? "sent" : "rehearsed",
    outcome_at: outcome.sentAt,
    outcome_ref: toFieldLine(outcome.ref),
  };
  // Saved or moved by the owner since it was read: their words are not written over, nor the note made anew.
  const latest = await ports.files.read(path);
  if (latest === null) return settleMissing(ports, entry, outcome);
  if (latest !== text) return putAside(ports, path, changedSentence(entry, outcome));
  const written = rewriteNote(text, note.note, done, ports.kinds);
  if (written !== text) await ports.files.write(path, written);
  await ports.reach("after:rewrite");
  // The month of the effect, not of this moment: after a crash it must be the same folder.
  const target = `${doneFolder(Date.parse(outcome.sentAt))}/${nameOf(path)}`;
  const odd = (await ports.files.listOdd?.(folderOf(target))) ?? [];
  if ((await ports.files.stat(target)) === null && !odd.includes(nameOf(path)))
    await ports.files.move(path, target);
  else
    await putAside(
      ports,
      path,
      `It was carried out (provider's id ${outcome.ref}), but a note of this name lies in Done/ already.`,
    );
}

function changedSentence(entry: JournalEntry, outcome: Outcome): string {
  const what = entry.intent.mode === "live" ? "It was sent" : "It was rehearsed";
  return `${what} at ${outcome.sentAt} (provider's id ${outcome.ref}), before this note was changed; the change was not sent. Move it to Rejected/ to put it away.`;
}

/** The note is not where it was put: moved to Done/ before a crash, or taken away by the owner. */
async function settleMissing(ports: Ports, entry: JournalEntry, outcome: Outcome): Promise<void> {
  const { id, file } = entry.intent;
  const sentMs = Date.parse(outcome.sentAt);
  const copies = await findCopies(ports, id, sentMs, Math.max(sentMs, ports.clock.now()));
  const settled = [`${FOLDERS.done}/`, `${FOLDERS.needsAttention}/`];
  for (const path of copies) {
    if (nameOf(path) !== file || settled.some((folder) => path.startsWith(folder))) continue;
    await putAside(
      ports,
      path,
      `It was already carried out at ${outcome.sentAt} (provider's id ${outcome.ref}); it is not carried out again.`,
    );
  }
}

async function auditOnce(
  ports: Ports,
  entry: JournalEntry,
  outcome: Outcome,
  note: ActionNote | null,
): Promise<void> {
  if (await wasAudited(ports, entry, outcome)) return;
  const { intent } = entry;
  const targets = note ? targetsOf(note.note.fields, note.action) : null;
  await recordAudit(ports, {
    action_type: `${intent.channel}_send`,
    target: intent.id,
    parameters: {
      rev: intent.rev,
      tool: intent.tool,
      mode: intent.mode,
      nonce: intent.nonce,
      args_sha256: intent.args_sha256,
      ref: outcome.ref,
      ...(targets ? { targets: listTargets(targets), targets_sha256: hashTargets(targets) } : {}),
    },
    approval_status: "approved",
    byOwner: true,
    result: intent.mode === "live" ? "ok" : "ok: rehearsed, nothing was sent",
  });
}

/** A crash between the record and the journal's last line must not make two records of one effect. */
async function wasAudited(ports: Ports, entry: JournalEntry, outcome: Outcome): Promise<boolean> {
  const days = new Set(
    [outcome.sentAt, new Date(ports.clock.now()).toISOString()].map((at) => auditPath("local", at)),
  );
  for (const path of days) {
    if ((await readAuditDay(ports, path)).includes(`"nonce":"${entry.intent.nonce}"`)) return true;
  }
  return false;
}
