import { kindsOf, makeTaskName, renderNote, taskKey, type Kinds, type TaskNote } from "@nightdesk/claim-lib";
import { loadChannels } from "@nightdesk/daemon-kit/load-channels";

export const KINDS: Kinds = kindsOf(await loadChannels(["email"]));

export const NEEDS_ACTION = "Needs_Action/cloud-email";
export const PENDING = "Pending_Approval/email";
export const DONE = "Done/2026-11";

/** The n-th task's id; n below 32. */
function idOf(n: number): string {
  return `em_${"0".repeat(15)}${n.toString(32)}`;
}

export function fileOf(n: number): string {
  return makeTaskName({ date: "2026-11-21", who: `Ann ${n}`, subject: "Offer", id: idOf(n), rev: 1 });
}

export function keyOf(n: number): string {
  return taskKey(fileOf(n)) ?? "";
}

const rendered = new Map<string, string>();

function render(name: string, make: () => TaskNote): string {
  const text = rendered.get(name) ?? renderNote(make(), KINDS);
  rendered.set(name, text);
  return text;
}

/** A mail that waits to be worked on. */
export function mailNote(n: number): string {
  return render(`mail ${n}`, () => noteOf(n, "email", null, {}));
}

/** A drafted reply in somebody's words. */
export function replyNote(n: number, words: string, to = "ann@example.com"): string {
  return render(`reply ${n} ${to} ${words}`, () =>
    noteOf(n, "email_reply", `Dear Ann,\n\n${words}`, { to: [to], cc: [], subject: "Re: Offer" }),
  );
}

function noteOf(n: number, kind: string, text: string | null, more: Record<string, unknown>): TaskNote {
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
      ...more,
    },
    text,
    feedback: "",
    original: "Hello,\n\nplease send an offer.",
  };
}
