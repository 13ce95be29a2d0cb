import { describeError, NightdeskError, taskKey } from "@nightdesk/claim-lib";
import { fileOf, type Window } from "./approval-window.ts";
import type { ApproverOptions } from "./approve.ts";
import { askAgain } from "./ask-again.ts";
import { checkDoubts, checkNote, type Verdict } from "./check-approval.ts";
import { execute } from "./execute.ts";
import { holdNote, moveToScheduled } from "./hold-note.ts";
import { isScheduled, judgeSchedule } from "./judge-schedule.ts";
import { MAX_FACTS_AGE_MS, MAX_RETRY_MS } from "./limits.ts";
import { formatWhen } from "./local-time.ts";
import { derive, type Derived } from "./mailbox.ts";
import { readActionNote, readFile, type ActionNote, type FoundFile } from "./notes.ts";
import type { Ports } from "./ports.ts";
import { putAside } from "./put-aside.ts";
import { sendBack } from "./send-back.ts";
import { NOT_COMPARED, type Compared } from "./sync-gate.ts";

/** A mail server that is restarting is back within a second; one that is down is asked twice a minute. */
const FIRST_RETRY_MS = 500;

/** The end of a window: takes the bytes and decides. True when the note stays and is looked at again. */
export async function decide(
  ports: Ports,
  options: ApproverOptions,
  path: string,
  window: Window,
): Promise<boolean> {
  try {
    const found = await readFile(ports, path);
    // Taken back at the last moment: the next look finds it gone, and tells so.
    if (!found) return true;
    // Written to: the next look sees it as new.
    if (found.sha256 !== window.sha256) return false;
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
  const read = readActionNote(fileOf(found.path), found.text, ports);
  if (!read.ok) return refuse(ports, found.path, read.code, read.sentence);
  const { note } = read;
  const early = await checkNote(ports, found, note, window.sinceMs);
  if (early) return settle(ports, found, note, window, early);
  const derived = await freshFacts(ports, note, window);
  const schedule = await judgeSchedule(ports, found, note, options.scheduleGraceMs);
  // Until its own time comes there is nothing to be careful about.
  const compared = schedule.atMs === null ? await ports.compared() : "yes";
  const isLate = schedule.doubts.length > 0;
  if (compared === "waits" || (compared === "unreachable" && isScheduled(found.path) && !isLate))
    return settle(ports, found, note, window, waitForSync(ports, compared));
  const facts = { derived, approvedAtMs: window.approvedAtMs, compared };
  const verdict = await checkDoubts(ports, note, facts, schedule.doubts);
  if (verdict.kind !== "execute") return settle(ports, found, note, window, verdict);
  const waits = await holdBack(ports, options, found, note, window, schedule.atMs);
  if (waits !== null) return waits;
  return carryOutNow(ports, options, { found, note, window, payload: verdict.payload, derived });
}

const FIRST_ROUND =
  "Waits a moment: sync first compares this laptop with the shared repository, once after each start.";

function waitForSync(ports: Ports, compared: Compared): Verdict {
  const isSoon = compared === "waits";
  return {
    kind: "hold",
    untilMs: ports.clock.now() + (isSoon ? 500 : 10_000),
    sentence: isSoon ? FIRST_ROUND : `Waits until sync works again. ${NOT_COMPARED}`,
  };
}

interface Ready {
  found: FoundFile;
  note: ActionNote;
  window: Window;
  payload: Extract<Verdict, { kind: "execute" }>["payload"];
  derived: Derived;
}

async function carryOutNow(ports: Ports, options: ApproverOptions, ready: Ready): Promise<boolean> {
  const { found, note, window, payload, derived } = ready;
  const place = options.limiter.take(note.channel.name, note.name.id, ports.clock.now());
  if (!place.ok) {
    const until = formatWhen(place.untilMs, ports.timeZone);
    const sentence = `Waits until ${until}: the limit of what may be sent in an hour or a day is reached. Move it back to Pending_Approval/ to stop it.`;
    return holdNote(ports, found, note, window, { untilMs: place.untilMs, sentence, why: "cap" });
  }
  try {
    const executed = await execute(ports, {
      path: found.path,
      file: fileOf(found.path),
      sha256: found.sha256,
      note,
      payload,
      account: derived.account,
      approvedAtMs: window.approvedAtMs,
    });
    options.onExecuted(note.name.id, executed);
    // Taken back while it was decided on: the next look finds it gone, and tells so.
    return executed.state === "withdrawn";
  } finally {
    place.release();
  }
}

/** Whether it waits for its time or for the end of a burst; null when it does not. */
async function holdBack(
  ports: Ports,
  options: ApproverOptions,
  found: FoundFile,
  note: ActionNote,
  window: Window,
  atMs: number | null,
): Promise<boolean | null> {
  if (atMs !== null) {
    if (!isScheduled(found.path)) return moveToScheduled(ports, found, note, atMs);
    const sentence = `Approved, waits until ${formatWhen(atMs, ports.timeZone)}. Move it back to Pending_Approval/ or to Rejected/ to stop it.`;
    return holdNote(ports, found, note, window, { untilMs: atMs, sentence, why: "schedule" });
  }
  const untilMs = options.bulk.waitsUntil(taskKey(found.path) ?? found.path, ports.clock.now());
  if (untilMs === null) return null;
  const sentence = `Waits until ${formatWhen(untilMs, ports.timeZone)}: many notes were approved within a minute. Move it back to Pending_Approval/ to stop it.`;
  return holdNote(ports, found, note, window, { untilMs, sentence, why: "bulk" });
}

async function freshFacts(ports: Ports, note: ActionNote, window: Window): Promise<Derived> {
  const nowMs = ports.clock.now();
  if (window.facts === null || Math.abs(nowMs - window.facts.atMs) > MAX_FACTS_AGE_MS) {
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
    case "back":
      await sendBack(ports, found.path, found.text, note, verdict);
      return false;
    case "hold":
      window.dueMs = verdict.untilMs;
      window.held = verdict.sentence;
      window.failures = 0;
      return true;
    case "ask":
      await askAgain(ports, found.path, found.text, note, verdict.doubts);
      return false;
    case "execute":
      return true;
  }
}

/** Puts an approved file aside, with the sentence beside it. Always false: it does not stay. */
export async function refuse(ports: Ports, path: string, code: string, sentence: string): Promise<false> {
  await putAside(ports, path, sentence, {
    action_type: "approval_refused",
    parameters: { code },
    approval_status: "refused",
  });
  return false;
}
