import { FOLDERS, nameOf, NightdeskError, sha256Hex, toFieldLine } from "@nightdesk/claim-lib";
import type { Window } from "./approval-window.ts";
import { recordAudit } from "./audit.ts";
import { formatWhen } from "./local-time.ts";
import type { Held } from "./ledger.ts";
import { readFile, type ActionNote, type FoundFile } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { rewriteNote } from "./rewrite-note.ts";

export interface Hold {
  untilMs: number;
  /** For the owner, on top of the note. */
  sentence: string;
  why: Held["why"];
}

/** What waits for less is gone before it can be read. */
const MIN_SHOWN_MS = 10_000;

/**
 * Leaves an approved note where it is until then, with its time on top. Recorded before it is written:
 * bytes in Approved/ that were written by this program are never taken for a new approval, and when
 * the owner moved the note in that very millisecond, the two copies are seen as what they are.
 * Always true: it stays.
 */
export async function holdNote(
  ports: Ports,
  found: FoundFile,
  { name, note }: ActionNote,
  window: Window,
  { untilMs, sentence, why }: Hold,
): Promise<true> {
  const nowMs = ports.clock.now();
  window.dueMs = untilMs;
  window.held = sentence;
  window.failures = 0;
  const notice = toFieldLine(sentence);
  if (untilMs - nowMs < MIN_SHOWN_MS || note.fields.notice === notice) return true;
  const written = rewriteNote(found.text, note, { ...note.fields, notice }, ports.kinds);
  const sha256 = sha256Hex(written);
  await ports.ledger.addDecision({
    type: "held",
    id: name.id,
    rev: name.rev,
    sha256,
    why,
    notice,
    mode: ports.mode,
    approved_at: new Date(window.approvedAtMs).toISOString(),
    until: new Date(untilMs).toISOString(),
    at: new Date(nowMs).toISOString(),
  });
  // The owner may have changed or moved it meanwhile: then the next look sees that.
  if ((await readFile(ports, found.path))?.sha256 !== found.sha256) return true;
  await ports.files.write(found.path, written);
  const stat = await ports.files.stat(found.path);
  window.sha256 = sha256;
  window.mtimeMs = stat?.mtimeMs ?? window.mtimeMs;
  return true;
}

/** An approved note with a time of its own: it waits in Scheduled/. Always false: it does not stay here. */
export async function moveToScheduled(
  ports: Ports,
  found: FoundFile,
  { name }: ActionNote,
  atMs: number,
): Promise<false> {
  try {
    await ports.files.move(found.path, `${FOLDERS.scheduled}/${nameOf(found.path)}`);
  } catch (error) {
    // Moved by the owner in this moment; the next look sees where it is.
    if (NightdeskError.is(error, "CLAIM_LOST")) return false;
    throw error;
  }
  await recordAudit(ports, {
    action_type: "approval_scheduled",
    target: name.id,
    parameters: { rev: name.rev, send_at: new Date(atMs).toISOString() },
    approval_status: "approved",
    byOwner: true,
    result: `waits until ${formatWhen(atMs, ports.timeZone)}`,
  });
  return false;
}
