import { describeError, FOLDERS, NightdeskError, taskKey } from "@nightdesk/claim-lib";
import { askAgain, moveToExpired } from "./ask-again.ts";
import { checkDoubts, checkNote, isSystemFile, type Verdict } from "./check-approval.ts";
import { execute, type Executed } from "./execute.ts";
import { findHalt } from "./find-halt.ts";
import type { Limiter } from "./limiter.ts";
import { MAX_FACTS_AGE_MS, MAX_PARALLEL } from "./limits.ts";
import { derive, type Derived } from "./mailbox.ts";
import { readActionNote, readFile, type ActionNote, type FoundFile } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { putAside } from "./put-aside.ts";

export interface Approver {
  /** Looks at Approved/. Resolves with when to look again; null when nothing waits. */
  look(): Promise<number | null>;
  /** Resolves when nothing is being decided or carried out. */
  idle(): Promise<void>;
  /** Why a note still lies in Approved/, by path. */
  held(): ReadonlyMap<string, string>;
}

export interface ApproverOptions {
  undoWindowMs: number;
  limiter: Limiter;
  /** Told how each execution ended. */
  onExecuted: (id: string, executed: Executed) => void;
  /** Called when a decision has ended and another look is worth it. */
  onChange: () => void;
}

/** A note in Approved/ whose undo window runs, or which waits for something. */
interface Window {
  sha256: string;
  mtimeMs: number;
  dueMs: number;
  /** When these bytes were first seen here. */
  sinceMs: number;
  facts: { atMs: number; derived: Promise<Derived> } | null;
  failures: number;
  held: string | null;
  /** Something halted everything at the last look. */
  halted: boolean;
  busy: boolean;
}

/** A mail server that is restarting is back within a second; one that is down is asked twice a minute. */
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;

export function createApprover(ports: Ports, options: ApproverOptions): Approver {
  const windows = new Map<string, Window>();
  const running = new Set<Promise<void>>();

  const start = (path: string, window: Window) => {
    const work = async () => {
      const keep = await decide(ports, options, path, window);
      window.busy = false;
      if (!keep) windows.delete(path);
    };
    window.busy = true;
    const job = work().finally(() => {
      running.delete(job);
      options.onChange();
    });
    running.add(job);
  };

  return {
    async look() {
      const names = (await ports.files.list(FOLDERS.approved)).filter((name) => !isSystemFile(name));
      const paths = names.map((name) => `${FOLDERS.approved}/${name}`);
      for (const [path, window] of windows) {
        // Moved away before the end of its window: that cancels it.
        if (!paths.includes(path) && !window.busy) windows.delete(path);
      }
      const halt = await findHalt(ports);
      for (const path of paths) {
        // One file that cannot be read must not hold up all the others.
        await watchWindow(ports, options, windows, path, halt).catch((error) => leaveOut(ports, path, error));
      }
      if (halt !== null) return null;
      const nowMs = ports.clock.now();
      for (const [path, window] of windows) {
        if (!window.busy && window.dueMs <= nowMs && running.size < MAX_PARALLEL) start(path, window);
      }
      const waits = [...windows.values()].filter(({ busy, dueMs }) => !busy && dueMs > nowMs);
      // Those that are due and found no free place are started when one that runs has ended.
      return waits.length === 0 ? null : Math.min(...waits.map(({ dueMs }) => dueMs)) - nowMs;
    },
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
    held: () => new Map([...windows].flatMap(([path, { held }]) => (held === null ? [] : [[path, held]]))),
  };
}

/** Starts a window for new bytes, and starts it anew when they change or while something halts everything. */
async function watchWindow(
  ports: Ports,
  options: ApproverOptions,
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
  const isNew =
    !known || known.sha256 !== found.sha256 || known.mtimeMs !== stat.mtimeMs || nowMs < known.sinceMs;
  if (isNew) {
    const facts = startDeriving(ports, found, nowMs);
    windows.set(path, {
      sha256: found.sha256,
      mtimeMs: stat.mtimeMs,
      dueMs: nowMs + options.undoWindowMs,
      sinceMs: nowMs,
      facts,
      failures: 0,
      held: null,
      halted: false,
      busy: false,
    });
  }
  const window = windows.get(path);
  if (!window) return;
  if (halt !== null) {
    window.dueMs = nowMs + options.undoWindowMs;
    window.held = halt;
  } else if (window.halted) window.held = null;
  window.halted = halt !== null;
}

/** What can never be read goes to Needs_Attention/; anything else is tried again at the next look. */
async function leaveOut(ports: Ports, path: string, error: unknown): Promise<void> {
  ports.log.warn({ event: "approval.unreadable", task: taskKey(path), error });
  if (NightdeskError.is(error) && error.retry === "never")
    await refuse(ports, path, error.code, error.message);
}

/** Asks the mailbox while the undo window runs, so that it costs no time after it. */
function startDeriving(ports: Ports, found: FoundFile, nowMs: number): Window["facts"] {
  const read = readActionNote(found.path.slice(FOLDERS.approved.length + 1), found.text, ports);
  if (!read.ok) return null;
  const derived = derive(ports, read.note.channel, read.note.action, read.note.note.fields);
  // Its failure is looked at when the window ends.
  derived.catch(() => undefined);
  return { atMs: nowMs, derived };
}

/** The end of a window: takes the bytes and decides. True when the note stays and is looked at again. */
async function decide(
  ports: Ports,
  options: ApproverOptions,
  path: string,
  window: Window,
): Promise<boolean> {
  try {
    const found = await readFile(ports, path);
    // Gone, or written to at the last moment: the next look sees it as new.
    if (!found || found.sha256 !== window.sha256) return false;
    return await decideOn(ports, options, found, window);
  } catch (error) {
    window.failures += 1;
    window.facts = null;
    window.dueMs = ports.clock.now() + Math.min(FIRST_RETRY_MS * 2 ** (window.failures - 1), MAX_RETRY_MS);
    window.held = NightdeskError.is(error) ? error.message : describeError(error);
    ports.log.warn({ event: "approval.waits", task: taskKey(path), error });
    return true;
  }
}

async function decideOn(
  ports: Ports,
  options: ApproverOptions,
  found: FoundFile,
  window: Window,
): Promise<boolean> {
  const file = found.path.slice(FOLDERS.approved.length + 1);
  const read = readActionNote(file, found.text, ports);
  if (!read.ok) return refuse(ports, found.path, read.code, read.sentence);
  const { note } = read;
  const early = await checkNote(ports, found.path, note);
  if (early) return settle(ports, found, note, window, early);
  const derived = await freshFacts(ports, note, window);
  const verdict = await checkDoubts(ports, note, derived);
  if (verdict.kind !== "execute") return settle(ports, found, note, window, verdict);
  const place = options.limiter.take(note.channel.name, note.name.id, ports.clock.now());
  if (!place.ok) {
    const until = new Date(place.untilMs).toISOString().slice(0, 16).replace("T", " ");
    return hold(
      window,
      place.untilMs,
      `Waits until ${until} UTC: the limit of what may be sent in an hour or a day is reached.`,
    );
  }
  try {
    const executed = await execute(ports, {
      path: found.path,
      file,
      sha256: found.sha256,
      note,
      payload: verdict.payload,
      account: derived.account,
      approvedAtMs: window.sinceMs,
    });
    options.onExecuted(note.name.id, executed);
  } finally {
    place.release();
  }
  return false;
}

async function freshFacts(ports: Ports, note: ActionNote, window: Window): Promise<Derived> {
  const nowMs = ports.clock.now();
  if (window.facts === null || nowMs - window.facts.atMs > MAX_FACTS_AGE_MS) {
    window.facts = { atMs: nowMs, derived: derive(ports, note.channel, note.action, note.note.fields) };
  }
  return window.facts.derived;
}

/** Every verdict but "execute". */
async function settle(
  ports: Ports,
  found: FoundFile,
  note: ActionNote,
  window: Window,
  verdict: Verdict,
): Promise<boolean> {
  switch (verdict.kind) {
    case "refuse":
      return refuse(ports, found.path, verdict.code, verdict.sentence);
    case "expired":
      await moveToExpired(ports, found.path, note.name.id, "approved after its time; not carried out");
      return false;
    case "hold":
      return hold(window, verdict.untilMs, verdict.sentence);
    case "ask":
      await askAgain(ports, found.path, found.text, note, verdict.doubts);
      return false;
    case "execute":
      return true;
  }
}

function hold(window: Window, untilMs: number, sentence: string): boolean {
  window.dueMs = untilMs;
  window.held = sentence;
  window.failures = 0;
  return true;
}

async function refuse(ports: Ports, path: string, code: string, sentence: string): Promise<boolean> {
  await putAside(ports, path, sentence, {
    action_type: "approval_refused",
    parameters: { code },
    approval_status: "refused",
  });
  return false;
}
