import {
  MAX_NOTE_BYTES,
  nameOf,
  parseNote,
  parseTaskName,
  sha256Hex,
  type Kinds,
  type TaskNote,
} from "@nightdesk/claim-lib";
import { isSignedBy, type HistoryCommit, type VaultHistory } from "@nightdesk/vault-sync";
import type { KeyObject } from "node:crypto";
import type { SyncedChange, Trail } from "./read-trail.ts";

/** One commit's change of one revision of the item. */
export interface Step {
  commit: string;
  at: string;
  /** `cloud`, `local`, or what else the commit calls itself. */
  by: string;
  rev: number;
  from: string | null;
  to: string | null;
  /** The note as that commit has it; null when it was removed or cannot be read as one. */
  note: TaskNote | null;
  sha256: string | null;
}

/** Longer histories are not walked for one item: the sync records name the commits that matter. */
const SHORT_HISTORY = 3_000;

interface Given {
  history: VaultHistory;
  kinds: Kinds;
  trail: Trail;
  id: string;
  /** This machine's name, and its key, to tell its own commits from those that only say so. */
  own: { agent: string; key: KeyObject } | null;
}

/** Every change of the item's notes that is in the git history, oldest first. */
export async function readSteps(given: Given): Promise<Step[]> {
  const { history, id, trail } = given;
  const known = await history.ancestors();
  const changes =
    known.size <= SHORT_HISTORY
      ? await walkHistory(history, id)
      : changesOf(trail.synced.filter(({ commit }) => known.has(commit)));
  const steps: Step[] = [];
  const whos = new Map<string, string>();
  for (const change of changes) {
    const by = whos.get(change.commit) ?? (await findMaker(given, change.commit));
    whos.set(change.commit, by);
    steps.push(await readStep(given, change, by));
  }
  return steps;
}

interface Change {
  commit: string;
  atMs: number;
  from: string | null;
  to: string | null;
  oid: string | null;
}

/** @param id a checked task id: it becomes part of a pattern */
async function walkHistory(history: VaultHistory, id: string): Promise<Change[]> {
  const changes: Change[] = [];
  for await (const commit of history.commitsOf([`:(glob)**/*~${id}-r*.md`]))
    changes.push(...pairChanges(commit));
  return changes;
}

/** What went away and came in one commit under one name was moved. */
function pairChanges(commit: HistoryCommit): Change[] {
  const gone = new Map(
    commit.changes.filter(({ oid }) => oid === null).map(({ path }) => [nameOf(path), path]),
  );
  const given = { commit: commit.oid, atMs: commit.atMs };
  const came = commit.changes.flatMap(({ path, oid }) => {
    if (oid === null) return [];
    const from = gone.get(nameOf(path)) ?? null;
    gone.delete(nameOf(path));
    return [{ ...given, from, to: path, oid }];
  });
  return [...came, ...[...gone.values()].map((from) => ({ ...given, from, to: null, oid: null }))];
}

/** The same out of the sync records: each commit once, whoever tells of it. */
function changesOf(synced: readonly SyncedChange[]): Change[] {
  const seen = new Set<string>();
  return synced
    .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
    .flatMap(({ commit, at, from, to }) => {
      const key = `${commit} ${to ?? from ?? ""}`;
      if (seen.has(key)) return [];
      seen.add(key);
      return [{ commit, atMs: Date.parse(at), from, to, oid: null }];
    });
}

async function findMaker({ history, own }: Given, commit: string): Promise<string> {
  const read = await history.readCommit(commit);
  const name = read.author.replace(/ <[^>]*>$/, "").replace(/^nightdesk /, "");
  if (own === null || name !== own.agent || isSignedBy(read, own.key)) return name;
  return `somebody who calls themselves ${name}`;
}

async function readStep({ history, kinds, trail }: Given, change: Change, by: string): Promise<Step> {
  const { commit, from, to } = change;
  const path = to ?? from ?? "";
  const published = trail.synced.find((one) => one.commit === commit && one.isPublished);
  const oid = change.oid ?? (to === null ? null : await history.blobAt(commit, to));
  const text = oid === null ? null : await readText(history, oid);
  return {
    commit,
    // Without a record of the push only the commit's second is known: within it, at its end.
    at: published?.at ?? new Date(change.atMs + (change.atMs % 1000 === 0 ? 999 : 0)).toISOString(),
    by,
    rev: parseTaskName(nameOf(path))?.rev ?? 0,
    from,
    to,
    note: text === null ? null : readNote(text, kinds),
    sha256: text === null ? null : sha256Hex(text),
  };
}

async function readText(history: VaultHistory, oid: string): Promise<string | null> {
  try {
    return Buffer.from(await history.readBlob(oid, MAX_NOTE_BYTES)).toString("utf8");
  } catch {
    return null;
  }
}

function readNote(text: string, kinds: Kinds): TaskNote | null {
  try {
    return parseNote(text, kinds);
  } catch {
    return null;
  }
}
