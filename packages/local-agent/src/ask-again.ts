import { FOLDERS, nameOf, sha256Hex, toFieldLine, type TaskFields } from "@nightdesk/claim-lib";
import { recordAudit } from "./audit.ts";
import { toNotice, type Doubt } from "./doubts.ts";
import { pendingFolder, type ActionNote } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { putAside } from "./put-aside.ts";
import { rewriteNote } from "./rewrite-note.ts";
import { hashTargets, targetsOf } from "./targets.ts";

/**
 * Puts an approved note back before the owner with the doubts on top. That the owner was asked is
 * recorded last: after a crash the owner is asked once more, never once too little.
 */
export async function askAgain(
  ports: Ports,
  path: string,
  text: string,
  action: ActionNote,
  doubts: readonly Doubt[],
): Promise<void> {
  const { name, note } = action;
  const fields: TaskFields = { ...note.fields, risk: "high", notice: toFieldLine(toNotice(doubts)) };
  const written = rewriteNote(text, note, fields, ports.kinds);
  const target = `${pendingFolder(action.channel)}/${nameOf(path)}`;
  const targets = targetsOf(fields, action.action);
  const at = new Date(ports.clock.now()).toISOString();
  await ports.files.move(path, target);
  await ports.ledger.addPresented({
    type: "presented",
    id: name.id,
    rev: name.rev,
    sha256: sha256Hex(written),
    path: target,
    at,
    from: "local",
    targets,
  });
  await ports.files.write(target, written);
  await ports.ledger.addDecision({
    type: "asked",
    id: name.id,
    rev: name.rev,
    targets_sha256: hashTargets(targets),
    doubts: doubts.map(({ key }) => key),
    at,
  });
  await recordAudit(ports, {
    action_type: "approval_asked_again",
    target: name.id,
    parameters: { rev: name.rev, doubts: doubts.map(({ key }) => key.split(":")[0]) },
    approval_status: "pending",
    result: fields.notice ?? "",
  });
}

/** Moves an approved note that came too late to Expired/. */
export async function moveToExpired(ports: Ports, path: string, id: string, why: string): Promise<void> {
  const target = `${FOLDERS.expired}/${nameOf(path)}`;
  if ((await ports.files.stat(target)) === null) await ports.files.move(path, target);
  else await putAside(ports, path, "It is out of date, and a note of this name lies in Expired/ already.");
  await recordAudit(ports, {
    action_type: "note_expired",
    target: id,
    approval_status: "refused",
    result: why,
  });
}
