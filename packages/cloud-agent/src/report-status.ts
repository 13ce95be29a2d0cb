import { CLOUD_STATUS, FOLDERS, listTasks } from "@nightdesk/claim-lib";
import { NOT_LOOKED_YET, type AgentHealth } from "./health.ts";
import type { CloudPorts, CloudSettings } from "./ports.ts";
import { toReportLine } from "./report-update.ts";

export interface StatusFigures {
  state: "starting" | "ok" | "stopped" | "trouble";
  waiting: number;
  inProgress: number;
  forApproval: number;
}

/** A status that only says "still alive" costs a commit and tells nothing: at most so often. */
const ALIVE_EVERY_MS = 15 * 60_000;
/** Counts change with every mail of a burst; trouble is told at once. */
const COUNTS_EVERY_MS = 10_000;

/** Keeps Cloud_Status.md. Returns the figures for `pm2 monit`. @param provider who thinks, `rules` or a model */
export function createStatusReport(
  ports: Pick<CloudPorts, "files" | "clock">,
  settings: CloudSettings,
  health: AgentHealth,
  provider: string,
): () => Promise<StatusFigures> {
  let written: { urgent: string; whole: string; atMs: number } | null = null;
  return async () => {
    const figures = await countTasks(ports, settings, health);
    const nowMs = ports.clock.now();
    const error =
      [health.mailError, health.thinkError].find((one) => one !== null && one !== NOT_LOOKED_YET) ?? null;
    const urgent = JSON.stringify([figures.state, error]);
    const whole = JSON.stringify([figures, error, health.taken, [...health.results]]);
    const sinceMs = written ? nowMs - written.atMs : Number.POSITIVE_INFINITY;
    const isDue =
      !written ||
      written.urgent !== urgent ||
      (written.whole !== whole && sinceMs >= COUNTS_EVERY_MS) ||
      sinceMs >= ALIVE_EVERY_MS ||
      // A clock set back must not silence the status for hours.
      sinceMs < 0;
    if (isDue) {
      await ports.files.write(CLOUD_STATUS, renderStatus({ figures, health, error, provider, nowMs }));
      written = { urgent, whole, atMs: nowMs };
    }
    return figures;
  };
}

async function countTasks(
  { files }: Pick<CloudPorts, "files">,
  settings: CloudSettings,
  health: AgentHealth,
): Promise<StatusFigures> {
  const count = async (folder: string) => (await listTasks(files, folder)).length;
  const trouble = health.mailError !== null || health.thinkError !== null;
  return {
    state: health.stopped
      ? "stopped"
      : health.mailError === NOT_LOOKED_YET
        ? "starting"
        : trouble
          ? "trouble"
          : "ok",
    waiting: await count(`${FOLDERS.needsAction}/${settings.needsAction}`),
    inProgress: await count(`${FOLDERS.inProgress}/cloud`),
    forApproval: await count(`${FOLDERS.pending}/${settings.channel}`),
  };
}

interface StatusFacts {
  figures: StatusFigures;
  health: AgentHealth;
  error: string | null;
  provider: string;
  nowMs: number;
}

const SENTENCES: Readonly<Record<StatusFigures["state"], string>> = {
  starting: "The cloud is starting.",
  ok: "The cloud is working.",
  stopped: "STOP.md lies in the vault: mail is taken in, nothing is drafted.",
  trouble: "The cloud is working, with trouble (see below).",
};

/** Front matter for the dashboard, sentences for the reader. */
function renderStatus({ figures, health, error, provider, nowMs }: StatusFacts): string {
  const line = (text: string | null) => (text === null ? "" : JSON.stringify(toReportLine(text)));
  const count = (result: string) => health.results.get(result) ?? 0;
  return [
    "---",
    `at: ${new Date(nowMs).toISOString()}`,
    `state: ${figures.state}`,
    `waiting: ${figures.waiting}`,
    `in_progress: ${figures.inProgress}`,
    `for_approval: ${figures.forApproval}`,
    `last_mail_check: ${health.lastMailCheck ?? ""}`,
    `last_error: ${line(error)}`,
    `thinks_with: ${line(provider)}`,
    "---",
    "# Cloud status",
    "",
    SENTENCES[figures.state],
    "",
    `- Waiting to be worked on: ${figures.waiting}`,
    `- Being worked on: ${figures.inProgress}`,
    `- Waiting for your decision: ${figures.forApproval}`,
    `- Since the start: mails taken in ${health.taken}, replies drafted ${count("proposed")}, no reply needed ${count("no_reply_needed")}`,
    `- Last look into the mailbox: ${health.lastMailCheck ?? "not yet"}`,
    `- Drafts are written by: ${provider === "rules" ? "the built-in template (no model is configured)" : toReportLine(provider)}`,
    `- Last error: ${error === null ? "none" : toReportLine(error)}`,
    "",
  ].join("\n");
}
