import { neutraliseLine } from "@nightdesk/claim-lib";

/** Everything Dashboard.md shows. Any text in it may come from a stranger; rendering makes it inert. */
export interface DashboardModel {
  /** Instants that move on without anything having happened; alone they are no reason to write the note. */
  times: {
    now: string | null;
    lastSync: string | null;
    cloudSeen: string | null;
    usedThisHour: number | null;
  };
  /** Why nothing is carried out at all; null when all is well. */
  halt: string | null;
  isRehearsal: boolean;
  waiting: readonly { from: string; subject: string; risk: string; state: string; expires: string | null }[];
  /** Approved, and why it is not carried out yet. */
  held: readonly { note: string; sentence: string }[];
  attention: readonly { file: string; sentence: string | null }[];
  counts: readonly { folder: string; meaning: string; count: number }[];
  agents: readonly { name: string; state: string; seen: "now" | "lastSync" | "cloudSeen"; message: string }[];
  refused: readonly { at: string; path: string; reason: string }[];
  reports: readonly { at: string; kind: "warning" | "report"; message: string }[];
  caps: { perHour: number; perDay: number };
  activity: readonly { at: string; actor: string; action: string; target: string; result: string }[];
}

/** Longest lists shown; the folders and logs hold the rest. */
const MAX_WAITING = 100;

/** Dashboard.md as text. */
export function renderDashboard(model: DashboardModel): string {
  return [
    "# Dashboard",
    "",
    ...renderTop(model),
    ...section("Waiting for your decision", renderWaiting(model)),
    ...section(
      "Approved, not carried out yet",
      bullets(model.held.map(({ note, sentence }) => `${note}: ${sentence}`)),
    ),
    ...section(
      "Needs your attention",
      bullets(model.attention.map(({ file, sentence }) => `${file}: ${sentence ?? "nobody left a reason"}`)),
    ),
    ...section("Refused changes", renderRefused(model)),
    ...section(
      "From the cloud",
      bullets(
        model.reports.map(
          ({ at, kind, message }) => `${instant(at)} ${kind === "warning" ? "Warning: " : ""}${message}`,
        ),
      ),
    ),
    ...section("Agents", renderAgents(model)),
    ...section(
      "Queues",
      table(
        ["Folder", "What lies there", "Notes"],
        model.counts.map(({ folder, meaning, count }) => [folder, meaning, String(count)]),
      ),
    ),
    ...section("Recent activity", renderActivity(model)),
    ...renderFoot(model),
    "",
  ].join("\n");
}

/** True when two models say the same, the running times aside. */
export function saysTheSame(a: DashboardModel, b: DashboardModel): boolean {
  const times = { now: null, lastSync: null, cloudSeen: null, usedThisHour: null };
  return renderDashboard({ ...a, times }) === renderDashboard({ ...b, times });
}

function renderTop(model: DashboardModel): string[] {
  const lines: string[] = [];
  if (model.halt !== null) lines.push(`> [!danger] ${inert(model.halt)}`, "");
  if (model.isRehearsal)
    lines.push("> [!warning] Rehearsal (DEV_MODE): everything runs, nothing is sent", "");
  const count = model.waiting.length;
  if (count === 0) lines.push("> [!success] Nothing waits for your decision");
  else {
    lines.push(`> [!todo] ${count === 1 ? "1 note waits" : `${count} notes wait`} for your decision`);
    lines.push(
      "> Read them in Pending_Approval/. Moving a note to Approved/ carries it out, moving it to Rejected/ does not.",
    );
  }
  return [...lines, ""];
}

function renderWaiting({ waiting }: DashboardModel): string[] {
  const shown = waiting.slice(0, MAX_WAITING);
  const rows = shown.map(({ from, subject, risk, state, expires }) => [
    from,
    subject,
    risk,
    state,
    expires === null ? "" : instant(expires),
  ]);
  const more = waiting.length > shown.length ? ["", `... and ${waiting.length - shown.length} more.`] : [];
  return [...table(["From", "Subject", "Risk", "Checked", "Until (UTC)"], rows), ...more];
}

function renderRefused({ refused }: DashboardModel): string[] {
  return bullets(
    refused.map(({ at, path, reason }) => `${instant(at)} A change to "${path}" was refused: ${reason}`),
  );
}

function renderAgents(model: DashboardModel): string[] {
  const rows = model.agents.map(({ name, state, seen, message }) => [
    name,
    state,
    instant(model.times[seen]),
    message,
  ]);
  return table(["Agent", "State", "Last seen (UTC)", "Says"], rows);
}

function renderActivity({ activity }: DashboardModel): string[] {
  const rows = activity.map(({ at, actor, action, target, result }) => [
    instant(at),
    actor,
    action.replaceAll("_", " "),
    target,
    result.slice(0, 160),
  ]);
  return table(["When (UTC)", "Who", "What", "On", "Result"], rows);
}

function renderFoot({ caps, times }: DashboardModel): string[] {
  const used = times.usedThisHour === null ? "" : ` ${times.usedThisHour} begun in the last hour.`;
  const at = times.now === null ? "" : ` Written ${instant(times.now)} UTC.`;
  return ["---", "", `At most ${caps.perHour} an hour and ${caps.perDay} a day are sent.${used}${at}`];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}`, "", ...lines, ""];
}

function bullets(lines: readonly string[]): string[] {
  return lines.map((line) => inert(`- ${inert(line)}`));
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map((cells) => inert(line(cells.map(cell))))];
}

/** A bar would begin another cell. */
function cell(text: string): string {
  return inert(text).replaceAll("|", "/") || "-";
}

/** Applied to a whole line too: two harmless texts beside each other can make a formula. */
function inert(text: string): string {
  try {
    return neutraliseLine(text);
  } catch {
    return "(cannot be shown)";
  }
}

function instant(at: string | null): string {
  return at === null || at === "" ? "-" : at.slice(0, 16).replace("T", " ");
}
