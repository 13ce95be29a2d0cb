import {
  auditPath,
  auditSchema,
  doneFolder,
  FOLDERS,
  parseTaskName,
  type AuditRecord,
  type Role,
  type SyncStatus,
} from "@nightdesk/claim-lib";
import type { DashboardModel } from "./dashboard.ts";
import { findHalt } from "./find-halt.ts";
import type { Caps } from "./limits.ts";
import { listReports } from "./merge-reports.ts";
import { pendingFolder } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { listAside } from "./put-aside.ts";
import { readCloudStatus, readSyncStatus, type CloudStatus } from "./read-status.ts";

import type { WaitingNote } from "./waiting-notes.ts";

/** Where the figures come from, besides the vault. */
export interface DashboardSources {
  listWaiting: () => Promise<WaitingNote[]>;
  held: () => ReadonlyMap<string, string>;
  /** What keeps something begun from ending, by task id. */
  stuck: () => ReadonlyMap<string, string>;
  /** What keeps waiting notes from being checked. */
  trouble: () => string | null;
  caps: Caps;
  usedThisHour: () => number;
}

const MAX_ACTIVITY = 15;
const MAX_REFUSED = 10;
/** The cloud writes its status at least every 15 minutes. */
const SILENT_AFTER_MS = 20 * 60_000;

export interface Gathered {
  model: DashboardModel;
  sync: SyncStatus | null;
}

/** Reads together what the dashboard shows. */
export async function gatherDashboard(ports: Ports, sources: DashboardSources): Promise<Gathered> {
  const nowMs = ports.clock.now();
  const sync = await readSyncStatus(ports.readState);
  const cloud = await readCloudStatus(ports);
  const waiting = await sources.listWaiting();
  const folders = await listFolders(ports, nowMs);
  const model: DashboardModel = {
    times: {
      now: new Date(nowMs).toISOString(),
      lastSync: sync?.lastSyncAt ?? null,
      cloudSeen: latest(cloud?.at, sync?.peerLastCommitAt),
      usedThisHour: sources.usedThisHour(),
    },
    halt: await findHalt(ports),
    isRehearsal: ports.mode === "dry_run",
    waiting: waiting.map(showWaiting),
    held: [
      ...[...sources.held()].map(([path, sentence]) => ({
        note: path.slice(path.lastIndexOf("/") + 1),
        sentence,
      })),
      ...[...sources.stuck()].map(([id, sentence]) => ({
        note: ports.journal.get(id)?.intent.file ?? id,
        sentence,
      })),
    ],
    attention: await listAside(ports),
    counts: folders.map(({ folder, meaning, names }) => ({ folder, meaning, count: names.length })),
    agents: showAgents(sync, cloud, sources.trouble(), nowMs),
    refused: (sync?.refused ?? []).slice(-MAX_REFUSED).toReversed(),
    reports: await listReports(ports),
    caps: sources.caps,
    activity: nameTargets(
      await listActivity(ports, nowMs),
      folders.flatMap(({ names }) => names),
    ),
  };
  return { model, sync };
}

function showWaiting(note: WaitingNote): DashboardModel["waiting"][number] {
  const expires = note.expiresMs === null ? null : new Date(note.expiresMs).toISOString();
  const state = note.problem ?? (note.isChecked ? "yes, see the note" : "not yet");
  return { from: note.from, subject: note.subject, risk: note.risk, state, expires };
}

function latest(...instants: (string | null | undefined)[]): string | null {
  return (
    instants
      .flatMap((at) => (at ? [new Date(at).toISOString()] : []))
      .sort()
      .at(-1) ?? null
  );
}

interface ListedFolder {
  folder: string;
  meaning: string;
  /** File names of the notes, reasons left out. */
  names: string[];
}

async function listFolders(ports: Ports, nowMs: number): Promise<ListedFolder[]> {
  const list = async (folders: readonly string[]) => {
    const lists = await Promise.all(folders.map((folder) => ports.files.list(folder)));
    return lists.flat().filter((name) => name.endsWith(".md") && !name.startsWith("WHY "));
  };
  const rows: [string, string, string[]][] = [
    [
      `${FOLDERS.needsAction}/`,
      "new work",
      ports.channels.map(({ needsAction }) => `${FOLDERS.needsAction}/${needsAction}`),
    ],
    [`${FOLDERS.inProgress}/cloud/`, "being drafted", [`${FOLDERS.inProgress}/cloud`]],
    [`${FOLDERS.pending}/`, "waits for your decision", ports.channels.map(pendingFolder)],
    [`${FOLDERS.approved}/`, "approved", [FOLDERS.approved]],
    [`${FOLDERS.scheduled}/`, "approved, for later", [FOLDERS.scheduled]],
    [`${FOLDERS.snoozed}/`, "comes back later", [FOLDERS.snoozed]],
    [`${FOLDERS.inProgress}/local/`, "being carried out", [`${FOLDERS.inProgress}/local`]],
    [`${FOLDERS.needsAttention}/`, "something is in doubt", [FOLDERS.needsAttention]],
    [`${FOLDERS.rejected}/`, "you said no", [FOLDERS.rejected]],
    [
      `${FOLDERS.expired}/`,
      "not decided in time; moved back to Pending_Approval/ they are checked again",
      [FOLDERS.expired],
    ],
    [`${doneFolder(nowMs)}/`, "finished this month", [doneFolder(nowMs)]],
  ];
  return Promise.all(
    rows.map(async ([folder, meaning, folders]) => ({ folder, meaning, names: await list(folders) })),
  );
}

/** An id tells the owner nothing: the note's own name where it can be found. */
function nameTargets(
  activity: DashboardModel["activity"],
  files: readonly string[],
): DashboardModel["activity"] {
  const names = new Map(
    files.flatMap((file) => {
      const name = parseTaskName(file);
      return name ? [[name.id, `${name.who} - ${name.subject}`] as const] : [];
    }),
  );
  return activity.map((record) => ({ ...record, target: names.get(record.target) ?? record.target }));
}

function showAgents(
  sync: SyncStatus | null,
  cloud: CloudStatus | null,
  trouble: string | null,
  nowMs: number,
): DashboardModel["agents"] {
  const seen = latest(cloud?.at, sync?.peerLastCommitAt);
  const isSilent = seen !== null && nowMs - Date.parse(seen) > SILENT_AFTER_MS;
  return [
    { name: "Laptop", state: trouble === null ? "ok" : "trouble", seen: "now", message: trouble ?? "" },
    {
      name: "Sync",
      state: sync?.state ?? "not running yet",
      seen: "lastSync",
      message: sync?.state === "ok" ? "" : (sync?.message ?? ""),
    },
    {
      name: "Cloud",
      state: isSilent ? "silent" : (cloud?.state ?? "not heard of yet"),
      seen: "cloudSeen",
      message: cloud?.last_error ?? "",
    },
  ];
}

/** The newest records of today and yesterday; the sync daemon's own would make each sync cause another. */
async function listActivity(ports: Ports, nowMs: number): Promise<DashboardModel["activity"]> {
  const days = [nowMs - 86_400_000, nowMs].map((atMs) => new Date(atMs).toISOString());
  const roles: Role[] = ["local", "cloud"];
  const texts = await Promise.all(
    days.flatMap((day) => roles.map((role) => ports.files.read(auditPath(role, day)).catch(() => null))),
  );
  return texts
    .flatMap((text) => (text ?? "").split("\n").slice(-MAX_ACTIVITY - 1))
    .flatMap(readRecord)
    .sort((a, b) => (a.timestamp < b.timestamp ? 1 : -1))
    .slice(0, MAX_ACTIVITY)
    .map((record) => ({
      at: record.timestamp,
      actor: record.actor,
      action: record.action_type,
      target: record.target,
      result: record.result,
    }));
}

function readRecord(line: string): AuditRecord[] {
  try {
    const parsed = auditSchema.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data] : [];
  } catch {
    return [];
  }
}
