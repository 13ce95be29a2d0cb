import { lstat, open } from "node:fs/promises";
import { join } from "node:path";
import { describeError, NightdeskError, presentedSchema } from "@nightdesk/claim-lib";
import { openAppendLog } from "@nightdesk/daemon-kit/append-log";
import { openJournal, type Journal } from "@nightdesk/local-agent";
import { z } from "zod";
import { broken, count, look, ok, type Check } from "./check.ts";
import type { Patient } from "./patient.ts";

/** What the laptop keeps outside the vault, as far as it can be read. */
export interface StateRecords {
  checks: Check[];
  /** Null when it cannot be read, and on the cloud, which has none. */
  journal: Journal | null;
  /** Why an approved note waits, by task and revision. */
  held: Map<string, string>;
}

const RECORD_FILES = ["journal.jsonl", "decisions.jsonl", "presented.jsonl"] as const;
const NAME = "records";
const RESTORE =
  "Restore the state folder from a backup, or ask for help before deleting anything. Nothing is sent meanwhile.";

const decisionSchema = z.looseObject({
  type: z.string(),
  id: z.string().optional(),
  rev: z.int().optional(),
  notice: z.string().optional(),
  run: z.string().optional(),
});
type Decision = z.infer<typeof decisionSchema>;

/** Reads the three records: their checksums, whether one is missing or older than the others. */
export async function readStateRecords({ zone, statePath }: Patient): Promise<StateRecords> {
  const held = new Map<string, string>();
  if (zone === "cloud") return { checks: [], journal: null, held };
  const checks: Check[] = [];
  const attempt = async <T>(work: () => Promise<T>): Promise<T | null> => {
    try {
      return await work();
    } catch (error) {
      if (!NightdeskError.is(error)) throw error;
      checks.push(broken(NAME, describeError(error), RESTORE));
      return null;
    }
  };
  const logOf = (file: string) => openAppendLog(join(statePath, file));
  const journal = await attempt(() => openJournal(logOf("journal.jsonl")));
  const lines = await attempt(() => logOf("decisions.jsonl").readAll());
  const presented = await attempt(() => logOf("presented.jsonl").readAll());
  const decisions = (lines ?? []).flatMap((line) => decisionSchema.safeParse(line).data ?? []);
  for (const decision of decisions) note(held, decision);
  const isKnown = (lines: readonly unknown[]) =>
    lines.filter((line) => presentedSchema.safeParse(line).success);
  if (journal !== null && lines !== null) checks.push(...compareStarts(journal, decisions));
  for (const file of RECORD_FILES) checks.push(...(await checkFile(join(statePath, file), file)));
  if (checks.length === 0) {
    const [begun, shown] = [journal?.entries().length ?? 0, isKnown(presented ?? []).length];
    checks.push(
      ok(
        NAME,
        `Whole: ${count(begun, "effect")} in the journal, ${count(decisions.length, "decision")}, ${count(shown, "line")} of what was shown.`,
      ),
    );
  }
  return { checks, journal, held };
}

function note(held: Map<string, string>, { type, id, rev, notice }: Decision): void {
  const key = `${id}-r${rev}`;
  if (type === "held" && notice !== undefined) held.set(key, notice);
  else if (["taken_back", "snoozed", "expired", "returned", "rejected"].includes(type)) held.delete(key);
}

/** Every start is written into the journal and then into the decisions: the journal must know the last one. */
function compareStarts(journal: Journal, decisions: readonly Decision[]): Check[] {
  const last = decisions.findLast(({ type }) => type === "run")?.run;
  if (last === undefined || journal.runs().includes(last)) return [];
  const says = "The journal of what was sent is missing, or older than the record of decisions beside it.";
  return [broken(NAME, says, `${RESTORE} What lies in Approved/ is put aside at the next start.`)];
}

async function checkFile(path: string, file: string): Promise<Check[]> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return [];
  if (!found.isFile()) return [broken(NAME, `${file} is no plain file.`, RESTORE)];
  const checks: Check[] = [];
  if (process.platform !== "win32" && (found.mode & 0o077) !== 0)
    checks.push(broken(NAME, `${file} may be read by other users.`, `Run: chmod 600 "${path}"`));
  if (found.size > 0 && !(await endsWithNewline(path, found.size)))
    checks.push(
      look(
        NAME,
        `The last line of ${file} broke off (a program was killed while it wrote, or is writing now).`,
        "Nothing to do: such a line never counted, and the next one begins anew.",
      ),
    );
  return checks;
}

async function endsWithNewline(path: string, size: number): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    return buffer[0] === 0x0a;
  } finally {
    await file.close();
  }
}
