import { z } from "zod";

const address = z.object({ name: z.string(), address: z.string() });

/** A header line as it came; absent when the caller does not know it, null when the mail has none. */
const line = z.string().nullable().optional();

const mailHeaderSchema = z.object({
  list_id: z.string().nullable(),
  list_unsubscribe: z.string().nullable(),
  precedence: z.string().nullable(),
  auto_submitted: z.string().nullable(),
  authentication_results: line,
  message_id: line,
  in_reply_to: line,
  return_path: line,
  received_spf: line,
  feedback_id: line,
  auto_response_suppress: line,
  mailer: line,
  importance: line,
  date: line,
  delivered_to: line,
  content_type: line,
  received_count: z.number().optional(),
  /** Every header name, lower-case. */
  names: z.array(z.string()).optional(),
});

/** Where a link leads, without its path: that may be the key to an account. */
const linkFactsSchema = z.object({
  scheme: z.string(),
  host: z.string(),
  /** The host its visible text names, empty when it names none. */
  shown_host: z.string(),
  params: z.number(),
  redirects: z.boolean(),
});

/** What of a mail's HTML its text does not show. */
const htmlFactsSchema = z.object({
  chars: z.number(),
  hidden_chars: z.number(),
  images: z.number(),
  forms: z.number(),
  scripts: z.number(),
});

/** What of a mail is put before the judge. Longer texts are cut by the caller. */
export const mailInputSchema = z.object({
  from: address,
  to: z.array(address),
  cc: z.array(address),
  subject: z.string(),
  text: z.string(),
  received_at: z.string(),
  attachments: z.array(z.object({ name: z.string(), type: z.string(), size: z.number() })),
  reply_to: z.array(address).optional(),
  header: mailHeaderSchema,
  links: z.array(linkFactsSchema).optional(),
  html: htmlFactsSchema.nullable().optional(),
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
  /** Sent in bulk to people who did not ask for it. A flag for the owner: nothing is dropped because of it. */
  spam: z.boolean().default(false),
  /** Pretends to be somebody, to get at a password, money or the computer. */
  phishing: z.boolean().default(false),
});
/** The flags may be left out; they are then false. */
export type Triage = z.input<typeof triageSchema>;

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
export type DraftInput = z.input<typeof draftInputSchema>;

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
