import { z } from "zod";

const id = z.union([z.string().min(1).max(500), z.number().transform(String)]);
const headerValue = z.union([z.string(), z.array(z.string())]);

/** A mail as its bytes, or as its fields. Other fields (a label, a note) are passed over and never judged. */
export const mailLineSchema = z.union([
  z.object({ id, raw: z.base64("must be base64").min(1, "is empty"), owner: z.string().optional() }),
  z.object({
    id,
    raw: z.undefined().optional(),
    from: z.string(),
    to: z.union([z.string(), z.array(z.string())]).default(""),
    subject: z.string().default(""),
    date: z.string().default(""),
    headers: z
      .record(z.string(), headerValue)
      .nullish()
      .transform((value) => value ?? {}),
    body: z.string(),
    owner: z.string().optional(),
  }),
]);
export type MailLine = z.infer<typeof mailLineSchema>;

/** One judged mail, as it is written and scored. */
export const judgedLineSchema = z.object({
  id,
  category: z.enum(["urgent", "needs_reply", "personal", "fyi", "promotion"]).optional(),
  spam: z.boolean().optional(),
  phishing: z.boolean().optional(),
});
export type JudgedLine = z.infer<typeof judgedLineSchema>;
