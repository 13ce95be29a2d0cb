import { connect } from "node:net";
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isLockHeld } from "@nightdesk/daemon-kit/process-lock";
import { broken, look, ok, type Check } from "./check.ts";
import type { Patient } from "./patient.ts";

export interface Running {
  sync: boolean;
  agent: boolean;
  checks: Check[];
}

const START = "Start them: pm2 start ecosystem.config.cjs (pm2 ls shows what runs).";

/** Which of this machine's programs run: each holds its lock as long as it lives. */
export async function checkPrograms({ zone, statePath, settings }: Patient): Promise<Running> {
  const agentName = zone === "local" ? "local-agent" : "cloud-agent";
  const runs = (name: string) => {
    const path = join(statePath, `${name}.lock`);
    return existsSync(path) && isLockHeld(path);
  };
  const [sync, agent] = [runs("vault-sync"), runs(agentName)];
  const mail = await answers(settings["EMAIL_MCP_SOCKET"] ?? join(statePath, "mcp", "email.sock"));
  const all = { "vault-sync": sync, [agentName]: agent, "email-mcp": mail };
  const down = Object.keys(all).filter((name) => !all[name]);
  const check =
    down.length === 0
      ? ok("programs", `${Object.keys(all).join(", ")} run.`)
      : look("programs", `Not running: ${down.join(", ")}.`, START);
  return { sync, agent, checks: [check] };
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    const end = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

const DAY_MS = 24 * 60 * 60_000;

/** A login's own age is nowhere recorded; the settings file tells how old it can be at the least. */
export async function checkLogin({ env, settings, clock }: Patient): Promise<Check[]> {
  if (settings["GMAIL_REFRESH_TOKEN"] === undefined)
    return [
      broken(
        "login",
        "There is no login for the mailbox (GMAIL_REFRESH_TOKEN).",
        "Make one as the README says.",
      ),
    ];
  const file = env["NIGHTDESK_ENV_FILE"] ?? join(import.meta.dirname, "../../../..", ".env");
  const found = await stat(file).catch(() => null);
  if (found === null) return [ok("login", "Set; how old it is, is not known.")];
  const days = Math.floor((clock.now() - found.mtimeMs) / DAY_MS);
  return [
    ok(
      "login",
      `Set; its age is not recorded, and the settings were last changed ${days === 0 ? "today" : `${days} days ago`}. (Google ends logins of a project in "testing" after 7 days.)`,
    ),
  ];
}
