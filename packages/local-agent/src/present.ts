import { describeError, renderNote, sha256Hex, type PresentedRecord } from "@nightdesk/claim-lib";
import { moveToExpired } from "./ask-again.ts";
import { removeOwnTwin } from "./check-approval.ts";
import { judgePresented } from "./judge-presented.ts";
import { MAX_PARALLEL } from "./limits.ts";
import { derive, readSource } from "./mailbox.ts";
import { findCopies, readActionNote, readFile } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { runPool } from "./run-pool.ts";
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
      const notes = await listWaiting();
      const paths = new Set(notes.map(({ path }) => path));
      for (const path of settled.keys()) if (!paths.has(path)) settled.delete(path);
      const open = notes.filter((note) => settled.get(note.path) !== note.sha256);
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
      await dropOutdated(ports, notes);
      return failed === null ? null : RETRY_MS;
    },
    trouble: () => trouble,
  };
}

/** True when there is nothing more to do for these bytes. */
async function presentOne(ports: Ports, waiting: WaitingNote): Promise<boolean> {
  const { id, rev } = waiting.name;
  const presented = (await ports.ledger.presented(id)).filter((record) => record.rev === rev);
  const last = presented.at(-1);
  // Not in the ledger: not put here by vault-sync. It stays; approving it does not count.
  if (!last) return false;
  // Edited by the owner, or checked already: their file now.
  if (last.sha256 !== waiting.sha256 || last.from === "local" || waiting.problem !== null) return true;
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
  // The owner may have edited or moved it while the mailbox was asked.
  if ((await readFile(ports, waiting.path))?.sha256 !== waiting.sha256) return false;
  await writePresented(ports, waiting.path, text, {
    type: "presented",
    id,
    rev,
    sha256: sha256Hex(text),
    path: waiting.path,
    at: new Date(nowMs).toISOString(),
    from: "local",
    targets: targetsOf(fields, action),
  });
  ports.log.info({ event: "note.presented", id, rev, derived: derived.state, risk: fields.risk });
  return false;
}

async function writePresented(
  ports: Ports,
  path: string,
  text: string,
  record: PresentedRecord,
): Promise<void> {
  await ports.ledger.addPresented(record);
  await ports.files.write(path, text);
  const now = ports.clock.now();
  const copies = await findCopies(ports, record.id, now, now);
  if (copies.some((copy) => copy !== path && copy.endsWith(`-r${record.rev}.md`))) {
    await removeOwnTwin(ports, path, [record]);
  }
}

/** What is past its time, or was replaced by a newer version, no longer waits. Its bytes stay as they are. */
async function dropOutdated(ports: Ports, notes: readonly WaitingNote[]): Promise<void> {
  const nowMs = ports.clock.now();
  for (const note of notes) {
    const { id, rev } = note.name;
    if (note.expiresMs !== null && note.expiresMs <= nowMs) {
      await moveToExpired(ports, note.path, id, "not decided in time; not carried out").catch(
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
      await moveToExpired(ports, note.path, id, "replaced by a newer version").catch(ignoreLost(ports, note));
    }
  }
}

/** The owner was faster. */
function ignoreLost(ports: Ports, note: WaitingNote) {
  return (error: unknown) => ports.log.info({ event: "note.moved_meanwhile", id: note.name.id, error });
}
