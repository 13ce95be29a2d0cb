import type { EventKind, StoryEvent } from "./story-event.ts";
import type { Trail, TrailLine } from "./read-trail.ts";

type Telling = (line: TrailLine) => { kind: EventKind; says: string };

const text = (value: unknown) =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

const byProvider = ({ parameters: { provider } }: TrailLine) =>
  provider === undefined || provider === "none"
    ? ""
    : `, by ${provider === "rules" ? "the built-in rules" : text(provider)}`;

/** What the agents' own records say of an item, in the owner's words. What is not listed is told as it stands. */
const TELLINGS: Readonly<Record<string, Telling>> = {
  task_created: ({ actor }) => ({ kind: "noticed", says: `${actor} found the mail in the mailbox.` }),
  task_claimed: ({ agent }) => ({ kind: "claimed", says: `Taken on by ${agent}.` }),
  claim_lost: ({ agent }) => ({
    kind: "claim lost",
    says: `${agent} was too late; another had taken it on.`,
  }),
  task_released: ({ agent, parameters }) => ({
    kind: "released",
    says: `Given back by ${agent} after ${text(parameters["attempts"])} attempts.`,
  }),
  no_reply_needed: (line) => ({
    kind: "concluded",
    says: `No reply needed (${text(line.parameters["category"]) || "no category"}${byProvider(line)}).`,
  }),
  already_answered: () => ({
    kind: "concluded",
    says: "Answered already in the mailbox; nothing was drafted.",
  }),
  mail_gone: () => ({ kind: "concluded", says: "The mail was deleted before it was answered." }),
  needs_owner: () => ({ kind: "concluded", says: "Left to the owner: it could not be drafted." }),
  revision_asked: ({ parameters }) => ({
    kind: "revision",
    says: `Revision ${text(parameters["next"])} was begun, because of the feedback on revision ${text(parameters["rejected"])}.`,
  }),
  approval_asked_again: ({ result }) => ({
    kind: "asked again",
    says: `Asked the owner once more: ${result}`,
  }),
  note_snoozed: ({ result }) => ({ kind: "snoozed", says: `Snoozed by the owner; ${result}.` }),
  approval_rejected: ({ parameters }) => ({
    kind: "rejected",
    says: `Rejected by the owner${feedback(parameters["feedback"])}.`,
  }),
  rejection_feedback: ({ parameters }) => ({
    kind: "rejected",
    says: `The owner added feedback${feedback(parameters["feedback"])}.`,
  }),
  approval_scheduled: ({ result }) => ({ kind: "scheduled", says: `Approved for later; ${result}.` }),
  approval_taken_back: ({ result }) => ({ kind: "taken back", says: `${capital(result)}.` }),
  note_expired: ({ result }) => ({ kind: "expired", says: `Not decided in time: ${result}` }),
  note_dropped: ({ result }) => ({ kind: "dropped", says: result }),
};

function feedback(value: unknown): string {
  return typeof value === "string" && value.trim() !== "" ? `: "${value}"` : " without feedback";
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

/** The events of the audit. `proposed` is told with the draft itself, and gives it its maker. */
export function tellAudit({ lines }: Trail, revOf: (line: TrailLine) => number): StoryEvent[] {
  return lines
    .filter(({ action_type: action }) => action !== "proposed")
    .map((line) => ({
      at: line.timestamp,
      rev: revOf(line),
      source: "audit",
      ...tellLine(line),
    }));
}

function tellLine(line: TrailLine): { kind: EventKind; says: string } {
  const { action_type: action, parameters, result } = line;
  const telling = Object.hasOwn(TELLINGS, action) ? TELLINGS[action] : undefined;
  if (telling) return telling(line);
  if (action.endsWith("_send")) return tellSend(line);
  if (action === "sync_change_refused")
    return {
      kind: "refused",
      says: `A change of this note by another machine was not let in, because ${result.replace(/^refused because /, "")}.`,
    };
  const code = text(parameters["code"]);
  const what = `${action.replaceAll("_", " ")}: ${result}${code === "" ? "" : ` (${code})`}`;
  return line.approval_status === "refused" ? { kind: "refused", says: what } : { kind: "other", says: what };
}

function tellSend({ parameters, result }: TrailLine): { kind: EventKind; says: string } {
  const { effect, ref, targets, mode } = parameters;
  if (effect !== undefined) return { kind: "doubt", says: result };
  const verb = mode === "live" ? "Sent" : "Rehearsed; nothing was sent";
  return {
    kind: "sent",
    says: `${verb}, to ${text(targets) || "its recipients"} (provider's id ${text(ref)}).`,
  };
}

/** Who drafted a revision, as the cloud's record says; null without one. */
export function findDrafter({ lines }: Trail, rev: number): string | null {
  const line = lines.findLast(
    ({ action_type: action, parameters }) => action === "proposed" && (parameters["rev"] ?? 1) === rev,
  );
  const provider = line?.parameters["provider"];
  return typeof provider === "string" && provider !== "none" ? provider : null;
}
