import { kindsOf, makeTaskName, type Kinds, type TaskNote } from "@nightdesk/claim-lib";
import { loadChannels } from "@nightdesk/daemon-kit/load-channels";

export const KINDS: Kinds = kindsOf(await loadChannels(["email"]));

/** Where the tasks of a trial lie free. */
export const FREE_FOLDER = "Needs_Action/cloud-email";

/** File name of the n-th task. */
export function taskFile(n: number): string {
  return makeTaskName({ date: "2026-11-21", who: `Ann ${n}`, subject: "Offer", id: taskId(n), rev: 1 });
}

function taskId(n: number): string {
  return `em_${n.toString(32).padStart(16, "0")}`;
}

/** The n-th task as a mail that waits to be worked on. */
export function mailTask(n: number): TaskNote {
  return taskNote(n, "email", null, {});
}

/** The n-th task with a drafted reply. */
export function replyTask(n: number, words: string, to = "ann@example.com"): TaskNote {
  return taskNote(n, "email_reply", `Dear Ann,\n\n${words}`, { to: [to], cc: [], subject: "Re: Offer" });
}

function taskNote(n: number, kind: string, text: string | null, more: Record<string, unknown>): TaskNote {
  return {
    fields: {
      id: taskId(n),
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
