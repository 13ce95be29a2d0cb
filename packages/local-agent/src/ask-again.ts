import { FOLDERS, nameOf, toFieldLine, type TaskFields, type TaskName } from "@nightdesk/claim-lib";
import { recordAudit } from "./audit.ts";
import { isCircumstance, isExpiryDoubt } from "./circumstances.ts";
import { toNotice, type Doubt } from "./doubts.ts";
import { isTimeDoubt } from "./judge-schedule.ts";
import { MAX_PENDING_MS } from "./limits.ts";
import type { ActionNote } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { putAside } from "./put-aside.ts";
import { putBack } from "./put-before-owner.ts";
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
  const { send_at: asked, ...rest } = note.fields;
  // A time that cannot be kept is taken out, or the next approval would stumble over it again.
  const kept = asked === undefined || doubts.some(isTimeDoubt) ? rest : { ...rest, send_at: asked };
  const fields: TaskFields = { ...kept, risk: "high", notice: toFieldLine(toNotice(doubts)) };
  if (doubts.every(isCircumstance) && note.fields.risk !== undefined) fields.risk = note.fields.risk;
  // Else it would be put away again before it can be decided on.
  if (doubts.some(isExpiryDoubt)) fields.expires = new Date(ports.clock.now() + MAX_PENDING_MS).toISOString();
  const targets = targetsOf(fields, action.action);
  const at = new Date(ports.clock.now()).toISOString();
  // Saved meanwhile: the new text has its own undo window, and is asked about after that.
  if (!(await putBack(ports, path, text, action, fields))) return;
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

/** Moves a note that is out of date to Expired/, from where one move brings it back. */
export async function moveToExpired(
  ports: Ports,
  path: string,
  { id, rev }: Pick<TaskName, "id" | "rev">,
  why: string,
): Promise<void> {
  const target = `${FOLDERS.expired}/${nameOf(path)}`;
  if ((await ports.files.stat(target)) === null) await ports.files.move(path, target);
  else await putAside(ports, path, "It is out of date, and a note of this name lies in Expired/ already.");
  await ports.ledger.addDecision({
    type: "expired",
    id,
    rev,
    at: new Date(ports.clock.now()).toISOString(),
  });
  await recordAudit(ports, {
    action_type: "note_expired",
    target: id,
    approval_status: "refused",
    result: why,
  });
}
