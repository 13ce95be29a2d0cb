import { parseTaskName } from "./task-name.ts";
import { isSyncedPath, nameOf, type Role } from "./vault-paths.ts";

/** What may be done to a path: create, modify, append to, move out (to another folder of the lifecycle), delete. */
export type Right = "create" | "modify" | "append" | "moveOut" | "delete";

/** What lies in an area: notes that are tasks, other notes, append-only records, or the owner's own files. */
export type Holds = "task" | "note" | "log" | "file";

export interface Area {
  /** `*` stands for one path part. */
  pattern: string;
  holds: Holds;
  cloud: readonly Right[];
  local: readonly Right[];
  /** For the owner and the reader: what this place is for. */
  purpose: string;
}

const ALL: readonly Right[] = ["create", "modify", "append", "moveOut", "delete"];
const NONE: readonly Right[] = [];

/**
 * Who may do what where. This table is the documentation, the check before a move on this machine, and
 * what vault-sync lets in from the other machine. It is an allow-list: what it does not name is refused.
 * `local` includes the owner, whose vault this is; `cloud` gets as little as its work needs.
 */
export const MATRIX: readonly Area[] = [
  area("Inbox/*", "file", NONE, ALL, "files the owner drops for the employee"),
  area("Needs_Action/cloud-*/*", "task", ["create", "moveOut"], ALL, "new work the cloud may take"),
  area("Needs_Action/local-*/*", "task", NONE, ALL, "new work only the laptop may take"),
  area("In_Progress/cloud/*", "task", ["create", "modify", "moveOut"], ALL, "claimed by the cloud"),
  area(
    "In_Progress/cloud-*/*",
    "task",
    ["create", "modify", "moveOut"],
    ALL,
    "claimed by a further worker in the cloud",
  ),
  area("In_Progress/local/*", "task", NONE, ALL, "claimed by the laptop: approved and being carried out"),
  area(
    "Plans/cloud-*/*",
    "note",
    ["create", "modify", "delete"],
    ALL,
    "the cloud's plans for work of several steps",
  ),
  area("Plans/local-*/*", "note", NONE, ALL, "the laptop's plans"),
  area("Pending_Approval/*/*", "task", ["create"], ALL, "waits for the owner's decision"),
  area("Approved/*", "task", NONE, ALL, "the owner said yes"),
  area("Rejected/*", "task", NONE, ALL, "the owner said no"),
  area("Scheduled/*", "task", NONE, ALL, "approved, to be carried out later"),
  area("Snoozed/*", "task", NONE, ALL, "comes back later"),
  area("Expired/*", "task", NONE, ALL, "was not decided in time; never carried out"),
  area("Needs_Attention/*", "file", NONE, ALL, "something is in doubt; a sentence says what"),
  area("Updates/cloud/*", "note", ["create"], ALL, "what the cloud reports; merged into the dashboard"),
  area("Updates/cloud/archive/*/*", "note", NONE, ALL, "merged reports, by month"),
  area("Signals/cloud/*", "note", ["create"], ALL, "what the cloud warns of; merged into the dashboard"),
  area("Signals/cloud/archive/*/*", "note", NONE, ALL, "merged warnings, by month"),
  area("Done/*/*", "task", ["create"], ALL, "finished, by month"),
  area(
    "Logs/cloud/*",
    "log",
    ["create", "append"],
    ["delete"],
    "the cloud's records; never changed, only added to",
  ),
  area("Logs/cloud-*/*", "log", ["create", "append"], ["delete"], "a further cloud worker's records"),
  area("Logs/local/*", "log", NONE, ["create", "append", "delete"], "the laptop's records"),
  area("Accounting/*", "note", NONE, ALL, "the owner's accounting notes"),
  area("Briefings/*", "note", NONE, ALL, "briefings for the owner"),
  area("Dashboard.md", "note", NONE, ALL, "written by the laptop alone"),
  area("Cloud_Status.md", "note", ["create", "modify"], ["create"], "written by the cloud alone"),
  area("Company_Handbook.md", "note", NONE, ALL, "the owner's rules"),
  area("How_To_Decide.md", "note", NONE, ALL, "what the owner can do with a note, and how"),
  area("How_I_Write.md", "note", NONE, ALL, "how the owner writes"),
  area("Approvals.base", "file", NONE, ALL, "the table of what waits"),
  area("STOP.md", "note", NONE, ALL, "while this note exists nothing is carried out"),
];

function area(
  pattern: string,
  holds: Holds,
  cloud: readonly Right[],
  local: readonly Right[],
  purpose: string,
): Area {
  return { pattern, holds, cloud, local, purpose };
}

const COMPILED = MATRIX.map((entry) => ({ entry, match: compile(entry.pattern) }));

function compile(pattern: string): RegExp {
  const parts = pattern.split("/").map((part) =>
    part
      .split("*")
      .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join("[^/]+"),
  );
  return new RegExp(`^${parts.join("/")}$`);
}

/** The area a path lies in; null when it may not sync at all, whoever writes it. */
export function areaOf(path: string): Area | null {
  if (!isSyncedPath(path)) return null;
  const found = COMPILED.find(({ match }) => match.test(path))?.entry ?? null;
  if (found?.holds === "task" && parseTaskName(nameOf(path)) === null) return null;
  return found;
}

/** True when `role` may do `right` to `path`. */
export function mayDo(role: Role, right: Right, path: string): boolean {
  return areaOf(path)?.[role].includes(right) ?? false;
}
