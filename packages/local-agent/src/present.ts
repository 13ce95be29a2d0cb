import { describeError, renderNote } from "@nightdesk/claim-lib";
import { moveToExpired } from "./ask-again.ts";
import { keepDraft } from "./drafts.ts";
import { judgePresented } from "./judge-presented.ts";
import { MAX_PARALLEL } from "./limits.ts";
import { derive, readSource } from "./mailbox.ts";
import { readActionNote, readFile } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { gatherStrays, writePresented } from "./put-before-owner.ts";
import { needsRenewal, recordExpired, renewNote } from "./renew.ts";
import { runPool } from "./run-pool.ts";
import { wakeSnoozed } from "./snooze.ts";
import { tellTakenBack } from "./taken-back.ts";
import { targetsOf } from "./targets.ts";
import type { WaitingNote } from "./waiting-notes.ts";

export interface Presenter {
  /** Looks at what waits for the owner. Resolves with when to look again; null when nothing is left to do. */
  look(): Promise<number | null>;
  /** What keeps notes from being checked, or null. */
  trouble(): string | null;
}

const RETRY_MS = 5_000;

/** Checks each note that came from the cloud against the owner's own mailbox, once, before it is decided on. */
export function createPresenter(ports: Ports, listWaiting: () => Promise<WaitingNote[]>): Presenter {
  /** Notes that need nothing more, by path, as long as their bytes stay the same. */
  const settled = new Map<string, string>();
  let trouble: string | null = null;
  return {
    async look() {
      await recordExpired(ports);
      await gatherStrays(ports);
      const snoozedForMs = await wakeSnoozed(ports);
      const notes = await listWaiting();
      const paths = new Set(notes.map(({ path }) => path));
      for (const path of settled.keys()) if (!paths.has(path)) settled.delete(path);
      // What comes back is checked again first; whether that worked, its old time to decide is over.
      const back = new Set(
        notes.filter(({ name }) => needsRenewal(ports, name.id, name.rev)).map(({ path }) => path),
      );
      const open = notes.filter((note) => back.has(note.path) || settled.get(note.path) !== note.sha256);
      let failed: string | null = null;
      await runPool(open, MAX_PARALLEL, async (note) => {
        try {
          if (await presentOne(ports, note)) settled.set(note.path, note.sha256);
        } catch (error) {
          failed ??= describeError(error);
          ports.log.warn({ event: "present.waits", id: note.name.id, error });
        }
      });
      trouble = failed;
      await dropOutdated(
        ports,
        notes.filter(({ path }) => !back.has(path)),
      );
      if (failed !== null) return Math.min(RETRY_MS, snoozedForMs ?? RETRY_MS);
      return snoozedForMs;
    },
    trouble: () => trouble,
  };
}

/** True when there is nothing more to do for these bytes. */
async function presentOne(ports: Ports, waiting: WaitingNote): Promise<boolean> {
  const { id, rev } = waiting.name;
  await keepDraft(ports, waiting.name, waiting);
  if (needsRenewal(ports, id, rev)) {
    await renewNote(ports, waiting.path);
    return false;
  }
  const stay = ports.ledger.lastStay(id, rev);
  if (stay?.type === "held" && stay.notice === waiting.notice) {
    await tellTakenBack(ports, waiting.name, Date.parse(stay.at));
    return false;
  }
  const presented = (await ports.ledger.presented(id)).filter((record) => record.rev === rev);
  // Not in the ledger: not put here by vault-sync. It stays; approving it does not count.
  if (presented.length === 0) return false;
  // By these very bytes: the last record may be of bytes that a crash kept from being written.
  const record = presented.findLast(({ sha256 }) => sha256 === waiting.sha256);
  // Edited by the owner, or checked already: their file now.
  if (!record || record.from === "local" || waiting.problem !== null) return true;
  const found = await readFile(ports, waiting.path);
  if (!found || found.sha256 !== waiting.sha256) return false;
  const read = readActionNote(waiting.path.slice(waiting.path.lastIndexOf("/") + 1), found.text, ports);
  if (!read.ok) return true;
  const { note, action, channel } = read.note;
  const derived = await derive(ports, channel, action, note.fields);
  const source =
    derived.state === "unknown" ? null : await readSource(ports, channel, note.fields.source_message ?? "");
  const nowMs = ports.clock.now();
  const fields = judgePresented({ note, action, derived, source, nowMs });
  const text = renderNote({ ...note, fields }, ports.kinds);
  // Not written when the owner edited or moved it while the mailbox was asked.
  if (!(await writePresented(ports, found, text, waiting.name, targetsOf(fields, action)))) return false;
  ports.log.info({ event: "note.presented", id, rev, derived: derived.state, risk: fields.risk });
  return false;
}

/** What is past its time, or was replaced by a newer version, no longer waits. Its bytes stay as they are. */
async function dropOutdated(ports: Ports, notes: readonly WaitingNote[]): Promise<void> {
  const nowMs = ports.clock.now();
  for (const note of notes) {
    const { id, rev } = note.name;
    if (note.expiresMs !== null && note.expiresMs <= nowMs) {
      await moveToExpired(ports, note.path, note.name, "not decided in time; not carried out").catch(
        ignoreLost(ports, note),
      );
      continue;
    }
    const presented = await ports.ledger.presented(id);
    const isReplaced = notes.some(
      (other) =>
        other.name.id === id &&
        other.name.rev > rev &&
        presented.some((record) => record.rev === other.name.rev),
    );
    const isEdited = presented.findLast((record) => record.rev === rev)?.sha256 !== note.sha256;
    if (isReplaced && !isEdited) {
      await moveToExpired(ports, note.path, note.name, "replaced by a newer version").catch(
        ignoreLost(ports, note),
      );
    }
  }
}

/** The owner was faster. */
function ignoreLost(ports: Ports, note: WaitingNote) {
  return (error: unknown) => ports.log.info({ event: "note.moved_meanwhile", id: note.name.id, error });
}
