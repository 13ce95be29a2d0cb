import { existsSync } from "node:fs";
import { NightdeskError } from "@nightdesk/claim-lib";
import { readEnvironment, type Environment, type SettingProblem } from "@nightdesk/daemon-kit/load-config";
import { z } from "zod";
import { fail } from "../errors.ts";
import { isZone, type Zone } from "./zone.ts";

export interface CheckedSettings {
  zone: Zone;
  vaultPath: string;
  statePath: string;
  gitRemote: string;
}

/** Throws CONFIG_INVALID or CONFIG_FORBIDDEN_SECRET, as the program itself does at its start. */
type ReadConfig = (env: Environment) => unknown;

/**
 * Checks a settings file with the very code each program of the zone reads it with, and collects what
 * is wrong. The shell's variables do not count: PM2 passes none of them on.
 */
export async function checkSettings(file: string, zone: Zone | null): Promise<CheckedSettings> {
  if (!existsSync(file)) {
    throw fail(
      "CONFIG_INVALID",
      `There is no settings file ${file}. Write one with: npm run nightdesk -- init --type cloud|local`,
    );
  }
  const env = { NIGHTDESK_ENV_FILE: file };
  const values = readEnvironment(env);
  const type = values["AGENT_TYPE"] ?? zone;
  if (!isZone(type)) {
    throw fail(
      "CONFIG_INVALID",
      `AGENT_TYPE in ${file} must be cloud or local, for example AGENT_TYPE=local. Nothing was made.`,
    );
  }
  if (zone !== null && type !== zone) {
    throw fail(
      "CONFIG_INVALID",
      `${file} is for the ${type} (AGENT_TYPE=${type}), not for ${zone}. Nothing was made.`,
    );
  }
  const problems = await findSettingProblems({ ...env, AGENT_TYPE: type }, type);
  if (problems.size > 0) {
    const lines = [...problems.values()].map((sentence) => `  ${sentence}`);
    throw fail(
      "CONFIG_INVALID",
      `Some settings in ${file} are not right yet; nothing was made:\n${lines.join("\n")}`,
      {
        data: { variables: [...problems.keys()] },
      },
    );
  }
  return {
    zone: type,
    vaultPath: values["VAULT_PATH"] ?? "",
    statePath: values["STATE_PATH"] ?? "",
    gitRemote: values["GIT_REMOTE"] ?? "",
  };
}

/** What each program of the zone finds wrong with its settings, by name. Throws what is no setting's fault alone. */
export async function findSettingProblems(env: Environment, zone: Zone): Promise<Map<string, string>> {
  const problems = new Map<string, string>();
  for (const readConfig of await loadReaders(zone)) {
    for (const { name, sentence } of findProblems(() => readConfig(env))) {
      if (!problems.has(name)) problems.set(name, sentence);
    }
  }
  return problems;
}

const problemsSchema = z.array(z.object({ name: z.string(), sentence: z.string() }));

function findProblems(read: () => unknown): SettingProblem[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!NightdeskError.is(error)) throw error;
    const told = problemsSchema.safeParse(error.data["problems"]);
    // Anything else (a forbidden secret, a file others may read) is a sentence of its own.
    if (!told.success) throw error;
    return told.data;
  }
}

async function loadReaders(zone: Zone): Promise<ReadConfig[]> {
  const { readConfig: readSync } = await import("@nightdesk/vault-sync");
  const { readConfig: readEmail } = await import("@nightdesk/email-mcp");
  const { readConfig: readAgent } =
    zone === "cloud" ? await import("@nightdesk/cloud-agent") : await import("@nightdesk/local-agent");
  const mode = zone === "cloud" ? "draft" : "live";
  return [readSync, (env) => readEmail(env, { mode, transport: "socket" }), readAgent];
}
