import { findActiveContent, FOLDERS, isSafeName, NightdeskError, splitNote } from "@nightdesk/claim-lib";
import { z } from "zod";
import type { DashboardModel } from "./dashboard.ts";
import type { Ports } from "./ports.ts";

type Report = DashboardModel["reports"][number];

const SOURCES = [
  { folder: `${FOLDERS.signals}/cloud`, kind: "warning" },
  { folder: `${FOLDERS.updates}/cloud`, kind: "report" },
] as const;

/** How many reports the dashboard shows; older ones lie in the archive. */
const MAX_SHOWN = 8;

const schema = z.object({ at: z.iso.datetime(), message: z.string().max(2000) });

/** Moves what the cloud reported into the month's archive, from where the dashboard quotes it. */
export async function archiveReports(ports: Pick<Ports, "files" | "clock" | "log">): Promise<void> {
  const month = new Date(ports.clock.now()).toISOString().slice(0, 7);
  for (const { folder } of SOURCES) {
    for (const name of await ports.files.list(folder)) {
      if (!name.endsWith(".md") || !isSafeName(name)) continue;
      const target = `${folder}/archive/${month}/${name}`;
      try {
        await ports.files.move(`${folder}/${name}`, target);
      } catch (error) {
        if (!NightdeskError.is(error)) throw error;
        // The same name was archived before, or sync took the note away meanwhile.
        ports.log.warn({ event: "report.not_archived", path: `${folder}/${name}`, error });
      }
    }
  }
}

/** The newest reports, each as one inert line. */
export async function listReports(ports: Pick<Ports, "files" | "clock">): Promise<Report[]> {
  const reports: Report[] = [];
  for (const { folder, kind } of SOURCES) {
    const paths = (
      await Promise.all(
        lastMonths(ports.clock.now()).map((month) => listIn(ports, `${folder}/archive/${month}`)),
      )
    ).flat();
    // Names begin with their instant.
    for (const path of paths.slice(-MAX_SHOWN)) reports.push({ kind, ...(await readReport(ports, path)) });
  }
  return reports.sort((a, b) => (a.at < b.at ? 1 : -1)).slice(0, MAX_SHOWN);
}

async function listIn(ports: Pick<Ports, "files">, folder: string): Promise<string[]> {
  return (await ports.files.list(folder)).sort().map((name) => `${folder}/${name}`);
}

function lastMonths(nowMs: number): string[] {
  const now = new Date(nowMs);
  const before = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));
  return [before, now].map((date) => date.toISOString().slice(0, 7));
}

async function readReport(ports: Pick<Ports, "files">, path: string): Promise<Omit<Report, "kind">> {
  const text = (await ports.files.read(path)) ?? "";
  const unreadable = { at: "", message: `A report of the cloud cannot be shown here; it lies at ${path}` };
  if (findActiveContent(text).length > 0) return unreadable;
  try {
    const parsed = schema.safeParse(splitNote(text).data);
    return parsed.success ? parsed.data : unreadable;
  } catch {
    return unreadable;
  }
}
