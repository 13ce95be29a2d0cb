import { readFileSync } from "node:fs";
import { join } from "node:path";
import { nameOf, parseTaskName } from "@nightdesk/claim-lib";
import type { Journal, JournalEntry } from "@nightdesk/local-agent";
import type { AuditProof } from "./audit/prove-audit.ts";
import { broken, count, look, ok, type Check } from "./check.ts";

const NAME = "effects";
const MAX_TOLD = 10;
const LOST =
  "The journal was lost or put back, or somebody wrote into the vault. Compare with your sent mail before you approve anything again.";

/**
 * Three records of one effect must agree: the journal outside the vault, the audit in it, and the note in
 * Done/. Each alone could be lost or made up.
 */
export function checkEffects(
  vaultPath: string,
  journal: Journal,
  proof: AuditProof,
  done: readonly string[],
): Check[] {
  const entries = journal.entries();
  const checks = [
    ...findUnaudited(entries, proof),
    ...findUnjournaled(entries, proof),
    ...checkDone(vaultPath, journal, done),
  ];
  if (checks.length > MAX_TOLD) {
    const more = checks.length - MAX_TOLD;
    return [...checks.slice(0, MAX_TOLD), broken(NAME, `And ${more} more like these.`, "See above.")];
  }
  if (checks.length > 0) return checks;
  const sent = entries.filter(({ intent, outcome }) => intent.mode === "live" && outcome !== null).length;
  return [
    ok(
      NAME,
      `${count(sent, "effect")} in the journal, each with its line in the audit; every sent note in Done/ is in the journal.`,
    ),
  ];
}

function findUnaudited(entries: readonly JournalEntry[], { claims }: AuditProof): Check[] {
  const audited = new Set(claims.effects.map(({ nonce }) => nonce));
  return entries.flatMap(({ intent, state, outcome }) => {
    if (intent.mode !== "live" || outcome === null || audited.has(intent.nonce)) return [];
    const what = `${intent.id} was sent at ${outcome.sentAt} (provider's id ${outcome.ref})`;
    // The line is written between these two records of the journal.
    if (state === "committed")
      return [
        look(NAME, `${what}, and its note is not finished yet.`, "local-agent finishes it when it runs."),
      ];
    return [
      broken(
        NAME,
        `${what}, but no line of the audit says so.`,
        "A line was taken out of Logs/local/, or its file is missing.",
      ),
    ];
  });
}

function findUnjournaled(entries: readonly JournalEntry[], { claims }: AuditProof): Check[] {
  const known = new Set(entries.map(({ intent }) => intent.nonce));
  // A task begun again after a doubt has a new nonce in its entry.
  const ids = new Set(entries.map(({ intent }) => intent.id));
  return claims.effects
    .filter(({ isLive, nonce, id }) => isLive && !known.has(nonce) && !ids.has(id))
    .map(({ id }) =>
      broken(NAME, `The audit says that ${id} was sent, but the journal does not know it.`, LOST),
    );
}

function checkDone(vaultPath: string, journal: Journal, done: readonly string[]): Check[] {
  return done.flatMap((path) => {
    const id = parseTaskName(nameOf(path))?.id;
    if (id === undefined || !saysSent(join(vaultPath, path))) return [];
    const entry = journal.get(id);
    if (entry?.outcome && entry.intent.file === nameOf(path)) return [];
    return [broken(NAME, `"${path}" says that it was sent, but the journal has no such effect.`, LOST)];
  });
}

/** The front matter's own line: 100,000 notes are too many to parse. */
function saysSent(file: string): boolean {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return false;
  }
  const end = text.indexOf("\n---", 3);
  return /^outcome:\s*["']?sent["']?\s*$/m.test(end < 0 ? text : text.slice(0, end));
}
