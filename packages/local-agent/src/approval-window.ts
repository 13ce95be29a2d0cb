import { parseTaskName, taskKey } from "@nightdesk/claim-lib";
import type { BulkGuard } from "./bulk-guard.ts";
import { keepDraft } from "./drafts.ts";
import { MAX_RETRY_MS } from "./limits.ts";
import { derive, type Derived } from "./mailbox.ts";
import { readActionNote, readFile, type ActionNote, type FoundFile } from "./notes.ts";
import type { Ports } from "./ports.ts";

/** A note in Approved/ or Scheduled/ whose undo window runs, or which waits for something. */
export interface Window {
  sha256: string;
  mtimeMs: number;
  dueMs: number;
  /** When these bytes were first seen here by this process. */
  sinceMs: number;
  /** When their approval was first seen, also before a restart. */
  approvedAtMs: number;
  facts: { atMs: number; derived: Promise<Derived> } | null;
  failures: number;
  held: string | null;
  /** Something halted everything at the last look. */
  halted: boolean;
  busy: boolean;
}

export interface WatchOptions {
  undoWindowMs: number;
  bulk: BulkGuard;
}

/** Starts a window for new bytes, and starts it anew when they change or while something halts everything. */
export async function watchWindow(
  ports: Ports,
  options: WatchOptions,
  windows: Map<string, Window>,
  path: string,
  halt: string | null,
): Promise<void> {
  const known = windows.get(path);
  if (known?.busy) return;
  const stat = await ports.files.stat(path);
  const found = await readFile(ports, path);
  if (!found || !stat) return;
  const nowMs = ports.clock.now();
  // A clock that was set back would make the window last for hours.
  const isAhead =
    known !== undefined &&
    (nowMs < known.sinceMs || (known.failures > 0 && known.dueMs > nowMs + MAX_RETRY_MS));
  const isNew = !known || known.sha256 !== found.sha256 || known.mtimeMs !== stat.mtimeMs || isAhead;
  const name = parseTaskName(fileOf(path));
  if (isNew && name) await keepDraft(ports, name, found);
  if (isNew) windows.set(path, openWindow(ports, options, found, stat.mtimeMs));
  const window = windows.get(path);
  if (!window) return;
  if (halt !== null) {
    window.dueMs = nowMs + options.undoWindowMs;
    window.held = halt;
  } else if (window.halted) window.held = null;
  window.halted = halt !== null;
}

function openWindow(ports: Ports, options: WatchOptions, found: FoundFile, mtimeMs: number): Window {
  const nowMs = ports.clock.now();
  const read = readActionNote(fileOf(found.path), found.text, ports);
  const note = read.ok ? read.note : null;
  const held = note && heldAs(ports, note, found.sha256);
  // What waited before a restart is no new approval; a burst counts again, on the safe side.
  if (!held || held.why === "bulk") options.bulk.arrived(taskKey(found.path) ?? found.path, nowMs);
  return {
    sha256: found.sha256,
    mtimeMs,
    dueMs: nowMs + options.undoWindowMs,
    sinceMs: nowMs,
    approvedAtMs: held ? Math.min(nowMs, Date.parse(held.approved_at)) : nowMs,
    facts: note && startDeriving(ports, note, nowMs),
    failures: 0,
    held: null,
    halted: false,
    busy: false,
  };
}

/** The record of these very bytes, as this program left them waiting. */
function heldAs(ports: Ports, { name }: ActionNote, sha256: string) {
  return ports.ledger.held(name.id, name.rev).findLast((held) => held.sha256 === sha256) ?? null;
}

/** Asks the mailbox while the undo window runs, so that it costs no time after it. */
function startDeriving(ports: Ports, note: ActionNote, nowMs: number): Window["facts"] {
  const derived = derive(ports, note.channel, note.action, note.note.fields);
  // Its failure is looked at when the window ends.
  derived.catch(() => undefined);
  return { atMs: nowMs, derived };
}

/** The file's name; folders of approved notes hold no folders. */
export function fileOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
