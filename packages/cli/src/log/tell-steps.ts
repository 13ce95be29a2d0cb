import { folderOf, FOLDERS, type TaskNote } from "@nightdesk/claim-lib";
import type { Step } from "./read-steps.ts";
import type { EventKind, StoryEvent } from "./story-event.ts";
import { diffWords, renderDiff } from "./word-diff.ts";

/** What the notes themselves and their moves through the git history tell. */
export function tellSteps(steps: readonly Step[], drafterOf: (rev: number) => string | null): StoryEvent[] {
  const revs = [...new Set(steps.map(({ rev }) => rev))].sort((a, b) => a - b);
  return [
    ...tellSource(steps),
    ...revs.flatMap((rev) => {
      const own = steps.filter((step) => step.rev === rev);
      return [...tellDraft(own, rev, drafterOf(rev)), ...tellMoves(own), ...tellEdit(own, rev)];
    }),
  ];
}

function tellSource(steps: readonly Step[]): StoryEvent[] {
  const fields = steps.find(({ note }) => note !== null)?.note?.fields;
  if (!fields?.source_date) return [];
  const { source_from: from, source_subject: subject, source_account: account, source_date: at } = fields;
  const to = account === undefined ? "" : `, to ${account}`;
  const says = `Mail from ${from ?? "an unknown sender"}: "${subject ?? "no subject"}"${to}.`;
  return [{ at, kind: "received", rev: 0, source: "note", says }];
}

function tellDraft(steps: readonly Step[], rev: number, drafter: string | null): StoryEvent[] {
  const step = steps.find(({ note }) => note?.fields.drafted_at !== undefined);
  const fields = step?.note?.fields;
  if (!step || !fields?.drafted_at) return [];
  const by = drafter === null ? step.by : drafter === "rules" ? "the built-in rules" : drafter;
  const cost = fields.cost === undefined || fields.cost === 0 ? "no cost" : `${fields.cost} EUR`;
  const to = Array.isArray(fields["to"]) ? fields["to"].map(String).join(", ") : "";
  const facts = [
    ...(to === "" ? [] : [`to ${to}`]),
    `risk ${fields.risk ?? "unknown"}`,
    ...(fields.confidence === undefined ? [] : [`confidence ${fields.confidence}`]),
    cost,
  ];
  const says = `Revision ${rev} drafted by ${by} (${facts.join(", ")}).`;
  return [{ at: fields.drafted_at, kind: "drafted", rev, source: "note", says, commit: step.commit }];
}

function tellMoves(steps: readonly Step[]): StoryEvent[] {
  let wasOffered = false;
  const drafted = steps.find(({ note }) => note?.fields.drafted_at !== undefined);
  return steps.flatMap((step): StoryEvent[] => {
    const { at, rev, by, commit, from, to } = step;
    const isMove = from === null || to === null || folderOf(from) !== folderOf(to);
    const before = steps[steps.indexOf(step) - 1];
    // A change in place is told by what made it.
    if (!isMove || (from === null && to !== null && before?.to === to)) return [];
    const { kind, says } = describeMove(from, to, by, wasOffered);
    wasOffered ||= kind === "offered";
    // The draft is told with this very commit.
    if (kind === "offered" && step === drafted) return [];
    return [{ at, kind, rev, source: "history", says, commit }];
  });
}

function describeMove(
  from: string | null,
  to: string | null,
  by: string,
  wasOffered: boolean,
): { kind: EventKind; says: string } {
  if (to === null) return { kind: "moved", says: `Removed from ${folderOf(from ?? "")}/ by ${by}.` };
  const folder = folderOf(to);
  const place = `${folder}/`;
  if (folder.startsWith(`${FOLDERS.needsAction}/`))
    return { kind: from === null ? "noticed" : "released", says: `Put into ${place} by ${by}.` };
  if (folder === `${FOLDERS.inProgress}/local`)
    return { kind: "executing", says: `Moved to ${place} to be carried out.` };
  if (folder.startsWith(`${FOLDERS.inProgress}/`)) return { kind: "claimed", says: `Taken on by ${by}.` };
  if (folder.startsWith(`${FOLDERS.pending}/`))
    return wasOffered
      ? { kind: "moved", says: `Back in ${place}, by ${by}.` }
      : { kind: "offered", says: `Put into ${place} by ${by}.` };
  const kind = KIND_OF[folder] ?? (folder.startsWith(`${FOLDERS.done}/`) ? "done" : "moved");
  return { kind, says: `Moved to ${place} by ${by === "local" ? "the owner's side" : by}.` };
}

const KIND_OF: Readonly<Record<string, EventKind>> = {
  [FOLDERS.approved]: "approved",
  [FOLDERS.rejected]: "rejected",
  [FOLDERS.snoozed]: "snoozed",
  [FOLDERS.scheduled]: "scheduled",
  [FOLDERS.expired]: "expired",
};

/** The owner's own words: what was drafted beside what the last version says. */
function tellEdit(steps: readonly Step[], rev: number): StoryEvent[] {
  const withText = steps.filter((step): step is Step & { note: TaskNote } => step.note?.text != null);
  const drafted = withText.find(({ note }) => note.fields.drafted_at !== undefined);
  const last = withText.at(-1);
  if (!drafted || !last || drafted.note.text === last.note.text) return [];
  const [before, after] = [drafted.note.text ?? "", last.note.text ?? ""];
  const edited = withText.filter(
    ({ note }, index) => index > 0 && note.text !== withText[index - 1]?.note.text,
  );
  const at = last.note.fields.approved_at ?? edited[0]?.at ?? last.at;
  const says =
    edited.length > 1
      ? `The owner changed the text (seen in ${edited.length} versions).`
      : "The owner changed the text.";
  const commit = edited.at(-1)?.commit;
  const diff = renderDiff(diffWords(before, after));
  return [
    { at, kind: "edited", rev, source: "note", says, diff, ...(commit === undefined ? {} : { commit }) },
  ];
}
