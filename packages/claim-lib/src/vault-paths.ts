import { fail } from "./errors.ts";

/** Folder names of the vault. A task's folder is its state. */
export const FOLDERS = {
  inbox: "Inbox",
  needsAction: "Needs_Action",
  inProgress: "In_Progress",
  plans: "Plans",
  pending: "Pending_Approval",
  approved: "Approved",
  rejected: "Rejected",
  scheduled: "Scheduled",
  snoozed: "Snoozed",
  expired: "Expired",
  needsAttention: "Needs_Attention",
  updates: "Updates",
  signals: "Signals",
  done: "Done",
  logs: "Logs",
  accounting: "Accounting",
  briefings: "Briefings",
} as const;

export const DASHBOARD = "Dashboard.md";
export const CLOUD_STATUS = "Cloud_Status.md";
export const STOP_FILE = "STOP.md";

/** Which of the two kinds of machine acts. */
export type Role = "cloud" | "local";

/** Who works in a vault folder: one machine's name. Only the cloud may have several, each with its own folders. */
export type AgentName = Role | `cloud-${string}`;

/** True for `cloud`, `local` and `cloud-2`, `cloud-night` and the like. */
export function isAgentName(name: string): name is AgentName {
  return /^(local|cloud(-[a-z0-9]{1,16})?)$/.test(name);
}

/** Only these sync: markdown and state, never programs, settings or secrets. */
const SYNCED_ENDINGS = [".md", ".yaml", ".json", ".jsonl", ".base"];

/** Device names Windows reserves in every folder, with any ending. */
const RESERVED = /^(con|prn|aux|nul|com[0-9]|lpt[0-9]|conin\$|conout\$)(\.|$)/i;

// C0, DEL, C1, bidi and zero-width characters, line separators, tags: none belongs in a file name.
const FORBIDDEN_IN_NAME =
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}<>:"|?*\\/]/u;

/**
 * True for a file or folder name that is one and the same on Linux, macOS, Windows and Android, and that
 * no tool gives a meaning of its own (`.git`, `.obsidian`, `git~1`).
 */
export function isSafeName(name: string): boolean {
  return (
    name.length > 0 &&
    Buffer.byteLength(name, "utf8") <= 200 &&
    name === name.normalize("NFC") &&
    !name.startsWith(".") &&
    !/[. ]$/.test(name) &&
    !name.startsWith(" ") &&
    !/~[0-9]+(\.|$)/.test(name) &&
    !FORBIDDEN_IN_NAME.test(name) &&
    !RESERVED.test(name)
  );
}

/** Two names with one key would be one file on a disk that folds case or Unicode form. */
export function foldName(name: string): string {
  return name.normalize("NFKC").toLowerCase().normalize("NFC");
}

/** True when every part of a path is a safe name and its ending is one that syncs. */
export function isSyncedPath(path: string): boolean {
  const parts = path.split("/");
  return (
    parts.length <= 6 && parts.every(isSafeName) && SYNCED_ENDINGS.some((ending) => path.endsWith(ending))
  );
}

/** `Done/2026-11` for an instant in November 2026 (UTC). */
export function doneFolder(atMs: number): string {
  return `${FOLDERS.done}/${new Date(atMs).toISOString().slice(0, 7)}`;
}

/** The folder part of a path; empty for a file at the top. */
export function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

/** The file name of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Joins vault parts and refuses anything that is not a safe path inside the vault. */
export function vaultPath(...parts: string[]): string {
  const path = parts.filter((part) => part !== "").join("/");
  if (!path.split("/").every(isSafeName)) {
    throw fail("PATH_OUTSIDE_VAULT", `"${path}" is not a path inside the vault; nothing was touched.`);
  }
  return path;
}
