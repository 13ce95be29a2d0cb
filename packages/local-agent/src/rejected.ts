import { FOLDERS, listTasks, nameOf, sha256Hex } from "@nightdesk/claim-lib";
import { recordAudit } from "./audit.ts";
import { readActionNote } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { recordRejected } from "./record-learning.ts";

/**
 * Notes in Rejected/ stay there; each is written down once, with what the owner wrote as the reason,
 * and once more whenever that was written or changed after the move.
 */
export function createRejectionRecorder(ports: Ports): () => Promise<void> {
  /** A file is read again only when it changed. */
  let known = new Map<string, string>();
  return async () => {
    const fresh: typeof known = new Map();
    for (const { path, name } of await listTasks(ports.files, FOLDERS.rejected)) {
      const stat = await ports.files.stat(path);
      if (!stat) continue;
      const version = `${stat.inode}:${stat.size}:${stat.mtimeMs}`;
      // One that cannot be read must not keep the dashboard from the owner.
      if (known.get(path) !== version)
        await recordRejection(ports, path, name.id, name.rev).catch((error: unknown) =>
          ports.log.warn({ event: "rejection.untold", id: name.id, error }),
        );
      fresh.set(path, version);
    }
    known = fresh;
  };
}

async function recordRejection(ports: Ports, path: string, id: string, rev: number): Promise<void> {
  const text = await ports.files.read(path);
  if (text === null) return;
  const read = readActionNote(nameOf(path), text, ports);
  const feedback = read.ok ? read.note.note.feedback || (read.note.note.fields.feedback ?? "") : "";
  const last = ports.ledger.rejected(id, rev).at(-1);
  const sha256 = sha256Hex(feedback);
  // Records of earlier versions say nothing about the feedback; it is not told a second time for that.
  const isTold = last !== undefined && (last.feedback_sha256 ?? sha256) === sha256;
  if (isTold) return;
  if (read.ok) await recordRejected(ports, read.note, feedback);
  await recordAudit(ports, {
    action_type: last === undefined ? "approval_rejected" : "rejection_feedback",
    target: id,
    parameters: { rev, feedback: feedback.slice(0, 300) },
    approval_status: "rejected",
    byOwner: true,
    result: "ok",
  });
  await ports.ledger.addDecision({
    type: "rejected",
    id,
    rev,
    feedback_sha256: sha256,
    at: new Date(ports.clock.now()).toISOString(),
  });
}
