import type { RawMail } from "@nightdesk/testkit";

/** What was seen from outside of one case, once it had come to rest. */
export interface Seen {
  /** Every mail that went out in its conversation. */
  mails: readonly { mail: RawMail; sentAtMs: number }[];
  /** Its notes: where they lie and their bytes. */
  notes: readonly { path: string; bytes: Buffer }[];
  /** The sentence beside a note that was refused. */
  why: string | null;
}

/** What must be seen. */
export interface Wanted {
  /** The text to be sent; null: nothing. */
  text: string | null;
  to: readonly string[];
  cc: readonly string[];
  subject: string;
  /** Where nothing is sent: in the owner's words, and the bytes of each note he left behind. */
  sentence: RegExp | null;
  /** It waits for the owner again: its text is kept, its head says why. */
  comesBack: boolean;
  untouched: readonly Buffer[];
  /** Not earlier than this: the last save and the undo window after it. */
  notBeforeMs: number;
}

export type Judgement =
  | { kind: "equal" | "refusedAsExpected" }
  | { kind: "different" | "lost"; what: string; expected: unknown; got: unknown };

/** Compares what was seen with what must be seen. Pure, and without a line of the code it judges. */
export function judgeCase(wanted: Wanted, seen: Seen): Judgement {
  const { mails } = seen;
  if (wanted.text === null) return judgeRefusal(wanted, seen);
  const [first] = mails;
  if (!first) {
    const got = { notes: seen.notes.map(({ path }) => path), why: seen.why };
    return { kind: "lost", what: "nothing was sent", expected: wanted.text, got };
  }
  if (mails.length > 1) return different("it was sent more than once", 1, mails.length);
  const { mail, sentAtMs } = first;
  if (mail.text !== wanted.text) return different("another text was sent", wanted.text, mail.text);
  const envelope = { to: mail.to, cc: mail.cc, bcc: mail.bcc, subject: mail.subject };
  const approved = { to: wanted.to, cc: wanted.cc, bcc: [], subject: wanted.subject };
  if (JSON.stringify(envelope) !== JSON.stringify(approved))
    return different("recipients or subject are not those approved", approved, envelope);
  if (sentAtMs < wanted.notBeforeMs)
    return different("it was sent before the undo window was over", wanted.notBeforeMs, sentAtMs);
  return judgeDone(wanted.text, seen);
}

/** The note in Done/ is what the owner looks up later: it holds the text that went out. */
function judgeDone(text: string, seen: Seen): Judgement {
  const paths = seen.notes.map(({ path }) => path);
  const [note] = seen.notes;
  if (seen.notes.length !== 1 || !note?.path.startsWith("Done/"))
    return different("its only note does not lie in Done/", "Done/", paths);
  const kept = regionOf(note.bytes.toString("utf8"));
  return kept === text ? { kind: "equal" } : different("the note in Done/ holds another text", text, kept);
}

function judgeRefusal(wanted: Wanted, seen: Seen): Judgement {
  if (seen.mails.length > 0)
    return different(
      "what may not be sent was sent",
      null,
      seen.mails.map(({ mail }) => mail.text),
    );
  if (!wanted.sentence?.test(seen.why ?? ""))
    return different("the owner was not told why", String(wanted.sentence), seen.why);
  if (wanted.comesBack) return judgeReturn(wanted, seen);
  const left = sorted(seen.notes.map(({ bytes }) => bytes));
  const same =
    left.length === wanted.untouched.length &&
    sorted(wanted.untouched).every((bytes, at) => left[at]?.equals(bytes));
  if (same) return { kind: "refusedAsExpected" };
  return {
    kind: "lost",
    what: "the owner's own bytes are not there as he left them",
    expected: wanted.untouched.map((bytes) => bytes.toString("utf8")),
    got: seen.notes.map(({ path, bytes }) => ({ path, text: bytes.toString("utf8") })),
  };
}

/** The head is written anew with the line on top; the text is the owner's. */
function judgeReturn(wanted: Wanted, seen: Seen): Judgement {
  const paths = seen.notes.map(({ path }) => path);
  const [note] = seen.notes;
  if (seen.notes.length !== 1 || !note?.path.startsWith("Pending_Approval/"))
    return different("it does not wait for the owner again", "Pending_Approval/", paths);
  const left = wanted.untouched.map((bytes) => regionOf(bytes.toString("utf8")));
  const kept = regionOf(note.bytes.toString("utf8"));
  return left.length === 1 && kept !== null && kept === left[0]
    ? { kind: "refusedAsExpected" }
    : different("the text came back as another", left, kept);
}

function different(what: string, expected: unknown, got: unknown): Judgement {
  return { kind: "different", what, expected, got };
}

function sorted(list: readonly Buffer[]): Buffer[] {
  return [...list].sort((a, b) => Buffer.compare(a, b));
}

/** The lines between the two headings, blank ones at both ends left out. */
function regionOf(note: string): string | null {
  const lines = note.split(/\r\n?|\n/);
  const bare = lines.map((line) => line.trimEnd());
  let from = bare.indexOf("## Reply (edit here)") + 1;
  let to = bare.indexOf("## Feedback (only if you reject)");
  if (from === 0 || to < 0) return null;
  while (from < to && lines[from]?.trim() === "") from += 1;
  while (to > from && lines[to - 1]?.trim() === "") to -= 1;
  return lines.slice(from, to).join("\n");
}
