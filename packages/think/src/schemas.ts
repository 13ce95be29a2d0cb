import { z } from "zod";

const address = z.object({ name: z.string(), address: z.string() });

/** What of a mail is put before the judge. Longer texts are cut by the caller. */
export const mailInputSchema = z.object({
  from: address,
  to: z.array(address),
  cc: z.array(address),
  subject: z.string(),
  text: z.string(),
  received_at: z.string(),
  attachments: z.array(z.object({ name: z.string(), type: z.string(), size: z.number() })),
  header: z.object({
    list_id: z.string().nullable(),
    list_unsubscribe: z.string().nullable(),
    precedence: z.string().nullable(),
    auto_submitted: z.string().nullable(),
  }),
  /** What could not be decoded, in plain words. */
  problems: z.array(z.string()),
});
export type MailInput = z.infer<typeof mailInputSchema>;

export const CATEGORIES = ["urgent", "needs_reply", "personal", "fyi", "promotion"] as const;

/** Input of the skill `triage-email`. */
export const triageInputSchema = z.object({
  mail: mailInputSchema,
  owner: z.object({ name: z.string(), address: z.string() }),
  /** The owner's own rules, Company_Handbook.md. */
  handbook: z.string(),
});
export type TriageInput = z.infer<typeof triageInputSchema>;

/** Answer of the skill `triage-email`. */
export const triageSchema = z.strictObject({
  category: z.enum(CATEGORIES),
  needs_reply: z.boolean(),
  /** One line for the owner's list. */
  summary: z.string().min(1).max(300),
  confidence: z.number().min(0).max(1),
  /** Why it was judged so, one line. */
  reason: z.string().max(300),
});
export type Triage = z.infer<typeof triageSchema>;

/** Input of the skill `draft-reply`. */
export const draftInputSchema = z.object({
  mail: mailInputSchema,
  owner: z.object({ name: z.string(), address: z.string() }),
  triage: triageSchema,
  handbook: z.string(),
  /** How the owner writes, How_I_Write.md. */
  style: z.string(),
  /** Earlier versions of this draft that the owner rejected, oldest first. */
  rejected: z.array(z.string()).default([]),
});
export type DraftInput = z.infer<typeof draftInputSchema>;

/** Answer of the skill `draft-reply`. */
export const draftSchema = z.strictObject({
  /** The whole reply as plain text, from greeting to signature. */
  text: z.string().min(1).max(20_000),
  /** What the sender asked. */
  questions: z.array(z.string().max(300)).max(20),
  /** What the owner has to add or check, one line each. */
  gaps: z.array(z.string().max(300)).max(20),
});
export type Draft = z.infer<typeof draftSchema>;
