import { draftSchema, type Draft, type DraftInput, type Triage } from "@nightdesk/think";
import { checkDraft } from "./check-draft.ts";
import type { Mail, ReplyTargets } from "./mail-port.ts";
import type { Revision } from "./revise.ts";
import { thinkOrRules, type SafeThought } from "./think-or-rules.ts";
import { readOwnersNote, toMailInput, type ThinkContext } from "./triage.ts";

const MAX_WORDS_CHARS = 4_000;

export interface CheckedReply {
  text: string;
  /** What the owner should look at before approving, one sentence each. */
  remarks: string[];
  costEur: number;
  provider: string;
  standIn: string | null;
}

/**
 * Drafts the reply and takes out of it what must not come from a model.
 * @param revision what the owner said about earlier versions; null for a first one
 */
export async function draftReply(
  mail: Mail,
  triage: Triage,
  targets: ReplyTargets,
  context: ThinkContext,
  revision: Revision | null = null,
): Promise<CheckedReply> {
  const input: DraftInput = {
    mail: toMailInput(mail),
    owner: context.owner,
    triage,
    handbook: await readOwnersNote(context, "Company_Handbook.md"),
    style: await readOwnersNote(context, "How_I_Write.md"),
    rejected: revision?.texts.map((text) => text.slice(0, MAX_WORDS_CHARS).toWellFormed()) ?? [],
  };
  const ownerWords = revision?.feedback.map((words) => words.slice(0, MAX_WORDS_CHARS).toWellFormed()) ?? [];
  const request = {
    skill: "draft-reply",
    input,
    schema: draftSchema,
    ownerWords,
    ...(context.signal ? { signal: context.signal } : {}),
  };
  const known = [context.owner, mail.from, ...mail.to, ...mail.cc, ...mail.reply_to].map(
    ({ address }) => address,
  );
  const facts = {
    // An amount the owner named is as good as one the mail names.
    mailText: [mail.subject, mail.text, ...ownerWords].join("\n"),
    knownAddresses: [...known, ...targets.to, ...targets.cc],
  };
  const check = (thought: SafeThought<Draft>): CheckedReply => {
    const { text, remarks } = checkDraft(thought.value.text, facts);
    const { costEur, provider, standIn } = thought;
    return { text, remarks: [...remarks, ...thought.value.gaps], costEur, provider, standIn };
  };
  const thought = await thinkOrRules(context.ports, request, context.attempt);
  const reply = check(thought);
  if (reply.text !== "") return reply;
  // Nothing was left of it: an empty reply is no reply.
  const template = check({ ...(await context.ports.rules.think(request)), standIn: null });
  return {
    ...template,
    costEur: thought.costEur,
    standIn: "The model's draft held nothing that can be sent, so the built-in template stands here.",
  };
}
