import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describeError, NightdeskError } from "@nightdesk/claim-lib";
import { broken, count, look, ok, type Check } from "../check.ts";
import { short } from "../check-remote.ts";
import type { Patient } from "../patient.ts";
import { readProvenUpTo, writeProvenUpTo } from "./proof-file.ts";
import { proveAudit, type AuditProof } from "./prove-audit.ts";
import type { Offence } from "./prove-file.ts";

export interface AuditFigures {
  auditLines: number;
  auditCommits: number;
  /** Lines that any version of a record has otherwise than the one before. */
  auditChanged: number;
  /** Of those, the ones that were put back. */
  auditPutBack: number;
}

export interface AuditResult extends AuditFigures {
  checks: Check[];
  proof: AuditProof | null;
}

const NAME = "audit";
/** Shorter ones are read anew each time: a second or two. 50,000 commits take half a minute. */
const LONG_HISTORY = 5_000;
/** Told one by one; more would hide the rest of what the doctor says. */
const MAX_TOLD = 20;

/** Was any line of the records ever changed? `full` reads the whole history, whatever was proved before. */
export async function checkAudit(patient: Patient, full: boolean): Promise<AuditResult> {
  const { statePath, vaultPath, env, clock } = patient;
  const earlier = full ? null : await readProvenUpTo(statePath);
  const before = earlier !== null && earlier.commits >= LONG_HISTORY ? earlier : null;
  let proof: AuditProof;
  try {
    const given = { vaultPath, before, gitDir: join(statePath, "git"), env };
    proof = await proveAudit(given, (durationMs) => clock.sleep(durationMs));
  } catch (error) {
    if (!NightdeskError.is(error)) throw error;
    const check = broken(
      NAME,
      describeError(error),
      "The history could not be read: npm run nightdesk -- repair",
    );
    return { checks: [check], proof: null, auditLines: 0, auditCommits: 0, auditChanged: 0, auditPutBack: 0 };
  }
  // Only saves time later; a state folder that cannot be written is told by other checks.
  if (proof.proven !== null) await writeProvenUpTo(statePath, proof.proven).catch(() => undefined);
  const linesOf = (offences: readonly Offence[]) => offences.reduce((sum, { lines }) => sum + lines, 0);
  const figures: AuditFigures = {
    auditLines: proof.claims.lines,
    auditCommits: proof.commits,
    auditChanged: linesOf(proof.offences),
    auditPutBack: linesOf(proof.offences.filter(({ putBackBy }) => putBackBy !== null)),
  };
  return {
    checks: [...tellProof(proof, statePath), ...(await tellUnknown(patient, proof))],
    proof,
    ...figures,
  };
}

function tellProof(proof: AuditProof, statePath: string): Check[] {
  if (proof.offences.length > 0) {
    const told = proof.offences.slice(0, MAX_TOLD).map((offence) => tellOffence(offence, statePath));
    const more = proof.offences.length - told.length;
    return more > 0 ? [...told, broken(NAME, `And ${more} more like these.`, "See above.")] : told;
  }
  if (proof.tip === null)
    return [look(NAME, "Nothing was synced yet, so there is nothing to compare.", "Start vault-sync.")];
  const what = `${count(proof.claims.lines, "line")} in ${count(proof.files, "record")}, over ${count(proof.commits, "commit")} up to ${short(proof.tip)}`;
  return [ok(NAME, `No line was ever changed or removed (${what}).`)];
}

function tellOffence(offence: Offence, statePath: string): Check {
  const { path, line, by, putBackBy } = offence;
  const where = `${path} line ${line}${offence.lines > 1 ? ` and ${offence.lines - 1} more` : ""}`;
  const did = DID[offence.kind];
  const said = describeLine(offence.was);
  const who =
    by === null
      ? "in this machine's vault folder, after it was synced"
      : `by commit ${by.commit} (${by.author}, ${new Date(by.atMs).toISOString()})`;
  const says = `${where} ${did} ${who}${said === "" ? "" : `. It said: ${said}`}`;
  if (putBackBy !== null)
    return look(
      NAME,
      `${says} It was put back by ${short(putBackBy)}; the record is whole.`,
      `Somebody with the key of "${by?.author ?? "a machine"}" tried to change the record: change that machine's keys.`,
    );
  return broken(
    NAME,
    says,
    `Trust no later line of this record. ${whereTrue(path, by?.commit ?? null, statePath)}`,
  );
}

/** A name somebody else chose is not put into a command an owner may paste. */
const PLAIN_PATH = /^[\w./-]+$/;

function whereTrue(path: string, commit: string | null, statePath: string): string {
  const from = commit === null ? "refs/nightdesk/base" : `${commit}^`;
  if (!PLAIN_PATH.test(path)) return `The true one is in the history, at ${from}.`;
  return `The true one is in the history: git --git-dir="${join(statePath, "git")}" show "${from}:${path}"`;
}

const DID: Readonly<Record<Offence["kind"], string>> = {
  changed: "was changed",
  "removed lines": "was taken away or cut short",
  "removed file": "is gone with its whole file, removed",
  "no plain file": "was replaced by something that is no plain file",
};

/** What a record's line is about, without its details. */
function describeLine(text: string): string {
  try {
    const { action_type: action, target, timestamp } = JSON.parse(text) as Record<string, unknown>;
    return `${String(timestamp)} ${String(action)} ${String(target).slice(0, 100)}.`;
  } catch {
    return text === "" ? "" : `${text.slice(0, 100)}.`;
  }
}

/** A history that was made anew lacks commits that older lines of the record speak of. */
async function tellUnknown({ statePath, agent }: Patient, proof: AuditProof): Promise<Check[]> {
  const own = proof.unknownCommits.filter((one) => one.agent === agent);
  const [first] = own.length > 0 ? own : proof.unknownCommits;
  if (first === undefined) return [];
  const number = count(proof.unknownCommits.length, "commit");
  const says = `The records name ${number} that the history does not hold, the first ${first.commit} (in Logs/${first.agent}/)`;
  const names = await readdir(statePath).catch(() => []);
  const repair = names
    .filter((name) => name.startsWith("repair-"))
    .sort()
    .at(-1);
  if (repair !== undefined)
    return [
      look(
        NAME,
        `${says}. A repair was made here (${repair}), and the history may have begun anew with it.`,
        "Nothing to do if you made that repair.",
      ),
    ];
  if (own.length === 0)
    return [look(NAME, `${says}; only the other machine says so.`, "Run doctor on that machine.")];
  return [
    broken(
      "history",
      `${says}: it was rewritten after this machine had synced it.`,
      "If you did not rewrite it yourself, treat the remote as taken over: npm run nightdesk -- repair",
    ),
  ];
}
