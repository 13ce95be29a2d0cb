import {
  MAX_ORIGINAL_CHARS,
  neutralise,
  RISKS,
  toFieldLine,
  type KindAction,
  type Risk,
  type TaskFields,
  type TaskNote,
} from "@nightdesk/claim-lib";
import { findContradictions } from "./doubts.ts";
import { MAX_PENDING_MS } from "./limits.ts";
import type { Derived, SourceItem } from "./mailbox.ts";
import { subjectOf } from "./targets.ts";

export interface PresentInput {
  note: TaskNote;
  action: KindAction;
  derived: Derived;
  /** Null when the account does not know it. */
  source: SourceItem | null;
  nowMs: number;
}

/**
 * The details of a waiting note after this laptop has looked for itself: what it found out stands in
 * `checked`, the risk is raised and never lowered, and what only the laptop may set is set by it.
 */
export function judgePresented({ note, action, derived, source, nowMs }: PresentInput): TaskFields {
  const { send_at: _at, snooze_until: _until, reached_at: _reached, expires, ...kept } = note.fields;
  const contradictions = findContradictions(note.fields, action, derived);
  const remarks = findRemarks(note, derived, source);
  const notice = [
    contradictions.length > 0
      ? `${contradictions.map(({ sentence }) => sentence).join(" ")} Approving it asks once more.`
      : "",
    note.fields.notice ?? "",
  ];
  const latest = nowMs + MAX_PENDING_MS;
  const fields: TaskFields = {
    ...kept,
    ...ownWords(source),
    // How long it may wait is the laptop's word; the cloud can only make it shorter.
    expires: new Date(Math.min(latest, expires === undefined ? latest : Date.parse(expires))).toISOString(),
    risk: raiseRisk(
      note.fields.risk,
      contradictions.length > 0 ? "high" : remarks.length > 0 ? "medium" : "low",
    ),
    checked: toFieldLine(checkedLine(contradictions.length, derived, remarks)),
  };
  const shown = toFieldLine(notice.filter((line) => line !== "").join(" "));
  return shown === "" ? fields : { ...fields, notice: shown };
}

/** The higher of the two. */
function raiseRisk(given: Risk | undefined, floor: Risk): Risk {
  return RISKS.indexOf(given ?? "low") >= RISKS.indexOf(floor) ? (given ?? floor) : floor;
}

function checkedLine(contradictions: number, derived: Derived, remarks: readonly string[]): string {
  const rest = remarks.length === 0 ? "" : ` ${remarks.join(" ")}`;
  if (derived.state === "unknown") return `not verified: ${derived.why}.${rest}`;
  if (contradictions > 0) return `contradicted by your own mailbox, see above.${rest}`;
  return `verified, recipients and conversation are those of your own mailbox.${rest}`;
}

function findRemarks(note: TaskNote, derived: Derived, source: SourceItem | null): string[] {
  const remarks: string[] = [];
  if (derived.state === "known") {
    const subject = subjectOf(note.fields);
    if (subject !== null && subject !== toFieldLine(derived.subject))
      remarks.push("The subject is not the one of the original.");
  }
  if (source && !holdsText(note.original, source.text)) {
    remarks.push("The copy of the mail below differs from the one in your mailbox; read it there.");
  }
  // Last, because there may be many and the line is cut at its end.
  if (derived.state === "known") remarks.push(...derived.warnings);
  return remarks;
}

/** True when the copy in the note holds the mail's text; spaces and what was cut off at the end aside. */
function holdsText(original: string, text: string): boolean {
  const inert = neutralise(text.slice(0, MAX_ORIGINAL_CHARS));
  const expected = squeeze(inert);
  // The end may be cut at another character.
  const compared = inert.length >= MAX_ORIGINAL_CHARS / 2 ? expected.slice(0, expected.length / 2) : expected;
  return squeeze(original).includes(compared);
}

function squeeze(text: string): string {
  return text.replace(/\s+/gu, "");
}

/** Who wrote and when, in the mailbox's words: the note's may hold the right address beside a lie. */
function ownWords(source: SourceItem | null): Partial<TaskFields> {
  if (!source) return {};
  const { name, address } = source.from;
  const subject = toFieldLine(source.subject);
  return {
    source_date: new Date(source.received_at).toISOString(),
    ...(address === ""
      ? {}
      : {
          source_from: toFieldLine(
            name === "" || name === address ? address : `${name.slice(0, 200).toWellFormed()} (${address})`,
          ),
        }),
    ...(subject === "" ? {} : { source_subject: subject }),
  };
}
