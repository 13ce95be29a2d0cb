import { createRulesThinker, triageSchema, type MailInput } from "../src/index.ts";

export const rules = createRulesThinker();
export const owner = { name: "Erika Muster", address: "erika@firma.example" };

export type Changes = Partial<Omit<MailInput, "header">> & { header?: Partial<MailInput["header"]> };

/** A mail of a customer's to the owner, with no word in it yet. */
export function mail(changes: Changes): MailInput {
  return {
    from: { name: "Anna Berg", address: "anna@kunde.example" },
    to: [{ name: "", address: owner.address }],
    cc: [],
    subject: "Angebot 2291",
    text: "",
    received_at: "2026-11-21T08:00:00.000Z",
    attachments: [],
    problems: [],
    ...changes,
    header: {
      list_id: null,
      list_unsubscribe: null,
      precedence: null,
      auto_submitted: null,
      ...changes.header,
    },
  };
}

/** What the rules make of it. */
export async function judge(input: MailInput) {
  const about = { mail: input, owner, handbook: "" };
  return (await rules.think({ skill: "triage-email", input: about, schema: triageSchema })).value;
}
