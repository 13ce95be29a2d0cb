import { toFieldLine } from "@nightdesk/claim-lib";
import { recordAudit } from "./audit.ts";
import type { ActionNote } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { putBack } from "./put-before-owner.ts";

/**
 * Puts an approved note back before the owner with one line on top: something in its text has to be mended
 * first. Nothing is asked, so approving it again as it is brings it back again.
 */
export async function sendBack(
  ports: Ports,
  path: string,
  text: string,
  action: ActionNote,
  { code, sentence }: { code: string; sentence: string },
): Promise<void> {
  const fields = { ...action.note.fields, notice: toFieldLine(sentence) };
  // Saved meanwhile: the new text has its own undo window.
  if (!(await putBack(ports, path, text, action, fields))) return;
  await recordAudit(ports, {
    action_type: "approval_refused",
    target: action.name.id,
    parameters: { rev: action.name.rev, code },
    approval_status: "refused",
    result: sentence,
  });
}
