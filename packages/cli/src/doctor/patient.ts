import { resolve } from "node:path";
import type { Clock } from "@nightdesk/claim-lib";
import { describeError, isAgentName, NightdeskError, type AgentName } from "@nightdesk/claim-lib";
import { readEnvironment, type Environment } from "@nightdesk/daemon-kit/load-config";
import { findSettingProblems } from "../init/check-settings.ts";
import { isZone, type Zone } from "../init/zone.ts";
import { broken, look, ok, type Check } from "./check.ts";

/** The machine that is looked at. */
export interface Patient {
  zone: Zone;
  agent: AgentName;
  vaultPath: string;
  statePath: string;
  /** Every setting as the programs see it. Holds secrets: nothing of it is printed. */
  settings: Readonly<Record<string, string>>;
  env: Environment;
  clock: Clock;
}

const NAME = "settings";
const FIX = "Put the settings right, then run: npm run nightdesk -- init --check";

/** Checks the settings as the programs do at their start. `patient` is null when not even the folders are known. */
export async function readPatient(
  env: Environment,
  clock: Clock,
): Promise<{ patient: Patient | null; checks: Check[] }> {
  let settings: Record<string, string>;
  try {
    settings = readEnvironment(env);
  } catch (error) {
    return { patient: null, checks: [broken(NAME, describeError(error), FIX)] };
  }
  const { AGENT_TYPE: zone, VAULT_PATH: vaultPath, STATE_PATH: statePath } = settings;
  if (!isZone(zone) || vaultPath === undefined || statePath === undefined) {
    const says = "AGENT_TYPE, VAULT_PATH and STATE_PATH are not all set, so it is not known what to look at.";
    return {
      patient: null,
      checks: [broken(NAME, says, "Write a settings file with: npm run nightdesk -- init")],
    };
  }
  const name = settings["AGENT_NAME"];
  const patient: Patient = {
    zone,
    agent: name !== undefined && isAgentName(name) ? name : zone,
    vaultPath: resolve(vaultPath),
    statePath: resolve(statePath),
    settings,
    env,
    clock,
  };
  return { patient, checks: await checkValues(patient) };
}

async function checkValues({ zone, env, settings }: Patient): Promise<Check[]> {
  try {
    const problems = [...(await findSettingProblems({ ...env, AGENT_TYPE: zone }, zone)).values()];
    if (problems.length > 0) return problems.map((sentence) => broken(NAME, `${sentence}.`, FIX));
  } catch (error) {
    if (!NightdeskError.is(error)) throw error;
    return [broken(NAME, error.message, FIX)];
  }
  const where = zone === "local" ? "the laptop" : "the cloud";
  if (settings["DEV_MODE"] !== "true") return [ok(NAME, `Every value is right. This is ${where}.`)];
  return [
    look(
      NAME,
      `Every value is right. This is ${where}, in rehearsal (DEV_MODE=true): nothing is sent.`,
      "Set DEV_MODE=false when you are done trying things out.",
    ),
  ];
}
