import { isTaskId, nameOf, parseTaskName } from "@nightdesk/claim-lib";
import type { HistoryChange } from "@nightdesk/testkit";

/** The tasks that were ever put into a folder (or one below it), by id. */
export function idsEverIn(changes: readonly HistoryChange[], folder: string): Set<string> {
  const ids = changes.flatMap(({ kind, path }) => {
    const id = kind === "D" || !path.startsWith(`${folder}/`) ? undefined : parseTaskName(nameOf(path))?.id;
    return id !== undefined && isTaskId(id) ? [id] : [];
  });
  return new Set(ids);
}
