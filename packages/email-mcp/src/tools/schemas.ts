import { z } from "zod";

/** Pieces several tools share. */

export const providerId = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, "is not an id of the mailbox");
export const pageToken = z.string().min(1).max(600).describe("next_page_token of the page before");
export const cursor = z
  .string()
  .regex(/^\d{1,40}(?:\.\d{1,20})?$/, "is not a cursor")
  .describe("Opaque; from email_profile or from the last email_changes");

export const mailAddress = z.strictObject({
  name: z.string(),
  address: z.string().describe("bare local@domain; empty when it could not be read"),
});

export const messageRef = z.strictObject({ message_id: z.string(), thread_id: z.string() });

export const isoTime = z.iso.datetime();
