import { kindsOf, makeTaskName, renderNote, type Kinds, type TaskNote } from "@nightdesk/claim-lib";
import { loadChannels } from "@nightdesk/daemon-kit/load-channels";

export const KINDS: Kinds = kindsOf(await loadChannels(["email"]));

const BASE32 = "0123456789abcdefghijklmnopqrstuv";

/** The n-th task's id. */
function idOf(n: number): string {
  return `em_${"0".repeat(13)}${[1024, 32, 1].map((unit) => BASE32[Math.floor(n / unit) % 32]).join("")}`;
}

export function fileOf(n: number, rev = 1): string {
  return makeTaskName({ date: "2026-11-21", who: `Ann ${n}`, subject: "Offer", id: idOf(n), rev });
}

/** A mail that waits to be worked on. */
export function mailNote(n: number): string {
  return renderNote(noteOf(n, "email"), KINDS);
}

/** A drafted reply. */
export function replyNote(
  n: number,
  change: Record<string, unknown> = {},
  text = "Dear Ann,\n\nthank you.",
): string {
  const note = noteOf(n, "email_reply");
  const fields = { ...note.fields, to: ["ann@example.com"], cc: [], subject: "Re: Offer", ...change };
  return renderNote({ ...note, fields, text }, KINDS);
}

function noteOf(n: number, kind: string): TaskNote {
  return {
    fields: {
      id: idOf(n),
      kind,
      rev: 1,
      created: "2026-11-21T08:00:00.000Z",
      summary: "Ann asks for an offer",
      source_from: "Ann",
      source_subject: "Offer",
      source_message: `m${n}`,
      source_thread: `t${n}`,
    },
    text: null,
    feedback: "",
    original: "Hello,\n\nplease send an offer.",
  };
}
