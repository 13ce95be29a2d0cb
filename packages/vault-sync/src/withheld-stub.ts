import { FOLDERS, type AgentName } from "@nightdesk/claim-lib";
import type { PlanUnit } from "./plan.ts";
import type { TreeChange, VaultTree } from "./vault-index.ts";

/**
 * What is told of a unit that has a secret in some of its texts. Those texts stay on this machine. That the
 * task moved is told all the same, with the text last published in the new one's place: it is one that both
 * sides have seen and judged, so it is legal wherever a task may lie, and nothing is given away by it. A
 * text made up for the purpose would be neither.
 *
 * Not told where somebody would act on the text: a note in `Pending_Approval/` would ask the owner to approve
 * an older reply than the one drafted, one in `Needs_Action/` or another's `In_Progress/` would be worked on
 * without the owner's last words. There the task stays where it was for the other side until the secret is out.
 * @param secret paths of `unit.publish` whose texts are withheld
 */
export function stubChanges(
  unit: PlanUnit,
  secret: ReadonlySet<string>,
  published: VaultTree,
  agent: AgentName,
): TreeChange[] {
  const source = unit.publish.find(({ oid }) => oid === null)?.path;
  const lastText = source === undefined ? undefined : published.get(source);
  const main = unit.publish.find(({ path }) => secret.has(path) && path !== unit.keptAs);
  if (!main) return unit.publish.filter(({ path }) => !secret.has(path));
  const isTold = lastText !== undefined && isOnlyRecord(main.path, agent);
  return unit.publish.flatMap((change) => {
    if (change === main) return isTold ? [{ path: main.path, oid: lastText }] : [];
    if (change.path === source) return isTold ? [change] : [];
    return secret.has(change.path) ? [] : [change];
  });
}

/** True where only this machine goes by what a note says. */
function isOnlyRecord(path: string, agent: AgentName): boolean {
  const [top = "", second] = path.split("/");
  if (top === FOLDERS.inProgress) return second === agent;
  return top !== FOLDERS.needsAction && top !== FOLDERS.pending;
}
