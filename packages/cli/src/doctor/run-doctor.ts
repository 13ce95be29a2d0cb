import { parseArgs } from "node:util";
import { systemClock } from "@nightdesk/daemon-kit/system-clock";
import { fail } from "../errors.ts";
import type { CommandWorld } from "../run-command.ts";
import { toTerminalJson, toTerminalLine } from "../terminal-text.ts";
import { checkAudit, type AuditFigures } from "./audit/check-audit.ts";
import type { Check } from "./check.ts";
import { checkEffects } from "./check-effects.ts";
import { checkDisk, checkFolders, checkGit, checkKeys } from "./check-machine.ts";
import { checkLogin, checkPrograms } from "./check-programs.ts";
import { checkRemote, checkSyncStatus } from "./check-remote.ts";
import { checkAside, checkLinks, checkPlugins, checkStop, checkWaiting } from "./check-vault.ts";
import { readPatient, type Patient } from "./patient.ts";
import { readStateRecords } from "./read-state-records.ts";
import { scanVault } from "./scan-vault.ts";

interface Findings extends AuditFigures {
  checks: Check[];
}

const NOTHING_READ: AuditFigures = { auditLines: 0, auditCommits: 0, auditChanged: 0, auditPutBack: 0 };

/**
 * `nightdesk doctor`: looks at everything that must hold on this machine, and proves the audit against the
 * git history. Changes nothing but its own note of what it has proved. 0: nothing is broken; 1: something is.
 */
export async function runDoctor(argv: string[], world: CommandWorld): Promise<number> {
  const options = parseOptions(argv);
  const { patient, checks } = await readPatient(world.env, systemClock);
  const found = patient === null ? { checks, ...NOTHING_READ } : await examine(patient, checks, options.full);
  const isOk = found.checks.every(({ state }) => state !== "broken");
  if (options.json) world.print(toTerminalJson({ ok: isOk, ...found }));
  else for (const line of render(found.checks)) world.print(line);
  return isOk ? 0 : 1;
}

function parseOptions(argv: string[]): { json: boolean; full: boolean } {
  try {
    const { values } = parseArgs({
      args: argv,
      options: { json: { type: "boolean", default: false }, full: { type: "boolean", default: false } },
    });
    return values;
  } catch (error) {
    const why = error instanceof Error ? error.message.split(". ")[0] : "";
    throw fail(
      "USAGE",
      `doctor was not understood: ${why}. Nothing was looked at. "nightdesk help" shows how it is used.`,
    );
  }
}

async function examine(patient: Patient, settings: readonly Check[], full: boolean): Promise<Findings> {
  const programs = await checkPrograms(patient);
  const scan = scanVault(patient.vaultPath);
  const records = await readStateRecords(patient);
  const audit = await checkAudit(patient, full);
  const { checks: auditChecks, proof, ...figures } = audit;
  const effects =
    records.journal === null || proof === null
      ? []
      : checkEffects(patient.vaultPath, records.journal, proof, scan.done);
  const checks = [
    ...settings,
    ...(await checkKeys(patient)),
    ...(await checkFolders(patient)),
    ...(await checkDisk(patient)),
    ...(await checkGit(patient)),
    ...(await checkLogin(patient)),
    ...programs.checks,
    ...(await checkRemote(patient, proof?.tip ?? null)),
    ...(await checkSyncStatus(patient, programs.sync)),
    ...checkLinks(scan),
    ...(await checkPlugins(patient)),
    ...checkStop(scan),
    ...checkWaiting(patient, scan, records, programs.agent),
    ...checkAside(scan),
    ...records.checks,
    ...auditChecks,
    ...effects,
  ];
  return { checks, ...figures };
}

const NAME_WIDTH = 10;
const STATE_WIDTH = 7;

function render(checks: readonly Check[]): string[] {
  const lines = checks.map(
    ({ name, state, says, todo }) =>
      `${state.padEnd(STATE_WIDTH)} ${name.padEnd(NAME_WIDTH)} ${toTerminalLine(`${says}${todo === undefined ? "" : ` -> ${todo}`}`)}`,
  );
  const number = (state: Check["state"]) => checks.filter((check) => check.state === state).length;
  const [toLook, wrong] = [number("look"), number("broken")];
  if (wrong > 0) lines.push(`${wrong} broken, ${toLook} to look at.`);
  else lines.push(toLook > 0 ? `Nothing is broken; ${toLook} to look at.` : "Everything is well.");
  return lines;
}
