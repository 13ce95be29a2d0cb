import { FOLDERS, neutraliseLine, vaultPath } from "@nightdesk/claim-lib";
import type { CloudPorts } from "./ports.ts";

export interface Report {
  /** One word for the dashboard, `needs_owner`. */
  kind: string;
  /** One sentence for the owner. May hold text from outside; it is made inert here. */
  message: string;
}

/** Something the owner should see, once. The laptop puts it on the dashboard and archives the note. */
export async function writeUpdate(ports: ReportPorts, report: Report): Promise<void> {
  await writeReport(ports, FOLDERS.updates, report);
}

/** Something the owner should do something about. */
export async function writeSignal(ports: ReportPorts, report: Report): Promise<void> {
  await writeReport(ports, FOLDERS.signals, report);
}

type ReportPorts = Pick<CloudPorts, "files" | "clock" | "random">;

/** Each report is a note of its own that never changes, so two writers cannot collide. */
async function writeReport(ports: ReportPorts, folder: string, { kind, message }: Report): Promise<void> {
  const at = new Date(ports.clock.now()).toISOString();
  const stamp = at.replace(/[-:]|\.\d+/g, "");
  const unique = Buffer.from(ports.random.bytes(6)).toString("hex");
  const line = toReportLine(message);
  const text = `---\nat: ${at}\nkind: ${kind}\nmessage: ${JSON.stringify(line)}\n---\n${line}\n`;
  await ports.files.write(vaultPath(folder, "cloud", `${stamp}-${unique}.md`), text);
}

/** Long enough for two sentences. What is cut is made inert again: a cut can leave half a character sequence. */
export function toReportLine(message: string): string {
  return neutraliseLine(neutraliseLine(message).slice(0, 600));
}
